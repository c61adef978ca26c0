package local

import (
	"context"
	"net/http"
	"slices"
	"sync"

	"policymail/shared/bus"
	"policymail/shared/notice"
	"policymail/shared/privacy"
)

// announcements are the events other systems would get, newest last.
type announcements struct {
	mu  sync.Mutex
	all []announcement
}

type announcement struct {
	Source     string     `json:"source"`
	DetailType string     `json:"detail-type"`
	Detail     bus.Detail `json:"detail"`
}

// Announce implements privacy.Announcer.
func (a *announcements) Announce(_ context.Context, what privacy.Announcement, r notice.Request) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append(a.all, announcement{bus.Source, string(what), bus.DetailOf(r)})
	return nil
}

func (a *announcements) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /_local/events", func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		writeJSON(w, http.StatusOK, append([]announcement{}, slices.Clone(a.all)...))
	})
}
