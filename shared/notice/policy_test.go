package notice

import "testing"

// Whoever can write the table makes no other text or page pass for what was approved.
func TestAnotherTextIsNotApproved(t *testing.T) {
	v := Version{Policy: "privacy", Name: "1", Text: "We keep your name.\n", HTML: "<p>We keep your name.</p>"}
	v.SHA256, v.PageSHA256 = HashOf(v.Text), HashOf(v.HTML)
	v.Approval = &Approval{By: "Ada", Hash: v.ContentHash()}
	if !v.Approved() {
		t.Fatal("what was approved is not")
	}
	for name, change := range map[string]func(*Version){
		"the text":              func(v *Version) { v.Text = "We sell your name.\n" },
		"the page":              func(v *Version) { v.HTML = "<p>We sell your name.</p>" },
		"the text and its hash": func(v *Version) { v.Text = "We sell your name.\n"; v.SHA256 = HashOf(v.Text) },
		"the page and its hash": func(v *Version) { v.HTML = "<p>We sell your name.</p>"; v.PageSHA256 = HashOf(v.HTML) },
		"the text, blanked":     func(v *Version) { v.Text = "" },
		"the page, blanked":     func(v *Version) { v.HTML = "" },
		"the hashes, blanked":   func(v *Version) { v.SHA256, v.PageSHA256 = "", "" },
		"the page, unhashed":    func(v *Version) { v.HTML, v.PageSHA256 = "<p>We sell your name.</p>", "" },
	} {
		other := v
		if change(&other); other.Approved() {
			t.Errorf("%s changed, and the version is still approved", name)
		}
	}
}
