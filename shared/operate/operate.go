// Package operate serves the commands of operators: compliance staff and engineers,
// who send them with the CLI.
package operate

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"policymail/shared/address"
	"policymail/shared/approval"
	"policymail/shared/delivery"
	"policymail/shared/imports"
	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/privacy"
	"policymail/shared/publish"
	"policymail/shared/record"
	"policymail/shared/report"
	"policymail/shared/token"
)

// Command is what the CLI asks of the operate function.
type Command struct {
	Name string          `json:"command"`
	Args json.RawMessage `json:"args"`
}

// Answer is what it gets: a result or an error for people, never both.
type Answer struct {
	Result any           `json:"result,omitempty"`
	Error  *notice.Error `json:"error,omitempty"`
}

// Imports opens and follows imports.
type Imports interface {
	Expect(ctx context.Context, source string, dryRun bool) (id string, err error)
	Status(ctx context.Context, id string) (imports.Status, error)
}

// Store is what the commands read themselves, and what they hand on.
type Store interface {
	report.Store
	report.EvidenceStore
	privacy.ErasureStore
	privacy.RecordStore
	record.Store
	Versions(ctx context.Context, policy string) ([]notice.Version, error)
	OpenRuns(ctx context.Context) ([]notice.Run, error)
	RecordDelivery(ctx context.Context, d notice.Delivery) (wrote bool, err error)
	Request(ctx context.Context, id notice.RequestID) (notice.Request, error)
	OpenRequests(ctx context.Context) ([]notice.Request, error)
	ListRequests(ctx context.Context, year int) ([]notice.Request, error)
}

// Operations are the services behind the commands.
type Operations struct {
	Store       Store
	Operator    delivery.Operator
	Publisher   publish.Publisher
	Preferences privacy.Preferences
	Letters     delivery.Letters
	Mailer      delivery.Mailer // of previews and of doctor's test messages
	Desk        privacy.Desk
	ID          func(address string) notice.RecipientID
	Imports     Imports
	Gate        approval.Gate
	Invitations approval.Post // to approvers
	Links       token.Links
	// UploadURL returns where a file can be PUT that becomes the object key.
	UploadURL func(ctx context.Context, key string) (string, error)
	Now       func() time.Time
	Log       *slog.Logger
}

// Args are the arguments of all commands; each reads its own.
type Args struct {
	Run     notice.RunID `json:"run,omitempty"`
	By      string       `json:"by,omitempty"`
	Hash    string       `json:"hash,omitempty"`  // of the content an approver saw
	Yes     bool         `json:"yes,omitempty"`   // without it, say what would happen
	Leave   bool         `json:"leave,omitempty"` // what is held is not sent again
	DryRun  bool         `json:"dry_run,omitempty"`
	Source  string       `json:"source,omitempty"`
	ID      string       `json:"id,omitempty"` // of an import, or a version's name
	Address string       `json:"address,omitempty"`
	NotSent bool         `json:"not_sent,omitempty"` // of a report: only those
	NotTold bool         `json:"not_told,omitempty"`
	Policy  string       `json:"policy,omitempty"`
	Kind    string       `json:"kind,omitempty"`
	Locale  string       `json:"locale,omitempty"`
	// Name is a person's, to be corrected; an empty one takes it away.
	Name   *string `json:"name,omitempty"`
	To     string  `json:"to,omitempty"`     // an address a preview goes to
	Cursor string  `json:"cursor,omitempty"` // of a page of rows
}

// only is whom a report is about.
func (a Args) only() report.Only {
	switch {
	case a.NotTold:
		return report.NotTold
	case a.NotSent:
		return report.NotSent
	}
	return report.Everybody
}

// errOnOurSide is all the caller learns of an error that is not meant for people.
var errOnOurSide = errors.New("the log of the function says why")

// errUnfinished is errOnOurSide for a change that was made all the same.
var errUnfinished = errors.New("the change was made, but not all that belongs to it: run the command again; the log of the function says why")

