// Package notice is the domain of policymail: policies and their versions,
// recipients and their preferences, runs and deliveries, and the rules that tie
// them together. It knows no storage, no mail and no network, and imports only
// the standard library; everything else in this project points down to it.
package notice

import (
	"fmt"
	"time"
)

// Kind says what a notice tells its reader.
type Kind string

const (
	// Annual is the yearly reminder to review the policy.
	Annual Kind = "annual"
	// Change tells that the policy has a new version.
	Change Kind = "change"
)

// ParseKind reads a kind as people type it.
func ParseKind(s string) (Kind, error) {
	switch k := Kind(s); k {
	case Annual, Change:
		return k, nil
	}
	return "", Invalid("kind %q is not known", s).Hint("say annual or change")
}

// Class says whether a recipient may decline a notice.
type Class string

const (
	// Optional notices honour every opt-out. It is the default.
	Optional Class = "optional"
	// Mandatory notices reach people who opted out, on a recorded legal basis.
	// They still respect bounces, complaints and erasure.
	Mandatory Class = "mandatory"
)

// ParseClass reads a class as people type it; empty means Optional.
func ParseClass(s string) (Class, error) {
	switch c := Class(s); c {
	case "":
		return Optional, nil
	case Optional, Mandatory:
		return c, nil
	}
	return "", Invalid("class %q is not known", s).Hint("say optional or mandatory")
}

// RecipientID is the keyed hash of a normalised address: 26 lower-case base32
// characters of an HMAC-SHA256. It names a person without naming the address.
type RecipientID string

// RunID names a run: "annual-2026-11-24" or "change-privacy-2026_05". Letters,
// digits, "_" and "-" only, so that it is a valid SES message tag and a valid
// part of a link.
type RunID string

// Approval records who released something, and exactly what.
type Approval struct {
	By   string    `json:"by"`
	At   time.Time `json:"at"`
	Hash string    `json:"hash"` // Version.ContentHash at that moment
	// Given are the approvals that it is made of, oldest first: one, or those of two people.
	Given []Given `json:"given,omitempty"`
}

// Given is one person's approval. Whoever invokes the function of the commands is not in
// it: Lambda does not tell a function who that was. CloudTrail does.
type Given struct {
	By  string      `json:"by"`
	At  time.Time   `json:"at"`
	Way ApprovalWay `json:"way,omitempty"`
}

// ApprovalWay is how an approval was given. A link goes to one approver's mailbox; a name
// in a command is whatever the person wrote who may invoke it.
type ApprovalWay string

const (
	ByLink      ApprovalWay = "link"
	ByCommand   ApprovalWay = "command"
	ByPublisher ApprovalWay = "publication" // of a text that needs no other approval
)

// ApprovedByPublisher is the approval of a version whose publisher approves it.
func (v Version) ApprovedByPublisher() *Approval {
	return &Approval{By: v.PublishedBy, At: v.PublishedAt, Hash: v.ContentHash(), Given: []Given{{v.PublishedBy, v.PublishedAt, ByPublisher}}}
}

// Code groups errors by what the caller can do about them.
type Code string

const (
	CodeInvalid  Code = "invalid"   // the input is wrong: change it
	CodeNotFound Code = "not_found" // no such thing
	CodeConflict Code = "conflict"  // somebody else changed it first: read again
	CodeRefused  Code = "refused"   // the rules forbid it now
)

// Error is an error meant for people. An error of any other type is internal:
// its detail belongs in the log, not in an answer.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
	Advice  string `json:"hint,omitempty"`
}

// Error joins the message and the hint.
func (e *Error) Error() string {
	if e.Advice == "" {
		return e.Message
	}
	return e.Message + "; " + e.Advice
}

// Is lets errors.Is match any Error of the same code against a bare sentinel.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Message == "" && t.Code == e.Code
}

// Hint returns the error with advice on what to do.
func (e *Error) Hint(format string, args ...any) *Error {
	e.Advice = fmt.Sprintf(format, args...)
	return e
}

// Sentinels for errors.Is: they match every Error of their code.
var (
	ErrInvalid  error = &Error{Code: CodeInvalid}
	ErrNotFound error = &Error{Code: CodeNotFound}
	ErrConflict error = &Error{Code: CodeConflict}
	ErrRefused  error = &Error{Code: CodeRefused}
)

func Invalid(format string, args ...any) *Error  { return newError(CodeInvalid, format, args) }
func NotFound(format string, args ...any) *Error { return newError(CodeNotFound, format, args) }
func Conflict(format string, args ...any) *Error { return newError(CodeConflict, format, args) }
func Refused(format string, args ...any) *Error  { return newError(CodeRefused, format, args) }

func newError(code Code, format string, args []any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}
