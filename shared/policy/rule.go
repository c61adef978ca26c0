package policy

import "fmt"

// rule judges a place of one kind, or leaves it to the next rule.
type rule[Place any] func(Place) (f Finding, ok bool)

// when is the rule that gives one answer for all places that fit.
func when[Place any](class Class, weight float64, reason string, fits func(Place) bool) rule[Place] {
	return func(at Place) (Finding, bool) { return as(class, weight, reason), fits(at) }
}

// always is the rule behind all others.
func always[Place any](class Class, weight float64, reason string) rule[Place] {
	return when(class, weight, reason, func(Place) bool { return true })
}

// first asks the rules in order; the first that fits decides.
func first[Place any](rules []rule[Place], at Place) (f Finding, ok bool) {
	for _, judge := range rules {
		if f, ok := judge(at); ok {
			return f, true
		}
	}
	return f, false
}

// decide is first for rules of which the last always fits.
func decide[Place any](rules []rule[Place], at Place) Finding {
	f, ok := first(rules, at)
	if !ok {
		panic("no rule fits: the last one must be one that always does")
	}
	return f
}

// Reasons that other rules ask about.
const (
	dateLineDiffers   = "the date line differs"
	dateDiffers       = "a date differs"
	dateInTextDiffers = "a date in the text differs"
	figureDiffers     = "a figure with its unit differs"
)

// dated reports whether it is a date that differs, as far as it may be that of the text.
func (f Finding) dated() bool {
	return f.Reason == dateLineDiffers || f.Reason == dateDiffers || f.Reason == dateInTextDiffers
}

// as is a finding whose reason is put together as fmt does.
func as(class Class, weight float64, reason string, args ...any) Finding {
	if len(args) > 0 {
		reason = fmt.Sprintf(reason, args...)
	}
	return Finding{Class: class, Weight: weight, Reason: reason}
}

// firm is a substantive one that no paraphrase takes back.
func firm(weight float64, reason string, args ...any) Finding {
	f := as(Substantive, weight, reason, args...)
	f.firm = true
	return f
}
