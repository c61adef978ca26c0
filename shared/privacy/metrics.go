package privacy

import (
	"context"
	"slices"

	"policymail/shared/notice"
)

// Metrics are the figures of one year and right that the CCPA regulations (§ 7102)
// ask a company to compile.
type Metrics struct {
	Year       int          `json:"year"`
	Right      notice.Right `json:"right"`
	Received   int          `json:"received"`
	Complied   int          `json:"complied"`
	Denied     int          `json:"denied"`
	Lapsed     int          `json:"lapsed"` // never verified
	Open       int          `json:"open"`
	Extended   int          `json:"extended"`
	Late       int          `json:"late"`        // answered or waiting after the due day
	MedianDays float64      `json:"median_days"` // from receipt to answer
}

// Year compiles the figures of the requests received in a year, one line a right.
func (d Desk) Year(ctx context.Context, year int) ([]Metrics, error) {
	all, err := d.Store.ListRequests(ctx, year)
	if err != nil {
		return nil, err
	}
	var lines []Metrics
	for _, right := range notice.Rights {
		m := Metrics{Year: year, Right: right}
		var days []float64
		for _, r := range all {
			if r.Right != right {
				continue
			}
			m.Received++
			switch r.State {
			case notice.Complied:
				m.Complied++
			case notice.Denied:
				m.Denied++
			case notice.Lapsed:
				m.Lapsed++
			default:
				m.Open++
			}
			if !r.Extended.IsZero() {
				m.Extended++
			}
			if r.Overdue(d.today()) || r.State != notice.Lapsed && notice.DateOf(r.Closed) > r.Due {
				m.Late++
			}
			if r.State == notice.Complied || r.State == notice.Denied {
				days = append(days, r.Closed.Sub(r.Received).Hours()/24)
			}
		}
		m.MedianDays = median(days)
		lines = append(lines, m)
	}
	return lines, nil
}

func median(days []float64) float64 {
	if len(days) == 0 {
		return 0
	}
	slices.Sort(days)
	middle := len(days) / 2
	if len(days)%2 == 1 {
		return days[middle]
	}
	return (days[middle-1] + days[middle]) / 2
}
