package delivery

import (
	"math"
	"time"
)

// Allowance is what the account and our share of it let us send.
type Allowance struct {
	Rate  float64 // recipients a second
	Daily float64 // recipients in any 24 hours; -1 for no limit
	Left  float64 // of Daily, now; -1 for no limit
}

// Allow works out our allowance from what SES allows the account. Left is our share of
// the daily quota less everything that the account has sent in 24 hours, other mail
// included: so the rest of the quota stays free for that.
func (s Settings) Allow(a Account) Allowance {
	allowed := Allowance{Rate: s.Share * a.MaxSendRate, Daily: -1, Left: -1}
	if a.Max24HourSend >= 0 {
		allowed.Daily = s.Share * a.Max24HourSend
		allowed.Left = max(math.Floor(allowed.Daily-a.SentLast24Hours), 0)
	}
	return allowed
}

// Takes estimates how long sending to n people takes from now on; 0 if it never
// ends.
func (a Allowance) Takes(n int) time.Duration {
	people := float64(n)
	if a.Rate <= 0 {
		return 0
	}
	seconds := people / a.Rate
	if a.Daily >= 0 && people > a.Left {
		sustained := min(a.Rate, a.Daily/(24*time.Hour).Seconds())
		if sustained <= 0 {
			return 0
		}
		seconds = a.Left/a.Rate + (people-a.Left)/sustained
	}
	return time.Duration(seconds * float64(time.Second))
}

// sliceTime is how long a worker may take over one slice, waiting included: well
// within its life.
const sliceTime = 20 * time.Second

// worker says how many recipients a slice holds and how long a worker takes over each
// at least. So all workers that may run at once never exceed the account's rate
// together, however many slices have piled up in the queue. The ceiling is the account's
// rate and not our share of it, so that a pile can shrink.
func (s Settings) worker(rate float64) (size int, gap time.Duration) {
	if s.Concurrency <= 0 || rate <= 0 {
		return s.SliceSize, 0
	}
	gap = time.Duration(float64(s.Concurrency) / rate * float64(time.Second))
	return min(max(int(sliceTime/max(gap, 1)), 1), s.SliceSize), gap
}
