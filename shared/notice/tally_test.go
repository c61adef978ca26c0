package notice

import "testing"

func TestBadSign(t *testing.T) {
	for _, c := range []struct {
		tally Tally
		bad   bool
	}{
		{Tally{}, false},
		{Tally{Accepted: 3, Bounced: 3}, false}, // too few to judge by
		{Tally{Accepted: 251, Bounced: 10}, false},
		{Tally{Accepted: 250, Bounced: 10}, true},
		{Tally{Accepted: 10_000, Bounced: 399}, false},
		{Tally{Accepted: 10_000, Bounced: 400}, true},
		{Tally{Accepted: 100, Complained: 2}, false},
		{Tally{Accepted: 3_751, Complained: 3}, false},
		{Tally{Accepted: 3_750, Complained: 3}, true},
		{Tally{Accepted: 181, Refused: 20}, false},
		{Tally{Accepted: 180, Refused: 20}, true},
		{Tally{Bounced: 10}, true}, // the workers died before they counted
	} {
		if got := c.tally.BadSign(); (got != "") != c.bad {
			t.Errorf("%+v: %q", c.tally, got)
		}
	}
	if after := (Tally{Accepted: 1000, Bounced: 50}).Less(Tally{Accepted: 900, Bounced: 50}); after.BadSign() != "" {
		t.Errorf("what was forgiven counts again: %+v", after)
	}
}
