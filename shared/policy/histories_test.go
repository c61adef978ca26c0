package policy_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"policymail/shared/policy"
)

// histories is the folder of labelled pairs and histories of real policies. It stays
// outside the project; tests on it skip where it is absent.
func histories(tb testing.TB) string {
	tb.Helper()
	folder := filepath.Join("..", "..", "..", "shared", "policy-histories", "dev")
	if _, err := os.Stat(folder); err != nil {
		tb.Skip("the labelled policy histories are absent: nothing was measured (they are looked for in ../shared/policy-histories/dev beside the project)")
	}
	return folder
}

// table reads a file of tab-separated values as rows by column.
func table(tb testing.TB, name string) (rows []map[string]string) {
	tb.Helper()
	file, err := os.Open(name)
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	r := csv.NewReader(file)
	r.Comma, r.LazyQuotes = '\t', true
	all, err := r.ReadAll()
	if err != nil {
		tb.Fatal(err)
	}
	for _, values := range all[1:] {
		row := map[string]string{}
		for i, v := range values {
			row[all[0][i]] = v
		}
		rows = append(rows, row)
	}
	return rows
}

func readFile(tb testing.TB, name string) policy.Document {
	tb.Helper()
	source, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	text, err := policy.Read(source, name)
	if err != nil {
		tb.Fatal(err)
	}
	return text.Document
}

// classOf is our word for a label.
func classOf(label string) policy.Class {
	if label == "noise" {
		return policy.None
	}
	return policy.Class(label)
}

var classes = []policy.Class{policy.None, policy.Broken, policy.Editorial, policy.Substantive}

