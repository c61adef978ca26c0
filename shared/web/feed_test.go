package web_test

import (
	"context"
	"encoding/xml"
	"fmt"
	"testing"
	"time"

	"policymail/shared/notice"
	"policymail/shared/notice/noticetest"
)

func TestFeedListsApprovedVersions(t *testing.T) {
	f := setUp(t)
	for i, told := range []map[string]string{nil, {"en": "We keep less & less."}, nil} {
		v := noticetest.Version("x\n", "<p>x</p>")
		v.Policy, v.Name, v.Effective, v.Summary, v.PublishedAt = "privacy", fmt.Sprintf("%d.0", i+1), "2026-01-01", told, now.Add(time.Duration(i))
		if i > 0 {
			v.Previous = fmt.Sprintf("%d.0", i)
		}
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
