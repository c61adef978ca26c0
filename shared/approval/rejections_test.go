package approval_test

import (
	"errors"
	"testing"
	"time"
)

// The other approvers are mailed once that a change was rejected, by whom and why; whoever
// rejected it knows.
func TestARejectionIsToldToTheOthers(t *testing.T) {
	d := setUp(t)
	d.announceNow(t)
	if _, err := d.Reject(ctx, d.run, ada, "the date is too early"); err != nil {
		t.Fatal(err)
	}
	d.refuse = map[string]bool{bob: true}
	if out, err := d.Announce(ctx); err == nil || out.Mailed != 0 {
		t.Errorf("to a mailbox that fails: %+v %v", out, err)
	}
	d.refuse, d.now = nil, d.now.Add(15*time.Minute)
	for range 3 {
		d.announceNow(t)
		d.now = d.now.Add(8 * 24 * time.Hour)
	}
	if d.mailed["rejection to "+ada] != 0 || d.mailed["rejection to "+bob] != 1 {
		t.Errorf("mailed %v", d.mailed)
	}
	if r := d.rejected; r.Version.Name != "two" || r.Rejection.By != ada || r.Rejection.Reason != "the date is too early" {
		t.Errorf("told %+v", r)
	}
}

// A rejection that is cut short can be repeated and is told when it is made; so is one
// whose announcement was cut short.
func TestDeathDuringARejection(t *testing.T) {
	for death := range 2 {
		d := setUp(t)
		d.announceNow(t)
		saves := 0
		d.die = func() error {
			if saves++; saves == death+1 {
				return errors.New("dead")
			}
			return nil
		}
		_, first := d.Reject(ctx, d.run, ada, "too early")
		if _, err := d.Announce(ctx); (err == nil) != (first != nil) {
			t.Errorf("%d: reject %v, announce %v", death, first, err)
		}
		if first != nil {
			if _, err := d.Reject(ctx, d.run, ada, "too early"); err != nil {
				t.Fatal(err)
			}
		}
		d.now = d.now.Add(15 * time.Minute)
		d.announceNow(t)
		if d.mailed["rejection to "+bob] != 1 {
			t.Errorf("%d: mailed %v", death, d.mailed)
		}
	}
}