// Run serves one command. Commands that send or destroy do nothing
// without Yes (invariant 5, nothing unapproved). An error that is not meant for
// people is logged and fails the function without its detail, so that its alarm rings
// and what a schedule asked for is tried again.
func (o Operations) Run(ctx context.Context, c Command) (Answer, error) {
	result, err := o.run(ctx, c)
	var forPeople *notice.Error
	var unfinished *privacy.Unfinished
	switch {
	case err == nil:
		o.Log.Info("command", "command", c.Name)
		return Answer{Result: result}, nil
	case errors.As(err, &forPeople):
		return Answer{Error: forPeople}, nil
	}
	o.Log.Error("command failed", "command", c.Name, "error", err.Error())
	if errors.As(err, &unfinished) {
		return Answer{}, errUnfinished
	}
	return Answer{}, errOnOurSide
}

func (o Operations) run(ctx context.Context, c Command) (any, error) {
	if c.Name == "publish" {
		var in publish.Publication
		if err := decodeArgs(c, &in); err != nil {
			return nil, err
		}
		return o.publish(ctx, in)
	}
	if c.Name == "draft" {
		var in DraftArgs
		if err := decodeArgs(c, &in); err != nil {
			return nil, err
		}
		return o.draft(ctx, in)
	}
	var a Args
	if err := decodeArgs(c, &a); err != nil {
		return nil, err
	}
	switch c.Name {
	case "import-start":
		return o.startImport(ctx, a)
	case "import-status":
		return o.Imports.Status(ctx, a.ID)
	case "announce":
		return o.announce(ctx)
	case "approve":
		return o.approve(ctx, a)
	case "pause":
		return o.Operator.Pause(ctx, a.Run)
	case "resume":
		return o.Operator.Resume(ctx, a.Run)
	case "cancel":
		return o.Operator.Cancel(ctx, a.Run)
	case "held":
		switch {
		case a.Leave:
			return o.Operator.Leave(ctx, a.Run, a.By)
		case a.Yes:
			return o.Operator.Resend(ctx, a.Run, a.By)
		}
		return o.Operator.Held(ctx, a.Run)
	case "status":
		return o.status(ctx, a.Run)
	case "report":
		rows, next, err := report.Rows(ctx, o.Store, o.Operator.Audience, a.Run, a.only(), a.Cursor)
		return Page[report.Row]{rows, next}, err
	case "overdue":
		rows, next, err := report.Overdue(ctx, o.Store, notice.DateOf(o.Now()), a.Cursor)
		return Page[report.Late]{rows, next}, err
	case "doctor":
		return o.doctor(ctx)
	case "doctor-send":
		return o.sendTests(ctx)
	case "doctor-events":
		return o.testEvents(ctx, a.Run)
	case "evidence":
		return report.EvidenceOf(ctx, o.Store, a.Policy, a.ID)
	case "version":
		return o.version(ctx, a.Policy, a.ID)
	case "preview":
		return o.preview(ctx, a)
	case "recipient-show", "recipient-export", "recipient-correct", "recipient-unsubscribe", "recipient-erase":
		return o.recipient(ctx, strings.TrimPrefix(c.Name, "recipient-"), a)
	}
	if strings.HasPrefix(c.Name, "request-") {
		return o.request(ctx, c)
	}
	return nil, notice.Invalid("there is no command %q", c.Name)
}

// version reads a version of a policy, the latest without a name.
func (o Operations) version(ctx context.Context, policy, name string) (notice.Version, error) {
	if name != "" {
		return o.Store.Version(ctx, policy, name)
	}
	all, err := o.Store.Versions(ctx, policy)
	if err != nil {
		return notice.Version{}, err
	}
	latest, ok := notice.Latest(all)
	if !ok {
		return latest, notice.NotFound("policy %s has no version", policy).Hint("publish one first")
	}
	return latest, nil
}

// Page is a part of an answer that may be of any length; Next is the cursor of the
// page after it, empty at the end.
type Page[T any] struct {
	Rows []T    `json:"rows"`
	Next string `json:"next,omitempty"`
}

func decodeArgs(c Command, v any) error {
	if len(c.Args) == 0 {
		return nil
	}
	if err := json.Unmarshal(c.Args, v); err != nil {
		return notice.Invalid("the arguments of %s cannot be read: %v", c.Name, err)
	}
	return nil
}

// Upload is where a file to import goes.
type Upload struct {
	ID  string `json:"id"`
	URL string `json:"upload_url"`
}

func (o Operations) startImport(ctx context.Context, a Args) (Upload, error) {
	id, err := o.Imports.Expect(ctx, a.Source, a.DryRun)
	if err != nil {
		return Upload{}, err
	}
	url, err := o.UploadURL(ctx, imports.Prefix+id+".csv")
	return Upload{id, url}, err
}

