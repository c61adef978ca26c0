// Package bench measures what policymail costs, and prints it as a table: `make bench`.
// Each figure stands beside a floor measured in the same run, the least any program
// could do for the same result, so that the ratio says something on any machine.
package bench

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"
)

// line is one line of the table.
type line struct{ what, figure, floor, ratio string }

var (
	mu    sync.Mutex
	lines []line
)

// report adds a line; a benchmark that runs again replaces its line.
func report(what, figure, floor string, ratio float64) {
	mu.Lock()
	defer mu.Unlock()
	l := line{what, figure, floor, ""}
	if ratio > 0 {
		l.ratio = fmt.Sprintf("%.1f ×", ratio)
	}
	for i := range lines {
		if lines[i].what == what {
			lines[i] = l
			return
		}
	}
	lines = append(lines, l)
}

func TestMain(m *testing.M) {
	if file := os.Getenv(importFile); file != "" {
		importAlone(file)
		return
	}
	code := m.Run()
	if len(lines) > 0 {
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintf(w, "\nWHAT\tFIGURE\tFLOOR\tRATIO\n")
		for _, l := range lines {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", l.what, l.figure, l.floor, l.ratio)
		}
		w.Flush()
		fmt.Printf("\n%s, %d cores, %s\n", runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	}
	os.Exit(code)
}

// cost is what something took.
type cost struct {
	wall, cpu     time.Duration
	allocs, bytes uint64
	n             int
}

// spend measures f, which does n things. CPU is that of the whole process, by getrusage.
func spend(n int, f func()) cost {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start, used := time.Now(), cpuTime()
	f()
	c := cost{wall: time.Since(start), cpu: cpuTime() - used, n: n}
	runtime.ReadMemStats(&after)
	c.allocs, c.bytes = after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc
	return c
}

// Figures for one of the n things.
func (c cost) cpuEach() time.Duration { return c.cpu / time.Duration(c.n) }
func (c cost) perSecond() float64     { return float64(c.n) / c.wall.Seconds() }
func (c cost) perCPUSecond() float64  { return float64(c.n) / c.cpu.Seconds() }

// plus adds up two parts of one thing.
func (c cost) plus(d cost) cost {
	return cost{c.wall + d.wall, c.cpu + d.cpu, c.allocs + d.allocs, c.bytes + d.bytes, c.n + d.n}
}

// cheaper is the one of two that took less CPU; nothing yet is dearer than anything.
func cheaper(a, b cost) cost {
	if a.n > 0 && a.cpu < b.cpu {
		return a
	}
	return b
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

// must ends a benchmark that cannot go on.
func must(b testing.TB, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
