package notice

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Version is one published text of a policy. It is immutable once stored, but for
// its approval and, until then, the summary (see Run.Edit).
type Version struct {
	Policy      string            `json:"policy"`
	Name        string            `json:"version"`
	Effective   Date              `json:"effective"`
	Class       Class             `json:"class"`
	Basis       string            `json:"basis,omitempty"`    // legal basis of a mandatory notice
	Summary     map[string]string `json:"summary"`            // what changed, in plain words, by locale
	SHA256      string            `json:"sha256"`             // of Text, lower-case hex
	Normaliser  int               `json:"normaliser"`         // version of the rules that made Text
	Text        string            `json:"text"`               // normalised: what is compared and hashed
	HTML        string            `json:"html"`               // sanitised: what a reader is shown
	PageSHA256  string            `json:"page_sha256"`        // of HTML, lower-case hex
	Language    string            `json:"language,omitempty"` // of Text (ISO 639-1); empty when it cannot be told
	Previous    string            `json:"previous,omitempty"`
	Change      string            `json:"change,omitempty"`   // class of the difference from Previous: none, broken, editorial or substantive
	Corrects    string            `json:"corrects,omitempty"` // the version of the same text whose date was wrong
	PublishedBy string            `json:"published_by"`
	PublishedAt time.Time         `json:"published_at"`
	Edits       []Edit            `json:"edits,omitempty"` // of Summary since, oldest first
	Approval    *Approval         `json:"approval,omitempty"`
}

var (
	policyName  = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,30}$`)
	versionName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]{0,39}$`)
)

// CheckPolicyName refuses a name that could not stand in a link, a run or a tag.
func CheckPolicyName(s string) error {
	if !policyName.MatchString(s) {
		return Invalid("policy name %q cannot be used", s).Hint("use up to 31 lower-case letters, digits and hyphens, like privacy")
	}
	return nil
}

// CheckVersionName refuses a name that could not stand in a link, a run or a tag.
func CheckVersionName(s string) error {
	if !versionName.MatchString(s) {
		return Invalid("version %q cannot be used", s).Hint("use up to 40 letters, digits, dots and hyphens, like 2026-11 or 2.1")
	}
	return nil
}

// Baseline reports whether this is the first version of its policy: recorded
// with its publisher as approver, and followed by no run.
func (v Version) Baseline() bool { return v.Previous == "" }

// Approved reports whether the version as it is now is what somebody approved: whoever
// can write the table makes no other text pass for it (invariant 5, nothing unapproved).
func (v Version) Approved() bool {
	return v.Approval != nil && v.Approval.Hash == v.ContentHash() && v.Intact()
}

// Intact reports whether text and page are those whose hashes an approval covers.
func (v Version) Intact() bool {
	return HashOf(v.Text) == v.SHA256 && HashOf(v.HTML) == v.PageSHA256
}