// Person is everything held about a recipient, and what an erasure makes of it.
type Person struct {
	privacy.Record
	WouldErase bool     `json:"would_erase,omitempty"` // a dry run: nothing was removed
	Erased     bool     `json:"erased,omitempty"`
	Stays      []string `json:"stays,omitempty"` // what outlives the erasure, and on which basis
}

// recipient serves the commands about one person. Their export is the copy they can
// take themselves; the others answer a Person, as it is afterwards.
func (o Operations) recipient(ctx context.Context, verb string, a Args) (any, error) {
	normal, err := address.Parse(a.Address)
	if err != nil {
		return nil, err
	}
	id := o.ID(normal)
	change := privacy.Change{Recipient: id, Way: notice.ByOperator, By: a.By}
	if verb == "unsubscribe" || verb == "correct" {
		err = o.change(ctx, verb, change, a)
	}
	if err != nil {
		return nil, err
	}
	p, err := o.person(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case verb == "export":
		return p.Copy(o.Now()), nil
	case verb == "erase":
		return o.erase(ctx, p, change, a.Yes)
	}
	return p, nil
}

// change writes what an operator says for a person: that they get nothing optional any
// more, or what was wrong about them.
func (o Operations) change(ctx context.Context, verb string, c privacy.Change, a Args) error {
	r, err := o.known(ctx, c.Recipient)
	if err != nil {
		return err
	}
	if verb == "unsubscribe" {
		_, _, err = o.Preferences.Set(ctx, c, func(notice.OptOut) notice.OptOut { return notice.OptOutAll })
		return err
	}
	if r.Status == notice.Erased {
		return notice.Refused("this person was erased; there is nothing left to correct")
	}
	to, err := correction(a)
	if err == nil {
		_, err = o.Preferences.Correct(ctx, c, to)
	}
	return err
}

// erase removes a person; without yes it says what would stay.
func (o Operations) erase(ctx context.Context, p Person, c privacy.Change, yes bool) (Person, error) {
	// As long as they are not erased, their cases are found by every address they had.
	stays := privacy.Stays(p.Requests)
	if !yes {
		p.WouldErase, p.Stays = true, stays
		return p, nil
	}
	if err := privacy.Erase(ctx, o.Store, o.Preferences, c); err != nil {
		return Person{}, err
	}
	p, err := o.person(ctx, c.Recipient)
	p.Erased, p.Stays = true, stays
	return p, err
}

// correction is what the desk corrects for a person who asked by phone or by letter.
func correction(a Args) (to privacy.Correction, err error) {
	if a.Name == nil && a.Locale == "" {
		return to, notice.Invalid("there is nothing to correct").Hint("give --name, --language or both")
	}
	if a.Name != nil {
		name, err := privacy.ParseName(*a.Name)
		if err != nil {
			return to, err
		}
		to.Name = &name
	}
	if a.Locale != "" {
		if !slices.Contains(locale.Tags(), a.Locale) {
			return to, notice.Invalid("%q is not a language of the notices", a.Locale).Hint("one of %s", strings.Join(locale.Tags(), ", "))
		}
		to.Locale = &a.Locale
	}
	return to, nil
}

// known reads the person an id leads to.
func (o Operations) known(ctx context.Context, id notice.RecipientID) (notice.Recipient, error) {
	r, err := o.Preferences.Find(ctx, id)
	if errors.Is(err, notice.ErrNotFound) {
		return r, o.unknown(ctx, id)
	}
	return r, err
}

// person reads what is held about them.
func (o Operations) person(ctx context.Context, id notice.RecipientID) (p Person, err error) {
	r, err := o.known(ctx, id)
	if err != nil {
		return p, err
	}
	p.Record, err = privacy.RecordOf(ctx, o.Store, r)
	return p, err
}

// unknown says that an id is no recipient's; it names the requests that came from it.
func (o Operations) unknown(ctx context.Context, id notice.RecipientID) error {
	requests, err := o.Store.RequestsOf(ctx, id)
	if err != nil {
		return err
	}
	nobody := notice.NotFound("nobody with this address is known")
	if len(requests) == 0 {
		return nobody
	}
	commands := make([]string, len(requests))
	for i, r := range requests {
		commands[i] = "policymail request show " + string(r.ID)
	}
	return nobody.Hint("requests came from it: %s", strings.Join(commands, ", "))
}