// TestLabelledPairs measures the classes on real pairs (go test -v prints the table).
// Two mistakes are never allowed: to mail people about nothing, and to keep a change
// of substance from them.
func TestLabelledPairs(t *testing.T) {
	folder := histories(t)
	counts := map[policy.Class]map[policy.Class]int{}
	for _, c := range classes {
		counts[c] = map[policy.Class]int{}
	}
	right, all := 0, 0
	for _, pair := range table(t, filepath.Join(folder, "pairs.tsv")) {
		dir := filepath.Join(folder, "pairs", pair["id"])
		v := policy.Classify(readFile(t, filepath.Join(dir, "old.md")), readFile(t, filepath.Join(dir, "new.md")))
		want := classOf(pair["label"])
		counts[want][v.Class]++
		all++
		if v.Class == want {
			right++
			continue
		}
		t.Logf("%s %s: %s, labelled %s (%s): %.200q", pair["id"], pair["service"], v.Class, want, pair["reason"], v.Reasons)
		if v.Class == policy.Substantive && want != policy.Editorial {
			t.Errorf("pair %s, labelled %s, would become a notice", pair["id"], want)
		}
		if v.Class == policy.None && want == policy.Substantive {
			t.Errorf("pair %s, labelled substantive, would be told to nobody", pair["id"])
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%-12s %9s %6s %6s   none broken editorial substantive\n", "labelled", "precision", "recall", "pairs")
	for _, c := range classes {
		called, labelled := 0, 0
		for _, d := range classes {
			called += counts[d][c]
			labelled += counts[c][d]
		}
		fmt.Fprintf(&b, "%-12s %9.3f %6.3f %6d   %4d %6d %9d %11d\n", c, share(counts[c][c], called), share(counts[c][c], labelled), labelled,
			counts[c][policy.None], counts[c][policy.Broken], counts[c][policy.Editorial], counts[c][policy.Substantive])
	}
	t.Logf("%s%d of %d labels right (%.1f %%)", b.String(), right, all, 100*share(right, all))
	if share(right, all) < 0.95 {
		t.Errorf("%d of %d labels are right; at least 95 %% must be", right, all)
	}
}

func share(part, all int) float64 {
	if all == 0 {
		return 1
	}
	return float64(part) / float64(all)
}

// TestLabelledHistories plays whole histories through the watcher. Every lasting change
// of substance must be seen at its first reading, and no draft may come that none of
// them explains.
func TestLabelledHistories(t *testing.T) {
	folder := histories(t)
	for _, h := range table(t, filepath.Join(folder, "sequences.tsv")) {
		changes, borderline := indexes(t, h["substantive_indexes"]), indexes(t, h["borderline_indexes"])
		var played []policy.Played
		dir := filepath.Join(folder, "sequences", h["slug"])
		if err := policy.Replay(os.DirFS(dir), func(p policy.Played) error { played = append(played, p); return nil }); err != nil {
			t.Fatal(err)
		}
		seen, drafts, stray, open := 0, 0, 0, false
		for i, p := range played {
			if slices.Contains(changes, i) {
				open = true
				if p.Class == policy.Substantive && (p.Event == policy.Pending || p.Event == policy.DraftMade) {
					seen++
				} else {
					t.Errorf("%s %d: the change is %s, %s", h["slug"], i, p.Event, p.Class)
				}
			}
			open = open || slices.Contains(borderline, i)
			if p.Event == policy.DraftMade && p.Class == policy.Substantive {
				if drafts++; !open {
					stray++
					t.Errorf("%s %d: a draft out of nothing: %q", h["slug"], i, p.Reasons)
				}
				open = false
			}
			if p.Event == policy.DraftMade && p.Class == policy.Broken {
				t.Errorf("%s %d: a broken reading became a draft", h["slug"], i)
			}
		}
		t.Logf("%-30s %2d readings, %d of %d changes seen, %d substantive drafts, %d stray", h["slug"], len(played), seen, len(changes), drafts, stray)
	}
}

func indexes(tb testing.TB, list string) (out []int) {
	for s := range strings.SplitSeq(list, ",") {
		if s == "-" {
			continue
		}
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, n)
	}
	return out
}

// long is a policy of 100 KB and an edited copy of it.
func long() (old, new string) {
	var a, b strings.Builder
	for i := 0; a.Len() < 100<<10; i++ {
		fmt.Fprintf(&a, "## Section %d\n\nFor purpose %d we keep record %d of your account for %d days and share it with partner %d. You may ask for access, and we answer in %d days.\n\n",
			i, i*7, i*11, i%90+1, i*13, i%30+1)
		if i%5 == 0 {
			fmt.Fprintf(&b, "## Part %d\n\nFor purpose %d we keep record %d of your account for %d months and share it with nobody. You may ask for access, and we answer in %d days.\n\n",
				i, i*7, i*11, i%90+1, i%30+1)
			continue
		}
		fmt.Fprintf(&b, "## Section %d\n\nFor purpose %d we keep record %d of your account for %d days and share it with partner %d. You may ask for access, and we answer in %d days.\n\n",
			i, i*7, i*11, i%90+1, i*13, i%30+1)
	}
	return a.String(), b.String()
}

func BenchmarkClassify100KB(b *testing.B) {
	old, new := long()
	b.SetBytes(int64(len(old) + len(new)))
	for b.Loop() {
		if v := policy.Classify(read(b, old, "a.md"), read(b, new, "b.md")); v.Class != policy.Substantive {
			b.Fatal(v.Class)
		}
	}
}

// BenchmarkClassifyRewritten compares 100 KB with 100 KB that share no sentence.
func BenchmarkClassifyRewritten(b *testing.B) {
	old, _ := long()
	other := strings.NewReplacer("For purpose", "Regarding aim", "we keep record", "our firm stores entry", "of your account", "about you", "share it with partner",
		"pass on to vendor", "You may ask for access, and we answer in", "Access is granted within").Replace(old)
	for b.Loop() {
		policy.Classify(read(b, old, "a.md"), read(b, other, "b.md"))
	}
}

// BenchmarkClassifyOneParagraph compares texts of 100 KB that know no paragraphs.
func BenchmarkClassifyOneParagraph(b *testing.B) {
	old, new := long()
	flat := strings.NewReplacer("\n", " ", "## ", "")
	for b.Loop() {
		policy.Classify(read(b, flat.Replace(old), "a.md"), read(b, flat.Replace(new), "b.md"))
	}
}

func BenchmarkLabelledPairs(b *testing.B) {
	folder := histories(b)
	type pair struct{ old, new policy.Document }
	var pairs []pair
	for _, p := range table(b, filepath.Join(folder, "pairs.tsv")) {
		dir := filepath.Join(folder, "pairs", p["id"])
		pairs = append(pairs, pair{readFile(b, filepath.Join(dir, "old.md")), readFile(b, filepath.Join(dir, "new.md"))})
	}
	for b.Loop() {
		for _, p := range pairs {
			policy.Classify(p.old, p.new)
		}
	}
}
