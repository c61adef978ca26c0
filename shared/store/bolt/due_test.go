package bolt_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"policymail/shared/notice"
	"policymail/shared/store/bolt"
)

// Who is due is read from an index: what it takes depends on how many are due, not on
// how many there are. Everything read is copied out of the file, so allocations tell.
func TestDueCostsTheSameAmongMany(t *testing.T) {
	cost := func(others int) float64 {
		s, err := bolt.Open(filepath.Join(t.TempDir(), "db"), false)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		ctx, now := context.Background(), time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
		var rows []notice.Imported
		for i := range others + 500 {
			row := notice.Imported{ID: notice.RecipientID(fmt.Sprintf("p%06d", i)), Address: fmt.Sprintf("p%d@example.com", i), At: now}
			if i < 500 {
				row.LastNotified = now.AddDate(0, -11, 0)
			}
			rows = append(rows, row)
		}
		if _, err := s.ImportRecipients(ctx, rows, 14); err != nil {
			t.Fatal(err)
		}
		return testing.AllocsPerRun(3, func() {
			if due, _, err := s.DueRecipients(ctx, "2026-11-24", "2026-12-31", "", 1000); err != nil || len(due) != 500 {
				t.Fatal(len(due), err)
			}
		})
	}
	few, many := cost(500), cost(20_000)
	if many > 1.05*few {
		t.Errorf("500 due among 1,000: %.0f allocations; among 20,500: %.0f", few, many)
	}
}
