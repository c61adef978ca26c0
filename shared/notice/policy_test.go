package notice

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

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

func TestContentHashCoversWhatIsTold(t *testing.T) {
	v := Version{Policy: "privacy", Name: "1", Effective: "2026-01-01", Class: Optional, SHA256: HashOf(""), PageSHA256: HashOf(""), Summary: map[string]string{"en": "x"}}
	v.Approval = &Approval{Hash: v.ContentHash()}
	if !v.Approved() {
		t.Fatal("not approved")
	}
	for name, change := range map[string]func(*Version){
		"text": func(v *Version) { v.SHA256 = "b" }, "date": func(v *Version) { v.Effective = "2026-01-02" },
		"summary": func(v *Version) { v.Summary = map[string]string{"en": "y"} }, "basis": func(v *Version) { v.Basis = "law" },
		"class": func(v *Version) { v.Class = Mandatory }, "moved text": func(v *Version) { v.Summary = map[string]string{"e": "nx"} },
	} {
		changed := v
		if change(&changed); changed.Approved() {
			t.Errorf("another %s is still approved", name)
		}
	}
}

// approvedVersion is a version as it is once somebody approved it.
func approvedVersion(name string, effective Date, published int, summary map[string]string) Version {
	v := Version{Policy: "privacy", Name: name, Effective: effective, Class: Optional, SHA256: HashOf(""), PageSHA256: HashOf(""), Summary: summary, PublishedAt: day(published)}
	v.Approval = &Approval{By: "Ada", Hash: v.ContentHash()}
	return v
}

var told = map[string]string{"en": "We keep less."}

// Invariant 5, nothing unapproved: an annual review speaks of the version in force, else of
// the latest approved, and never of one that nobody approved.
func TestInForce(t *testing.T) {
	draft := approvedVersion("draft", "2026-02-01", 9, told)
	draft.Approval = nil
	changed := approvedVersion("changed", "2026-02-01", 9, told)
	changed.Basis = "another than was approved"
	first, second, future := approvedVersion("1", "2026-01-01", 1, nil), approvedVersion("2", "2026-02-01", 2, told), approvedVersion("3", "2027-01-01", 3, told)
	correction := approvedVersion("2b", "2027-02-01", 3, told)
	correction.Corrects = "2"
	unapproved := correction
	unapproved.Approval = nil
	for name, c := range map[string]struct {
		versions []Version
		want     string
	}{
		"none":                                       {nil, ""},
		"nothing approved":                           {[]Version{draft, changed}, ""},
		"the latest in force":                        {[]Version{second, first}, "2"},
		"one that is still to come":                  {[]Version{first, future}, "1"},
		"only one that is to come":                   {[]Version{future, draft}, "3"},
		"a later one, not approved":                  {[]Version{first, draft, changed}, "1"},
		"two of a day, the later one":                {[]Version{approvedVersion("b", "2026-02-01", 5, told), second}, "b"},
		"an earlier one whose day comes later":       {[]Version{approvedVersion("2", "2026-09-01", 2, nil), approvedVersion("3", "2026-03-01", 3, told)}, "3"},
		"an earlier one, before the later one's day": {[]Version{approvedVersion("2", "2026-03-01", 2, nil), approvedVersion("3", "2027-03-01", 3, told)}, "2"},
		"one whose date was corrected":               {[]Version{first, second, correction}, "1"},
		"a correction nobody approved":               {[]Version{first, second, unapproved}, "2"},
	} {
		if v, ok := InForce(c.versions, "2026-11-24"); v.Name != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q %v, want %q", name, v.Name, ok, c.want)
		}
	}
}

// A version never takes effect once another, published after it, is in force by its day;
// InForce says the same on every day.
func TestNeverInForce(t *testing.T) {
	approved := func(v Version, on int) Version {
		v.Approval.At = day(on)
		return v
	}
	editorial := approved(approvedVersion("2", "2026-04-15", 2, nil), 2)
	early, late := approved(approvedVersion("3", "2026-03-01", 3, told), 4), approved(approvedVersion("3", "2026-06-01", 3, told), 4)
	tooLate := approved(approvedVersion("3", "2026-03-01", 3, told), 120)
	correction := late
	correction.Corrects = "2"
	waiting := early
	waiting.Approval = nil
	for name, c := range map[string]struct {
		other Version
		by    string
	}{
		"one published later, in force earlier":    {early, "3"},
		"one published later, in force later":      {late, ""},
		"one approved once it was in force":        {tooLate, ""},
		"one of the same text, its date corrected": {correction, "3"},
		"one that nobody approved":                 {waiting, ""},
	} {
		all := []Version{approvedVersion("1", "2026-01-01", 1, nil), editorial, c.other}
		if by, never := NeverInForce(editorial, all); by != c.by || never != (c.by != "") {
			t.Errorf("%s: by %q, %v", name, by, never)
		}
		seen := false
		for d := Date("2026-01-01"); d < "2027-01-01"; d = d.AddDays(1) {
			known := slices.DeleteFunc(slices.Clone(all), func(v Version) bool { return v.Approval == nil || DateOf(v.Approval.At) > d })
			v, _ := InForce(known, d)
			seen = seen || v.Name == "2" && d >= "2026-04-15"
		}
		if seen != (c.by == "") {
			t.Errorf("%s: in force %v", name, seen)
		}
	}
	for name, c := range map[string]struct {
		v    Version
		want int
	}{"in force earlier": {early, 1}, "in force later": {late, 0}, "a correction": {correction, 1}} {
		if got := Sidelined(c.v, []Version{approvedVersion("1", "2026-01-01", 1, nil), editorial}, day(5)); len(got) != c.want {
			t.Errorf("%s: %d never take effect, want %d", name, len(got), c.want)
		}
	}
}

