package notice

import "testing"

// A tally knows when the first of its messages left and the last, however it is added up.
func TestTallyOfTimes(t *testing.T) {
	var tally Tally
	for _, n := range []int{1, 2, 3} {
		tally.Note(day(n))
	}
	sum := Tally{}.Plus(tally).Plus(Tally{Bounced: 2}).Plus(Tally{Accepted: 1, FirstSent: day(4), LastSent: day(4)})
	if want := (Tally{Accepted: 4, Bounced: 2, FirstSent: day(1), LastSent: day(4)}); sum != want {
		t.Errorf("%+v, want %+v", sum, want)
	}
	if left := sum.Less(tally); left.Accepted != 1 || !left.LastSent.Equal(day(4)) {
		t.Errorf("%+v", left)
	}
}

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
