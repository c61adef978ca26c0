package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"policymail/shared/notice"
)

// Class says what a difference between two readings of a policy is.
type Class string

const (
	None        Class = "none"        // nothing a reader would call a change
	Broken      Class = "broken"      // one of the two texts is not, or only partly, the policy
	Editorial   Class = "editorial"   // a real edit that changes no meaning
	Substantive Class = "substantive" // what is done with data, who does it, rights or terms
)

func (c Class) rank() int { return slices.Index([]Class{None, Editorial, Substantive}, c) }

// Verdict is a class with how sure the rules are and why.
type Verdict struct {
	Class      Class    `json:"class"`
	Confidence float64  `json:"confidence"` // 0 to 1
	Reasons    []string `json:"reasons"`    // the weightiest first

	Comparison Comparison `json:"-"`
	Findings   []Finding  `json:"-"` // all places, in the order of the text
	// OldBroken tells, of a broken pair, that the old text is the one that is not the
	// policy: the new one restores it.
	OldBroken bool `json:"-"`
}

// Unreadable is the verdict on a text, one of a pair, that cannot be read as a policy.
func Unreadable(why error) Verdict {
	return Verdict{Class: Broken, Confidence: 0.97, Reasons: []string{why.Error()}}
}

// Language is that of the new text (ISO 639-1), or nothing when it cannot be told.
func (v Verdict) Language() string { return Language(v.Comparison.new) }

// Finding is what one place of a comparison amounts to.
type Finding struct {
	Class   Class
	Weight  float64 // 0 to 1, how sure
	Reason  string
	Section string // heading it stands under
	Quote   string // the words that came or went
	row     int
	firm    bool // it counts wherever it stands: no paraphrase takes it back
}

// maxReasons is how many places are told; the comparison shows all.
const maxReasons = 8

// Classify tells what the difference between two texts is. First it asks whether both
// are the policy, for a page that failed says nothing about the policy; then it
// judges every place, beginning in places.go, and takes the gravest.
func Classify(old, new Document) Verdict {
	c := Compare(old, new)
	j := judge{c: c, old: lookedOver(c, false), new: lookedOver(c, true)}
	findings := j.places()
	v := Verdict{Comparison: c, Findings: findings, Reasons: []string{}}
	if reason, weight, oldBroken, ok := j.brokenness(findings); ok {
		v.Class, v.Confidence, v.OldBroken = Broken, weight, oldBroken
		v.Reasons = append(v.Reasons, reason)
		return v
	}
	if j.otherPage() {
		v.Class, v.Confidence = None, 0.7
		v.Reasons = append(v.Reasons, "neither text is a policy, and they are much alike")
		return v
	}
	v.Class, v.Confidence = None, 0.99
	for _, f := range findings {
		if f.Class.rank() > v.Class.rank() {
			v.Class, v.Confidence = f.Class, 0
		}
	}
	// Several places of one class agree with each other; for none and editorial the
	// least sure one decides.
	doubt := 1.0
	for _, f := range findings {
		switch {
		case f.Class == v.Class && v.Class == Substantive:
			doubt *= 1 - f.Weight
		case f.Class == v.Class && v.Class == Editorial:
			doubt = min(doubt, f.Weight)
		case v.Class == None:
			v.Confidence = min(v.Confidence, f.Weight)
		}
	}
	switch v.Class {
	case Substantive:
		v.Confidence = min(1-doubt, 0.99)
	case Editorial:
		v.Confidence = doubt
	}
	v.Confidence = float64(int(v.Confidence*100+0.5)) / 100
	v.Reasons = reasons(v.Class, findings)
	return v
}

// Change tells what the difference between two versions is.
func Change(old, new notice.Version) (Verdict, error) {
	before, err := DocumentOf(old)
	if err != nil {
		return Verdict{}, err
	}
	after, err := DocumentOf(new)
	if err != nil {
		return Verdict{}, err
	}
	return Classify(before, after), nil
}

// reasons words the findings of the class, or for none what did not count.
func reasons(class Class, findings []Finding) (out []string) {
	out = []string{}
	sorted := slices.Clone(findings)
	slices.SortStableFunc(sorted, func(x, y Finding) int { return cmp.Compare(y.Weight, x.Weight) })
	seen := map[string]int{}
	for _, f := range sorted {
		if f.Class != class {
			continue
		}
		text := f.Reason
		if class != None && f.Quote != "" {
			text += ": " + f.Quote
			if f.Section != "" {
				text += " (in “" + shorten(f.Section, 60) + "”)"
			}
		}
		if seen[text]++; seen[text] == 1 && len(out) < maxReasons {
			out = append(out, text)
		}
	}
	if len(out) == 0 {
		out = append(out, "the words are the same")
	}
	if more := len(seen) - len(out); more > 0 && len(seen) > maxReasons {
		out = append(out, fmt.Sprintf("and %d more places", more))
	}
	return out
}

// quote shows what went and what came.
func quote(old, new []word) string {
	o, n := shorten(textOfWords(old), 120), shorten(textOfWords(new), 120)
	switch {
	case o == "":
		return "added “" + n + "”"
	case n == "":
		return "removed “" + o + "”"
	}
	return "“" + o + "” became “" + n + "”"
}

func textOfWords(all []word) string {
	var b strings.Builder
	for _, w := range all {
		b.WriteString(w.text)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// shorten cuts a text between words.
func shorten(s string, limit int) string {
	r := []rune(s)
	if len(r) <= limit {
		return s
	}
	cut := string(r[:limit])
	if i := strings.LastIndexByte(cut, ' '); i > limit/2 {
		cut = cut[:i]
	}
	return cut + " …"
}
