package notice

import "time"

// Date is a civil date in UTC, "2026-11-24". Dates compare and sort as strings;
// the zero value "" means no date.
type Date string

const dateLayout = "2006-01-02"

// ParseDate reads an ISO 8601 calendar date.
func ParseDate(s string) (Date, error) {
	if _, err := time.Parse(dateLayout, s); err != nil {
		return "", Invalid("%q is not a date", s).Hint("write year-month-day, like 2026-11-24")
	}
	return Date(s), nil
}

// DateOf returns the UTC date of an instant; the zero instant has no date.
func DateOf(t time.Time) Date {
	if t.IsZero() {
		return ""
	}
	return Date(t.UTC().Format(dateLayout))
}

// Minute is an instant as people read it: "2026-11-24 06:00 UTC".
func Minute(t time.Time) string { return t.UTC().Format(dateLayout + " 15:04 UTC") }

// Time returns midnight UTC at the start of the date.
func (d Date) Time() time.Time {
	t, _ := time.Parse(dateLayout, string(d))
	return t
}

// AddDays moves by n days.
func (d Date) AddDays(n int) Date { return DateOf(d.Time().AddDate(0, 0, n)) }

// DaysUntil counts the days to another date; it is negative for one that is past.
func (d Date) DaysUntil(other Date) int { return int(other.Time().Sub(d.Time()).Hours() / 24) }

// AddMonths moves by n calendar months and stays in the month it lands in: the
// 31st becomes the last day of a shorter month, 29 February becomes the 28th. So
// a year after a date is never more than twelve months away.
func (d Date) AddMonths(n int) Date {
	t := d.Time()
	first := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, n, 0)
	lastDay := first.AddDate(0, 1, -1).Day()
	return DateOf(first.AddDate(0, 0, min(t.Day(), lastDay)-1))
}

// Later returns the later of two dates.
func Later(a, b Date) Date { return max(a, b) }