// Invariant 5, nothing unapproved: a text that another took the place of is an old one.
func TestReplaced(t *testing.T) {
	second, third := approvedVersion("2", "2026-02-01", 2, told), approvedVersion("3", "2026-03-01", 3, told)
	future, silent := approvedVersion("4", "2027-01-01", 4, told), approvedVersion("5", "2026-05-01", 5, nil)
	waiting := third
	waiting.Approval = nil
	change, annual := Run{Kind: Change, Version: "2"}, Run{Kind: Annual, Version: "2"}
	for name, c := range map[string]struct {
		run      Run
		versions []Version
		by       string
		replaced bool
	}{
		"change, the latest":                           {change, []Version{second}, "", false},
		"change, a newer one":                          {change, []Version{second, third}, "3", true},
		"change, a newer one that is to come":          {change, []Version{second, future}, "4", true},
		"change, a newer one nobody approved":          {change, []Version{second, waiting}, "", false},
		"change, a newer one nobody is told of":        {change, []Version{second, silent}, "", false},
		"change, one published before, of a later day": {Run{Kind: Change, Version: "3"}, []Version{third, approvedVersion("2", "2026-05-01", 2, told)}, "", false},
		"change, an older one":                         {Run{Kind: Change, Version: "3"}, []Version{second, third}, "", false},
		"change of a version that is not there":        {Run{Kind: Change, Version: "9"}, []Version{second, third}, "", false},
		"annual, in force":                             {annual, []Version{second, future}, "2", false},
		"annual, another in force":                     {annual, []Version{second, third}, "3", true},
		"annual, another that nobody was told of":      {annual, []Version{second, silent}, "5", true},
	} {
		if by, replaced := Replaced(c.run, c.versions, "2026-11-24"); by != c.by || replaced != c.replaced {
			t.Errorf("%s: %q %v, want %q %v", name, by, replaced, c.by, c.replaced)
		}
	}
}

// Invariants 1 and 2: versions of different policies never share a run either, wherever their
// names hold the sign that joins them.
func TestPoliciesShareNoRun(t *testing.T) {
	parts := []string{"a", "a-1", "a-1-1", "1", "1-1", "1-a", "a-", "a--1"}
	runs := map[RunID]string{}
	for _, policy := range append(parts, "privacy", "privacy-a") {
		for _, version := range append(parts, "1.1", "a.1", "1-1.1", "1.1-1") {
			if CheckPolicyName(policy) != nil || CheckVersionName(version) != nil {
				t.Fatalf("policy %q or version %q is not let through", policy, version)
			}
			run, name := ChangeRunID(policy, version), policy+" "+version
			if other, taken := runs[run]; taken {
				t.Errorf("%s makes run %q, and so does %s", name, run, other)
			}
			runs[run] = name
		}
	}
	for want, of := range map[RunID][2]string{"change-privacy-2_0": {"privacy", "2.0"}, "change-privacy-2027-03": {"privacy", "2027-03"}, "change-terms_of_use-1": {"terms-of-use", "1"}} {
		if got := ChangeRunID(of[0], of[1]); got != want {
			t.Errorf("version %s of %s makes run %q, want %q", of[1], of[0], got, want)
		}
	}
}

// A name that passes the check stands in a link, a run and an SES message tag, and versions
// of different names never share a run (invariant 1, never twice).
func TestNamesMakeRuns(t *testing.T) {
	tag := regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)
	runs := map[RunID]string{}
	for _, name := range []string{"1", "2.1", "2-1", "2026.05", "2026-05", strings.Repeat("9", 40), "A.b-C"} {
		if err := CheckVersionName(name); err != nil {
			t.Error(err)
		}
		run := ChangeRunID("privacy", name)
		if other, taken := runs[run]; taken || !tag.MatchString(string(run)) {
			t.Errorf("version %q makes run %q, and so does %q", name, run, other)
		}
		runs[run] = name
	}
	for _, name := range []string{"", ".1", "-1", "2_1", "2 1", "2/1", "é", "1\n", strings.Repeat("9", 41)} {
		if CheckVersionName(name) == nil {
			t.Errorf("version %q is let through", name)
		}
	}
	for name, good := range map[string]bool{"privacy": true, "terms-of-use": true, "": false, "Privacy": false, "-p": false, "a_b": false, "a/b": false, strings.Repeat("p", 32): false} {
		if err := CheckPolicyName(name); (err == nil) != good {
			t.Errorf("policy %q: %v", name, err)
		}
	}
	if run := AnnualRunID("2026-11-24"); run != "annual-2026-11-24" || !tag.MatchString(string(run)) {
		t.Errorf("an annual run is %q", run)
	}
}
