package policy

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// Played is what the watcher makes of one text of a folder.
type Played struct {
	File    string   `json:"file"`
	Event   Event    `json:"event"`
	Class   Class    `json:"class"`
	Reasons []string `json:"reasons"`
}

// Replay plays the files of a folder through the watcher, in the order of their
// names, and hands each result on. A file that cannot be read as a text is what a
// page that failed is: broken.
func Replay(folder fs.FS, next func(Played) error) error {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return fmt.Errorf("read the folder: %w", err)
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e.IsDir() || strings.HasPrefix(e.Name(), ".") })
	slices.SortFunc(entries, func(x, y fs.DirEntry) int { return inOrder(x.Name(), y.Name()) })
	var w Watched
	for _, e := range entries {
		source, err := fs.ReadFile(folder, e.Name())
		if err != nil {
			return fmt.Errorf("read %s: %w", e.Name(), err)
		}
		p := Played{File: e.Name()}
		if text, err := Read(source, e.Name()); err != nil {
			v := Unreadable(err)
			p.Event, p.Class, p.Reasons = Failed, v.Class, v.Reasons
		} else {
			event, v := w.Next(text.Document)
			p.Event, p.Class, p.Reasons = event, v.Class, v.Reasons
		}
		if err := next(p); err != nil {
			return err
		}
	}
	return nil
}

// inOrder compares names as people order them: 9 before 10.
func inOrder(a, b string) int {
	for a != "" && b != "" {
		x, y := digits(a), digits(b)
		if x > 0 && y > 0 {
			n, errN := strconv.ParseUint(a[:x], 10, 64)
			m, errM := strconv.ParseUint(b[:y], 10, 64)
			if errN == nil && errM == nil && n != m {
				return cmp.Compare(n, m)
			}
			if a[:x] != b[:y] {
				return cmp.Or(cmp.Compare(x, y), cmp.Compare(a[:x], b[:y]))
			}
			a, b = a[x:], b[y:]
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func digits(s string) (n int) {
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}
