package token

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

func keys(t testing.TB, root, current string, older ...string) *Keys {
	k, err := NewKeys(context.Background(), Secret(root), current, older...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestRoundTripAndRotation(t *testing.T) {
	old := keys(t, "root", "k1")
	for _, c := range []Claims{
		{Purpose: Unsubscribe, Recipient: "abc", Run: "annual-2026-11-24"},
		{Purpose: Preferences, Recipient: "abc", Expires: now.Add(time.Hour)},
		{Purpose: Confirm, Recipient: "abc", Request: "20261124-abc", Expires: now.Add(time.Hour)},
	} {
		link := old.Sign(c)
		if got, err := keys(t, "root", "k2", "k1").Read(link, now); err != nil || got != c {
			t.Errorf("after a rotation: %+v, %v", got, err)
		}
		if _, err := keys(t, "root", "k2").Read(link, now); !errors.Is(err, ErrForged) {
			t.Errorf("under a key that is not ours any more: %v", err)
		}
		if strings.ContainsAny(link, "@/?&=+ ") {
			t.Errorf("%s is not safe in a path", link)
		}
	}
	if id := old.RecipientID("ada@example.com"); len(id) != 26 || id != keys(t, "root", "k9").RecipientID("ada@example.com") {
		t.Errorf("the id %s changed with the key", id)
	} else if id != old.RecipientID("Ada@example.com") {
		t.Error("one mailbox has two ids")
	}
}

func TestExpiry(t *testing.T) {
	k := keys(t, "root", "k1")
	link := k.Sign(Claims{Purpose: Preferences, Recipient: "abc", Expires: now})
	if _, err := k.Read(link, now); err != nil {
		t.Errorf("on time: %v", err)
	}
	if _, err := k.Read(link, now.Add(time.Second)); !errors.Is(err, ErrExpired) {
		t.Errorf("late: %v", err)
	}
}

// Every change of any character makes a link forged.
func TestEveryCharacterCounts(t *testing.T) {
	k := keys(t, "root", "k1")
	link := k.Sign(Claims{Purpose: Unsubscribe, Recipient: "abc", Run: "run"})
	for i := range link {
		for _, c := range []string{"A", "0", ".", ""} {
			if changed := link[:i] + c + link[i+1:]; changed != link {
				if _, err := k.Read(changed, now); err == nil {
					t.Errorf("%q was accepted for %q", changed, link)
				}
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	k := keys(f, "root", "k1")
	f.Add(k.Sign(Claims{Purpose: Unsubscribe, Recipient: "abc", Run: "run"}))
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := k.Read(s, now); err == nil && k.Sign(c) != s {
			t.Errorf("%q was accepted and is not what we sign for %+v", s, c)
		}
	})
}
