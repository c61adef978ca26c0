package web

import (
	"net/http"
	"strconv"

	"policymail/shared/locale"
	"policymail/shared/privacy"
)

// fault is what went wrong with a form. One that was not taken is shown again with what was
// typed: nobody loses a text to a mistake.
type fault struct {
	status int
	Field  string // the id of what cannot be used; empty if that is no field
	Why    string // in the reader's language
}

func (f *fault) Error() string { return http.StatusText(f.status) }

func (r *request) badDetails() error {
	return &fault{http.StatusBadRequest, "details", locale.Fill(r.lang.Words.Page.FaultDetails, "number", strconv.Itoa(maxDetails))}
}

func (r *request) badName() error {
	return &fault{http.StatusBadRequest, "name", locale.Fill(r.lang.Words.Page.FaultName, "number", strconv.Itoa(privacy.MaxName))}
}

func (r *request) badAddress() error {
	return &fault{http.StatusBadRequest, "address", r.lang.Words.Page.FaultAddress}
}

func (r *request) tooOften() error {
	return &fault{http.StatusTooManyRequests, "", r.lang.Words.Page.ErrorTooMany}
}

// unfinished says that a form was carried out and that something besides it failed.
func (r *request) unfinished() *fault {
	return &fault{http.StatusInternalServerError, "", r.lang.Words.Page.ErrorUnfinished}
}

// Wrong reports whether a field is the one that cannot be used.
func (v view) Wrong(field string) bool { return v.Fault != nil && v.Fault.Field == field }

// Again reports whether the form of an action is shown again.
func (v view) Again(action string) bool { return v.Fault != nil && v.Typed["action"] == action }