// HashOf is the SHA-256 of a text, in lower-case hex.
func HashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// ContentHash covers everything of a version that a recipient is told: two
// versions with the same hash send the same notice. An approval names it, and
// the sender compares it before every slice (invariant 5, nothing unapproved).
func (v Version) ContentHash() string {
	h := sha256.New()
	field := func(s string) { fmt.Fprintf(h, "%d:%s,", len(s), s) }
	for _, s := range []string{v.Policy, v.Name, string(v.Effective), string(v.Class), v.Basis, v.SHA256, v.PageSHA256} {
		field(s)
	}
	for _, locale := range slices.Sorted(maps.Keys(v.Summary)) {
		field(locale)
		field(v.Summary[locale])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// SaysTheSame reports whether two versions, of different names, send the same notice.
func (v Version) SaysTheSame(other Version) bool {
	if v.Name == other.Name {
		return false
	}
	other.Name = v.Name
	return v.ContentHash() == other.ContentHash()
}

// InForce picks the version an annual review speaks of on a day: of the approved ones
// whose effective date has come the one published last, else of all approved ones the one
// published last. So a version is never followed by one published before it. ok is false
// when nothing is approved.
func InForce(versions []Version, today Date) (v Version, ok bool) {
	approved := slices.DeleteFunc(slices.Clone(versions), func(v Version) bool { return !v.Approved() || corrected(v, versions) })
	come := slices.DeleteFunc(slices.Clone(approved), func(v Version) bool { return v.Effective > today })
	if v, ok = Latest(come); ok {
		return v, true
	}
	return Latest(approved)
}

// corrected reports whether an approved version gave another date to this one's text.
func corrected(v Version, versions []Version) bool {
	return slices.ContainsFunc(versions, func(other Version) bool { return other.Corrects == v.Name && other.Approved() })
}

// NeverInForce names the approved version because of which another never takes effect:
// one that corrects its date, or one that was published after it and is in force by its
// day. What was approved only after that day has kept nothing from taking effect.
func NeverInForce(v Version, versions []Version) (by string, never bool) {
	later := slices.DeleteFunc(slices.Clone(versions), func(other Version) bool {
		inItsPlace := other.Effective <= v.Effective && DateOf(approvedAt(other)) <= v.Effective
		return !other.Approved() || ByPublication(other, v) <= 0 || other.Corrects != v.Name && !inItsPlace
	})
	last, never := Latest(later)
	return last.Name, never
}

func approvedAt(v Version) time.Time {
	if v.Approval == nil {
		return time.Time{}
	}
	return v.Approval.At
}

// Sidelined are the versions still to take effect that never will once v is approved now;
// the caller leaves out those that are not to take effect anyway.
func Sidelined(v Version, versions []Version, now time.Time) (never []Version) {
	v.Approval = &Approval{At: now, Hash: v.ContentHash()}
	for _, other := range versions {
		if _, already := NeverInForce(other, versions); already || other.Effective <= DateOf(now) || other.Name == v.Name {
			continue
		}
		if _, becomes := NeverInForce(other, []Version{v}); becomes {
			never = append(never, other)
		}
	}
	return never
}

// Replaced names the approved version that makes a run's text an old one: for a change any
// that was published after it and that people are told of, for an annual review another
// version in force.
func Replaced(run Run, versions []Version, today Date) (by string, replaced bool) {
	if run.Kind == Annual {
		v, ok := InForce(versions, today)
		return v.Name, ok && v.Name != run.Version
	}
	at := slices.IndexFunc(versions, func(v Version) bool { return v.Name == run.Version })
	if at < 0 {
		return "", false
	}
	for _, candidate := range versions {
		// Nobody is told of a version without a summary. If it replaced this one, nobody
		// would be told of this one's change either.
		if candidate.Approved() && len(candidate.Summary) > 0 && ByPublication(candidate, versions[at]) > 0 {
			return candidate.Name, true
		}
	}
	return "", false
}

// ByPublication orders versions, oldest first, then by name, as slices.SortFunc asks for it.
func ByPublication(a, b Version) int {
	return cmp.Or(a.PublishedAt.Compare(b.PublishedAt), cmp.Compare(a.Name, b.Name))
}

// Latest returns the most recently published version; ok is false for none.
func Latest(versions []Version) (v Version, ok bool) {
	for _, candidate := range versions {
		if !ok || ByPublication(candidate, v) > 0 {
			v, ok = candidate, true
		}
	}
	return v, ok
}

// LatestApproved returns the version readers know: of the approved ones the most
// recently published; ok is false for none.
func LatestApproved(versions []Version) (v Version, ok bool) {
	return Latest(slices.DeleteFunc(slices.Clone(versions), func(v Version) bool { return !v.Approved() }))
}

// ChangeRunID names the run that tells of a version: "change-privacy-2_0", and of the
// policy "terms-of-use" "change-terms_of_use-2_0". Every version of every policy has a run of
// its own, so that none is taken for another's and left out (invariants 1, never twice, and
// 2, never lost). For names hold no "_": the policy is what stands before the first "-", its
// own written "_", and the version what stands behind, its "." written "_".
func ChangeRunID(policy, version string) RunID {
	return RunID("change-" + strings.ReplaceAll(policy, "-", "_") + "-" + strings.ReplaceAll(version, ".", "_"))
}

// AnnualRunID names the annual run of a day.
func AnnualRunID(day Date) RunID { return RunID("annual-" + string(day)) }
