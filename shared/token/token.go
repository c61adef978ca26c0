// Package token signs and reads the links in our mails. A link names a recipient
// and a run, never an address, and cannot be made without the root key.
package token

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"time"

	"policymail/shared/notice"
)

// Purpose limits what a link may do. It is part of what is signed.
type Purpose string

const (
	// Unsubscribe declines notices, in one click or by a page. It never expires
	// (RFC 8058 links must outlive the mail) and shows no personal data.
	Unsubscribe Purpose = "u"
	// Preferences opens the privacy center. Mailed fresh it shows and changes what is
	// held; one with a run came in a notice, may have been forwarded, and only
	// declines.
	Preferences Purpose = "p"
	// Undo takes back what an unsubscribe link did.
	Undo Purpose = "b"
	// Confirm does what a request asked for.
	Confirm Purpose = "c"
	// Download hands out a person's copy of their data.
	Download Purpose = "d"
	// Approve lets an approver, whose keyed id it names, decide about a run.
	Approve Purpose = "a"
)

// Claims is what a link says.
type Claims struct {
	Purpose   Purpose
	Recipient notice.RecipientID
	Run       notice.RunID     // the notice that carried the link; "" for a link asked for
	Request   notice.RequestID // that is confirmed; for Confirm only, which has no Run
	Expires   time.Time        // whole seconds; zero for never
}

// Errors of Read. Neither says more, so that a forger learns nothing.
var (
	ErrForged  = errors.New("this link is not one of ours or is damaged")
	ErrExpired = errors.New("this link has expired")
)

// Root derives a 32-byte key for a label: KMS GenerateMac in AWS, an HMAC under a
// local secret on one machine.
type Root interface {
	Derive(ctx context.Context, label string) ([]byte, error)
}

// Secret is a Root held in memory.
type Secret []byte

// Derive is HMAC-SHA256 of the label under the secret.
func (s Secret) Derive(_ context.Context, label string) ([]byte, error) {
	return mac(s, label), nil
}

// Keys signs under one key id and reads under every key id of the same root, so
// links stay good after a rotation.
type Keys struct {
	current string

	derived map[string][]byte
	ids     []byte // key of the recipient ids
}

var keyID = regexp.MustCompile(`^[a-z0-9]{1,16}$`)

// NewKeys returns the keys of a root that sign under the key id current and read
// those of older ids as well. Only ids named here are ever derived: an attacker
// who makes ids up costs us no call to the root.
func NewKeys(ctx context.Context, root Root, current string, older ...string) (*Keys, error) {
	k := &Keys{current: current, derived: map[string][]byte{}}
	for _, kid := range append([]string{current}, older...) {
		if !keyID.MatchString(kid) {
			return nil, fmt.Errorf("link key id %q: use 1 to 16 lower-case letters and digits", kid)
		}
		key, err := root.Derive(ctx, "policymail/link/v1/"+kid)
		if err != nil {
			return nil, fmt.Errorf("derive link key %s: %w", kid, err)
		}
		k.derived[kid] = key
	}
	var err error
	// This label is never rotated: an id must find the same person for ever.
	if k.ids, err = root.Derive(ctx, "policymail/recipient/v1"); err != nil {
		return nil, fmt.Errorf("derive recipient key: %w", err)
	}
	return k, nil
}

var lower32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// RecipientID returns the id of a normalised address. Letters count for the same in
// either case: a server may tell Ada@ from ada@ (RFC 5321 § 2.4), none we know of does,
// and whoever declined as one must not be mailed as the other (invariant 3).
func (k *Keys) RecipientID(address string) notice.RecipientID {
	return notice.RecipientID(lower32.EncodeToString(mac(k.ids, strings.ToLower(address)))[:26])
}

// Sign writes a link token: "1.kid.purpose.recipient.run.expiry.mac", with the
// request in the place of the run for Confirm. Run and expiry may be empty. The characters are safe in a URL path.
func (k *Keys) Sign(c Claims) string {
	expiry := ""
	if !c.Expires.IsZero() {
		expiry = strconv.FormatInt(c.Expires.Unix(), 36)
	}
	body := strings.Join([]string{"1", k.current, string(c.Purpose), string(c.Recipient), string(c.Run) + string(c.Request), expiry}, ".")
	return body + "." + base64.RawURLEncoding.EncodeToString(mac(k.derived[k.current], body))
}

// maxToken bounds the work done for a made-up token.
const maxToken = 512

// Read checks a token and returns what it says. It does no I/O, compares the
// signature in constant time before it looks at anything else, and refuses every
// other spelling of a good token.
func (k *Keys) Read(token string, now time.Time) (Claims, error) {
	if len(token) > maxToken {
		return Claims{}, ErrForged
	}
	parts := strings.Split(token, ".")
	if len(parts) != 7 || parts[0] != "1" {
		return Claims{}, ErrForged
	}
	key, ok := k.derived[parts[1]]
	if !ok {
		return Claims{}, ErrForged
	}
	body := token[:strings.LastIndexByte(token, '.')]
	want := base64.RawURLEncoding.EncodeToString(mac(key, body))
	if !hmac.Equal([]byte(parts[6]), []byte(want)) {
		return Claims{}, ErrForged
	}
	c := Claims{Purpose: Purpose(parts[2]), Recipient: notice.RecipientID(parts[3]), Run: notice.RunID(parts[4])}
	if c.Purpose == Confirm {
		c.Run, c.Request = "", notice.RequestID(parts[4])
	}
	if parts[5] != "" {
		seconds, err := strconv.ParseInt(parts[5], 36, 64)
		if err != nil {
			return Claims{}, ErrForged
		}
		if c.Expires = time.Unix(seconds, 0).UTC(); now.After(c.Expires) {
			return c, ErrExpired
		}
	}
	return c, nil
}

func mac(key []byte, message string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(message))
	return h.Sum(nil)
}
