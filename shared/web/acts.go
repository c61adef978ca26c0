package web

import (
	"net/http"
	"time"

	"policymail/shared/address"
	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/privacy"
)

// visit is a form of the privacy center that a person sent by a fresh link.
type visit struct {
	*request
	expires time.Time // the link
	form    map[string]string
	person  notice.Recipient
}

// mailed is when the link was.
func (v visit) mailed() time.Time { return v.expires.Add(-freshLife) }

// answer is what the center says to a form: said in the language the person has by then.
type answer struct {
	said   func(*locale.Language) string
	copies []download
	stands bool              // the answer says which notices the person gets from now on
	fault  *fault            // why nothing was done, or that something besides what was done failed
	typed  map[string]string // into the form, where there is a fault
}

// acts carry out the forms of the center, by the action each names.
var acts = map[string]func(*Site, visit) (answer, error){
	"": (*Site).save, "save": (*Site).save, "copy": (*Site).grantCopy, "correct": (*Site).correct, "move": (*Site).move, "delete": (*Site).delete,
	"restrict": (*Site).restrict, "lift": (*Site).lift, "object": (*Site).object, "ask": (*Site).askDesk,
}

// say answers by a sentence of the center.
func say(pick func(locale.Center) string) answer {
	return answer{said: func(l *locale.Language) string { return pick(l.Words.Page.Center) }}
}

func saved() answer {
	return answer{said: func(l *locale.Language) string { return l.Words.Page.Saved }}
}

func mailed() answer { return say(func(c locale.Center) string { return c.Mailed }) }

// save sets which notices a person gets. Their mailbox got the link, so mail that bounced
// before it was sent bounces no more.
func (s *Site) save(v visit) (answer, error) {
	change := privacy.Change{Recipient: v.person.ID, Way: notice.ByPage, Mailed: v.mailed()}
	_, _, err := s.Rights.Preferences.Set(v.Context(), change, func(notice.OptOut) notice.OptOut { return chosen(v.form) })
	done := saved()
	done.stands = true
	return done, err
}

// grantCopy offers what is held, or says when it may be asked for again.
func (s *Site) grantCopy(v visit) (answer, error) {
	next, granted, err := s.Rights.GrantCopy(v.Context(), v.person)
	if err != nil {
		return answer{}, err
	}
	if !granted {
		return answer{said: func(l *locale.Language) string {
			return locale.Fill(l.Words.Page.Center.CopyLimit, "date", l.Date(next))
		}}, nil
	}
	ready := say(func(c locale.Center) string { return c.CopyReady })
	ready.copies = s.downloads(v)
	return ready, nil
}

// correct sets name and language, of which only what differs from the form as it was
// shown is a correction.
func (s *Site) correct(v visit) (answer, error) {
	name, err := privacy.ParseName(v.form["name"])
	if err != nil {
		return answer{}, v.badName()
	}
	language := v.form["language"]
	if !spoken(language) {
		return answer{}, errPage(http.StatusBadRequest)
	}
	// The form offers ten languages: whoever left it at the one that stands for theirs
	// (fr for fr-CA) corrected none.
	shown := locale.Match(v.person.Locale, v.Header.Get("Accept-Language"))
	if language == shown.Tag && shown == locale.Match(v.person.Locale, "") {
		language = v.person.Locale
	}
	// Nor did whoever sends back what the form showed, though it changed meanwhile.
	if was, ok := v.form["name-shown"]; ok && was == v.form["name"] {
		name = v.person.Name
	}
	if was, ok := v.form["language-shown"]; ok && was == v.form["language"] {
		language = v.person.Locale
	}
	return saved(), s.Rights.Correct(v.Context(), v.person, name, language)
}

// move asks the new mailbox to confirm that it is the person's.
func (s *Site) move(v visit) (answer, error) {
	normal, err := address.Parse(v.form["address"])
	if err != nil {
		return answer{}, v.badAddress()
	}
	asked := s.Rights.Desk.New(notice.Rectification, v.person)
	asked.Address = normal
	return mailed(), s.ask(v.request, asked, privacy.LetterNewAddress)
}

// delete asks the mailbox to confirm the deletion.
func (s *Site) delete(v visit) (answer, error) {
	return mailed(), s.ask(v.request, s.Rights.Desk.New(notice.Deletion, v.person), privacy.LetterErase)
}

func (s *Site) restrict(v visit) (answer, error) {
	return say(func(c locale.Center) string { return c.Restricted }), s.Rights.Restrict(v.Context(), v.person, true)
}

func (s *Site) lift(v visit) (answer, error) {
	return say(func(c locale.Center) string { return c.Lifted }), s.Rights.Restrict(v.Context(), v.person, false)
}

func (s *Site) object(v visit) (answer, error) {
	return say(func(c locale.Center) string { return c.Objected }), s.Rights.Object(v.Context(), v.person)
}

// askDesk takes a request that a person must answer. It came by a fresh link, so it is
// verified.
func (s *Site) askDesk(v visit) (answer, error) {
	asked, err := v.readRequest(v.form)
	if err != nil {
		return answer{}, err
	}
	if err := s.limit(v.request, inCenter, v.person.Address); err != nil {
		return answer{}, err
	}
	asked.Recipient, asked.Address, asked.Locale, asked.Verified = v.person.ID, v.person.Address, v.person.Locale, s.Now()
	if asked, err = s.Rights.Desk.Open(v.Context(), asked); err != nil {
		return answer{}, err
	}
	return answer{said: func(l *locale.Language) string {
		return locale.Fill(l.Words.Page.Center.Asked, "number", string(asked.ID), "date", l.Date(asked.Due))
	}}, nil
}

// ask has a request confirmed by mail before anything happens.
func (s *Site) ask(r *request, asked notice.Request, kind privacy.LetterKind) error {
	if err := s.limit(r, inCenter, asked.Address); err != nil {
		return err
	}
	return s.Rights.Ask(r.Context(), asked, kind, s.confirmLink(freshLife))
}
