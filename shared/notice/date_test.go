package notice

import "testing"

func TestTwelveMonthsOfEveryDay(t *testing.T) {
	for in, want := range map[Date]Date{"2024-02-29": "2025-02-28", "2023-02-28": "2024-02-28", "2026-12-31": "2027-12-31", "2026-11-24": "2027-11-24"} {
		if got := in.AddMonths(12); got != want {
			t.Errorf("%s plus twelve months is %s, want %s", in, got, want)
		}
	}
	if got := Date("2026-01-31").AddMonths(1); got != "2026-02-28" {
		t.Errorf("a month after 31 January is %s", got)
	}
	for d := Date("2023-01-01"); d < "2029-01-01"; d = d.AddDays(1) {
		year := d.Time().Year() + 1
		if got := d.AddMonths(12); got.Time().Year() != year || got.Time().Month() != d.Time().Month() {
			t.Fatalf("%s plus twelve months is %s", d, got)
		}
	}
}
