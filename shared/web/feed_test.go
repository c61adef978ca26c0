package web_test

import (
	"context"
	"encoding/xml"
	"testing"
	"time"

	"policymail/shared/notice"
)

func TestFeedListsApprovedVersions(t *testing.T) {
	f := setUp(t)
	for i, v := range []notice.Version{
		{Name: "1.0"}, {Name: "2.0", Previous: "1.0", Summary: map[string]string{"en": "We keep less & less."}}, {Name: "3.0", Previous: "2.0"}} {
		v.Policy, v.Effective, v.HTML, v.PublishedAt = "privacy", "2026-01-01", "<p>x</p>", now.Add(time.Duration(i))
		if v.Name != "3.0" {
			v.Approval = &notice.Approval{By: "Ada", Hash: v.ContentHash(), At: now.Add(time.Duration(i) * time.Hour)}
		}
		if err := f.db.AddVersion(context.Background(), v); err != nil {
			t.Fatal(err)
		}
	}
	w := f.do("GET", "/feed/privacy", "", "")
	var feed struct {
		XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
		ID      string   `xml:"id"`
		Updated string   `xml:"updated"`
		Entries []struct {
			ID      string `xml:"id"`
			Title   string `xml:"title"`
			Updated string `xml:"updated"`
			Summary string `xml:"summary"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal(w.Body.Bytes(), &feed); err != nil || w.Code != 200 || w.Header().Get("Content-Type") != "application/atom+xml; charset=utf-8" {
		t.Fatalf("%d %v %s", w.Code, err, w.Body)
	}
	if len(feed.Entries) != 2 || feed.Entries[0].Summary != "We keep less & less." || feed.Updated != feed.Entries[0].Updated || feed.Entries[0].ID == feed.Entries[1].ID {
		t.Errorf("%+v", feed)
	}
	if w := f.do("GET", "/feed/none", "", ""); w.Code != 404 {
		t.Errorf("a feed of no policy: %d", w.Code)
	}
}
