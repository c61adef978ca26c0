package web

import (
	"errors"
	"mime"
	"net/http"
	"strconv"

	"policymail/shared/locale"
	"policymail/shared/notice"
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

// again is a form that is shown again, with why and with what was typed into it; it is empty
// on a page that shows its form for the first time.
type again struct {
	Fault *fault
	Typed map[string]string
}

// Wrong reports whether a field is the one that cannot be used.
func (a again) Wrong(field string) bool { return a.Fault != nil && a.Fault.Field == field }

// Again reports whether the form of an action is shown again.
func (a again) Again(action string) bool { return a.Fault != nil && a.Typed["action"] == action }

// choices are the boxes of the optional notices: the template "choices".
type choices struct {
	OptOut      notice.OptOut
	DeclineOnly bool // a notice may be declined and not asked for again
}

// chosen reads the boxes a person left ticked; the button "none" wins over both.
func chosen(form map[string]string) notice.OptOut {
	if form["none"] != "" {
		return notice.OptOutAll
	}
	return notice.OptOut{Annual: form["annual"] == "", Change: form["change"] == ""}
}

// readForm reads a form in either encoding mailbox providers use, and in none when
// the type is missing. Only the first value of each field counts.
func readForm(r *http.Request) (map[string]string, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil && r.Header.Get("Content-Type") != "" {
		return nil, errPage(http.StatusUnsupportedMediaType)
	}
	switch kind {
	case "multipart/form-data":
		err = r.ParseMultipartForm(maxBody)
	case "", "application/x-www-form-urlencoded":
		if kind == "" {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		err = r.ParseForm()
	default:
		return nil, errPage(http.StatusUnsupportedMediaType)
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, err
	}
	if err != nil {
		return nil, errPage(http.StatusBadRequest)
	}
	form := map[string]string{}
	for name, values := range r.PostForm {
		form[name] = values[0]
	}
	return form, nil
}
