package policy_test

import (
	"strings"
	"testing"

	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/policy"
)

var english = policy.SummaryLabels(locale.Match("en", "").Words.Draft)

func TestSummaryHoldsSentencesOfTheTextsOnly(t *testing.T) {
	changed := strings.Replace(strings.Replace(base, "30 days", "60 days", 1), "## Contact", "## Children\n\nWe do not knowingly collect data of children under 13.\n\n## Contact", 1)
	changed = strings.Replace(changed, " We do not sell personal data.", "", 1)
	v := policy.Classify(read(t, base, "a.md"), read(t, changed, "b.md"))
	want := `What we collect
- No longer: We do not sell personal data.

How long we keep it
- Now: We keep order data for 6 years and delete everything else after 60 days. (before: We keep order data for 6 years and delete everything else after 30 days.)

Children
- New: We do not knowingly collect data of children under 13.
`
	if got := v.Summarise(english); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// A category in a line of its own is named, not only described.
func TestSummaryNamesANewCategory(t *testing.T) {
	const before = "# What we collect\n\n- A. Identifiers.\n- Your name and your address.\n- Yes\n- B. Orders.\n- What you buy from us, and when.\n- Yes\n\n# Who gets it\n\nNobody gets it.\n"
	after := strings.Replace(before, "\n\n# Who", "\n- C. Precise geolocation.\n- Your location within a radius of 500 meters, taken from your device.\n- Yes\n\n# Who", 1)
	v := policy.Classify(read(t, before, "a.md"), read(t, after, "b.md"))
	got := v.Summarise(english)
	if v.Class != policy.Substantive || !strings.Contains(got, "- New: C. Precise geolocation.\n- New: Your location within") {
		t.Errorf("%s:\n%s", v.Class, got)
	}
}

func TestLint(t *testing.T) {
	v := policy.Classify(read(t, base, "a.md"), read(t, strings.Replace(base, "30 days", "60 days", 1), "b.md"))
	for _, c := range []struct {
		summary   map[string]string
		effective notice.Date
		french    int // readers
		want      []string
	}{
		{map[string]string{"en": "We keep data for 60 days now. Before it was 30."}, "2027-01-31", 20, []string{"told so: 20 in fr, 3 in de"}},
		{map[string]string{"en": "Great news! We keep data for 60 days.", "de": "Wir speichern Daten jetzt 60 Tage."}, "2026-12-01", 0, []string{"takes effect in 7 days", "does not advertise"}},
		{map[string]string{"en": "Several contractual particularities concerning organisational responsibilities were comprehensively reformulated throughout multiple interdependent subsections accordingly", "de": "Kurz."},
			"2027-01-31", 0, []string{"hard to read", "How long we keep it"}},
		{nil, "2027-01-31", 20, []string{"no summary"}},
		{map[string]string{"en": "We keep data for 60 days now.", "de": "Wir speichern Daten jetzt 60 Tage."}, "2026-11-24", 0, []string{"takes effect in 0 days"}},
		{map[string]string{"en": "We keep data for 60 days now.", "de": "Wir speichern Daten jetzt 60 Tage."}, "2026-11-23", 0, []string{"2026-11-23, lies in the past"}},
	} {
		got := policy.Lint(v, policy.UsualLeads, c.summary, map[string]int{"en": 100, "de": 3, "fr": c.french}, c.effective, "2026-11-24")
		if len(got) != len(c.want) {
			t.Errorf("%v: %q", c.summary, got)
			continue
		}
		for i, want := range c.want {
			if !strings.Contains(got[i], want) {
				t.Errorf("%q lacks %q", got[i], want)
			}
		}
	}
}
