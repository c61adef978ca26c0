package policy

import (
	"fmt"
	"maps"
	"slices"
	"testing"
)

// What stands in a list can be found: an entry is one word as words are cut, without
// accents, and a phrase is the key of a paragraph.
func TestListsHoldWhatKeysCanBe(t *testing.T) {
	lists := map[string]map[string]bool{"practiceStems": practiceStems, "subjectStems": subjectStems, "coreStems": coreStems, "stopwords": stopwords, "months": months,
		"numberWords": numberWords, "ageWords": ageWords, "articles": articles, "hourWords": hourWords, "conditions": conditions, "either": either, "shareCapital": shareCapital,
		"negatives": negatives, "futures": futures, "costs": costs, "qualifiers": qualifiers, "courtesies": courtesies, "parties": parties, "lawWords": lawWords,
		"stampWords": stampWords, "dialWords": dialWords, "extensions": extensions, "officers": officers, "documents": documents, "counters": counters,
		"pronouns": pronouns, "consentWords": consentWords, "cookieWords": cookieWords, "turning": turning, "currencies": currencies}
	entries := func(m map[string]string) map[string]bool { return wordsOfSenses(m) }
	for name, m := range map[string]map[string]string{"negations": negations, "modals": modals, "numberValues": numberValues, "opposites": opposites, "successors": successors} {
		lists[name] = entries(m)
	}
	for i, m := range turns {
		lists[fmt.Sprint("turns ", i)] = entries(m)
	}
	for name, list := range lists {
		for _, entry := range slices.Sorted(maps.Keys(list)) {
			if cut := words(entry); len(cut) != 1 || plainKey(cut[0].key) != entry {
				t.Errorf("%s: %q is read as %q", name, entry, keysOfWords(cut))
			}
		}
	}
	for _, phrase := range slices.Concat(upTo, atMinimum) {
		if keyOfWords(words(phrase)) != phrase {
			t.Errorf("bound %q is read as %q", phrase, keyOfWords(words(phrase)))
		}
	}
	for verb := range futures {
		if modal(verb) == "" {
			t.Errorf("%q is no modal verb", verb)
		}
	}
}

// Every hint to screen readers gets as far as the expression that knows it.
func TestHintsAreLookedFor(t *testing.T) {
	for _, hint := range []string{"opens in a new tab", "this link will open in a new window", "OPENS IN A NEW TAB", "external link", "s’ouvre dans un nouvel onglet", "nouvelle fenêtre", "öffnet sich in neuem Fenster", "se abre en una nueva ventana", "si apre in una nuova scheda", "abre em nova guia", "opent in nieuw tabblad"} {
		if got := fold("Sample Pay (" + hint + ")"); got != "Sample Pay" {
			t.Errorf("%q is left: %q", hint, got)
		}
	}
	for _, text := range []string{"We track you on our site, external sites and apps.", "Daten, neues Fenster der Halle"} {
		if got := fold(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}
