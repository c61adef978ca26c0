package notice

import (
	"errors"
	"maps"
	"reflect"
	"strings"
	"testing"
)

// waiting is a run that waits for approval, and its version.
func waiting() (Run, Version) {
	v := Version{Policy: "privacy", Name: "2", Effective: "2026-06-01", Class: Optional, Summary: map[string]string{"en": "We keep less."}}
	return Run{ID: "change-privacy-2", Kind: Change, Policy: "privacy", Version: "2", ContentHash: v.ContentHash(), State: Waiting}, v
}

// Invariant 5, nothing unapproved: a run starts on a name and on exactly the text that it
// was opened for. The first of two approvals starts nothing, and asks for as much.
func TestApprove(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Run, *Version)
		by     string
		want   error
	}{
		"as it was opened":  {func(*Run, *Version) {}, "Ada", nil},
		"by nobody":         {func(*Run, *Version) {}, " ", ErrInvalid},
		"another summary":   {func(_ *Run, v *Version) { v.Summary = map[string]string{"en": "We keep all."} }, "Ada", ErrRefused},
		"another text":      {func(_ *Run, v *Version) { v.SHA256 = "other" }, "Ada", ErrRefused},
		"running already":   {func(r *Run, _ *Version) { r.State = Running }, "Ada", ErrRefused},
		"rejected meantime": {func(r *Run, _ *Version) { r.State = Cancelled }, "Ada", ErrRefused},
	} {
		run, v := waiting()
		c.change(&run, &v)
		before := run.State
		first := run
		if err := first.ApproveFirst(v, c.by, ByLink, day(1)); !errors.Is(err, c.want) || first.State != before || first.Approval != nil || (first.First != nil) != (c.want == nil) {
			t.Errorf("%s, first of two: %v, %+v", name, err, first)
		}
		err := run.Approve(v, c.by, ByCommand, day(2))
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if c.want != nil {
			if run.State != before || run.Approval != nil || !run.StartedAt.IsZero() {
				t.Errorf("%s: refused, and the run is %+v", name, run)
			}
			continue
		}
		if run.State != Running || !reflect.DeepEqual(*run.Approval, Approval{By: "Ada", At: day(2), Hash: v.ContentHash(), Given: []Given{{"Ada", day(2), ByCommand}}}) || !run.StartedAt.Equal(day(2)) {
			t.Errorf("%s: %+v", name, run)
		}
	}
}

// Of two approvals each keeps who gave it, when, and by which way.
func TestTwoApprovals(t *testing.T) {
	run, v := waiting()
	if err := run.ApproveFirst(v, "Ada", ByLink, day(1)); err != nil {
		t.Fatal(err)
	}
	if err := run.Approve(v, "Bob", ByCommand, day(3)); err != nil {
		t.Fatal(err)
	}
	want := Approval{By: "Ada and Bob", At: day(3), Hash: v.ContentHash(), Given: []Given{{"Ada", day(1), ByLink}, {"Bob", day(3), ByCommand}}}
	if !reflect.DeepEqual(*run.Approval, want) {
		t.Errorf("%+v", *run.Approval)
	}
}

// Invariant 5, nothing unapproved: a summary changes only while nobody has approved it, and
// the hash of the run moves with it, so that what is approved is what is sent.
func TestEdit(t *testing.T) {
	other := map[string]string{"en": "We keep nothing."}
	for name, c := range map[string]struct {
		change  func(*Run, *Version)
		summary map[string]string
		by      string
		want    error
		edited  bool
	}{
		"waiting":            {func(*Run, *Version) {}, other, "Ada", nil, true},
		"the same words":     {func(*Run, *Version) {}, map[string]string{"en": "We keep less."}, "Ada", nil, false},
		"by nobody":          {func(*Run, *Version) {}, other, "", ErrInvalid, false},
		"approved once":      {func(r *Run, _ *Version) { r.First = &Approval{By: "Ada"} }, other, "Eve", ErrRefused, false},
		"a version approved": {func(_ *Run, v *Version) { v.Approval = &Approval{By: "Ada"} }, other, "Eve", ErrRefused, false},
		"running":            {func(r *Run, _ *Version) { r.State = Running }, other, "Ada", ErrRefused, false},
		"rejected":           {func(r *Run, _ *Version) { r.State = Cancelled }, other, "Ada", ErrRefused, false},
	} {
		run, v := waiting()
		c.change(&run, &v)
		hash, summary := run.ContentHash, v.Summary
		if err := run.Edit(&v, c.summary, c.by, day(1)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		switch {
		case run.ContentHash != v.ContentHash():
			t.Errorf("%s: the run is of another text than the version", name)
		case c.edited && (!maps.Equal(v.Summary, c.summary) || len(v.Edits) != 1 || !reflect.DeepEqual(v.Edits[0], Edit{By: "Ada", At: day(1), Before: hash, Was: summary}) || run.ContentHash == hash):
			t.Errorf("%s: %+v", name, v)
		case !c.edited && (!maps.Equal(v.Summary, summary) || len(v.Edits) != 0 || run.ContentHash != hash):
			t.Errorf("%s: changed all the same: %+v", name, v)
		}
	}
}

// Whoever holds the version as it was keeps its edits: a second edit writes into no list
// that somebody else reads.
func TestEditsAreOnlyAdded(t *testing.T) {
	run, v := waiting()
	v.Edits = make([]Edit, 0, 8)
	read := v
	for _, words := range []string{"We keep nothing.", "We keep a little."} {
		if err := run.Edit(&v, map[string]string{"en": words}, "Ada", day(1)); err != nil {
			t.Fatal(err)
		}
	}
	if len(v.Edits) != 2 || v.Edits[0].Before == v.Edits[1].Before || read.Edits[:1][0].By != "" {
		t.Errorf("edits %+v, and whoever read the version before has %+v", v.Edits, read.Edits[:1])
	}
}

// Every edit keeps the words it replaced, and only these; together they tell how the
// summary came to read as it does.
func TestEditsKeepTheWordsBefore(t *testing.T) {
	run, v := waiting()
	for i, summary := range []map[string]string{
		{"en": "We keep less.", "de": "Wir behalten weniger."},
		{"en": "We keep nothing.", "de": "Wir behalten weniger."},
		{"en": "We keep a little."},
	} {
		if err := run.Edit(&v, summary, "Ada", day(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	want := []Wording{
		{Edit{Was: map[string]string{"de": ""}}, map[string]string{"de": "Wir behalten weniger."}},
		{Edit{Was: map[string]string{"en": "We keep less."}}, map[string]string{"en": "We keep nothing."}},
		{Edit{Was: map[string]string{"en": "We keep nothing.", "de": "Wir behalten weniger."}}, map[string]string{"en": "We keep a little.", "de": ""}},
	}
	for i, got := range v.Wordings() {
		if !maps.Equal(got.Was, want[i].Was) || !maps.Equal(got.Became, want[i].Became) {
			t.Errorf("edit %d: %v became %v, want %v became %v", i, got.Was, got.Became, want[i].Was, want[i].Became)
		}
	}
	if len(v.Wordings()) != 3 || len(v.Summary) != 1 {
		t.Errorf("%+v", v)
	}
}

// The words before are kept up to a size that the store can hold; what would go beyond
// it is refused and changes nothing.
func TestEditsAreBounded(t *testing.T) {
	run, v := waiting()
	for i := range 1000 {
		before, hash := len(v.Edits), run.ContentHash
		err := run.Edit(&v, map[string]string{"en": strings.Repeat(string(rune('a'+i%2)), 5000)}, "Ada", day(1))
		if err == nil {
			continue
		}
		if !errors.Is(err, ErrRefused) || i < 10 || len(v.Edits) != before || run.ContentHash != hash || v.ContentHash() != hash {
			t.Errorf("edit %d: %v, %d edits of %d", i, err, len(v.Edits), before)
		}
		return
	}
	t.Error("the history of a summary has no end")
}

// A run that waits ends without a message on a name and a reason, and no other run does.
func TestReject(t *testing.T) {
	for name, c := range map[string]struct {
		state      RunState
		by, reason string
		want       error
	}{
		"waiting":        {Waiting, "Ada", " too early \n", nil},
		"by nobody":      {Waiting, "", "too early", ErrInvalid},
		"without reason": {Waiting, "Ada", " \n", ErrInvalid},
		"running":        {Running, "Ada", "too early", ErrRefused},
		"done":           {Done, "Ada", "too early", ErrRefused},
		"rejected":       {Cancelled, "Ada", "too early", ErrRefused},
	} {
		run, _ := waiting()
		run.State = c.state
		if err := run.Reject(c.by, c.reason, day(1)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if c.want != nil {
			if run.State != c.state || run.Rejection != nil {
				t.Errorf("%s: refused, and the run is %s", name, run.State)
			}
		} else if run.State != Cancelled || *run.Rejection != (Rejection{By: "Ada", At: day(1), Reason: "too early"}) {
			t.Errorf("%s: %s %+v", name, run.State, run.Rejection)
		}
	}
}
