package bench

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/metrics"
	"strconv"
	"strings"
	"testing"
	"time"

	"policymail/shared/imports"
	"policymail/shared/notice"
	"policymail/shared/store/bolt"
	"policymail/shared/token"
)

// importFile names the file a child process imports by itself, so that its memory is
// the import's alone; importInto the database, or nothing for a dry run.
const (
	importFile = "POLICYMAIL_BENCH_IMPORT"
	importInto = "POLICYMAIL_BENCH_DATABASE"
)

// imported is what the child measured.
type imported struct {
	Added     int
	Wall, CPU time.Duration
	PeakHeap  uint64 // bytes of live and not yet collected objects, sampled
	PeakRSS   uint64 // memory of the process that is not a page of a file, sampled
}

// importAlone is the child.
func importAlone(file string) {
	var out imported
	err := func() error {
		in, err := os.Open(file)
		if err != nil {
			return err
		}
		defer in.Close()
		keys, err := token.NewKeys(ctx, token.Secret("a secret of benchmarks"), "k1")
		if err != nil {
			return err
		}
		im := imports.Importer{Store: nowhere{}, ID: keys.RecipientID, LeadDays: 14, Now: func() time.Time { return now }}
		if path := os.Getenv(importInto); path != "" {
			db, err := bolt.Open(path, true)
			if err != nil {
				return err
			}
			defer db.Close()
			im.Store = db
		}
		done, watched := make(chan struct{}), make(chan struct{})
		go func() { out.PeakHeap, out.PeakRSS = watch(done); close(watched) }()
		var result imports.Report
		c := spend(1, func() { result, err = im.Import(ctx, bufio.NewReader(in), "benchmark") })
		close(done)
		<-watched
		out.Added, out.Wall, out.CPU = result.Added, c.wall, c.cpu
		return err
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	json.NewEncoder(os.Stdout).Encode(out)
}

// watch samples until it is done. Pages of the database file that the system maps and
// may drop at will are not counted.
func watch(done chan struct{}) (heap, rss uint64) {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	for tick := time.NewTicker(5 * time.Millisecond); ; {
		metrics.Read(sample)
		heap, rss = max(heap, sample[0].Value.Uint64()), max(rss, anonymous())
		select {
		case <-done:
			return heap, rss
		case <-tick.C:
		}
	}
}

// anonymous reads proc(5), RssAnon.
func anonymous() uint64 {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if kilobytes, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			n, _ := strconv.ParseUint(strings.Fields(kilobytes)[0], 10, 64)
			return n << 10
		}
	}
	return 0
}

// BenchmarkImport imports 1,000,000 rows in a process of its own, and 100,000 to show
// that memory does not grow with them. The floor reads the same file with encoding/csv
// and does nothing with it.
func BenchmarkImport(b *testing.B) {
	for b.Loop() {
		small, large := rowsFile(b, 100_000), rowsFile(b, 1_000_000)
		floor := spend(1_000_000, func() { bareRead(b, large) })
		dry := importChild(b, large, "")
		report("import, checked only", fmt.Sprintf("%.0f rows a second, %s", float64(dry.Added)/dry.Wall.Seconds(), memory(dry)),
			fmt.Sprintf("%.0f rows a second: encoding/csv", floor.perSecond()), ratio(dry.Wall, floor.wall))
		few := importChild(b, small, filepath.Join(b.TempDir(), "db"))
		many := importChild(b, large, filepath.Join(b.TempDir(), "db"))
		report("import, 100,000 rows", fmt.Sprintf("%.0f rows a second, %s", float64(few.Added)/few.Wall.Seconds(), memory(few)), "", 0)
		report("import, 1,000,000 rows", fmt.Sprintf("%.0f rows a second, %.0f CPU s, %s", float64(many.Added)/many.Wall.Seconds(), many.CPU.Seconds(), memory(many)), "", 0)
		b.ReportMetric(float64(many.Added)/many.Wall.Seconds(), "rows/s")
	}
}

func memory(i imported) string {
	return fmt.Sprintf("peak heap %d MB, RSS %d MB", i.PeakHeap>>20, i.PeakRSS>>20)
}

func rowsFile(b *testing.B, n int) string {
	path := filepath.Join(b.TempDir(), "people.csv")
	file, err := os.Create(path)
	must(b, err)
	w := bufio.NewWriter(file)
	fmt.Fprintln(w, "email,locale,name,last_notified_on")
	for i := range n {
		fmt.Fprintf(w, "person-%07d@example.com,de,\"Ada, Example %d\",2026-0%d-1%d\n", i, i, 1+i%9, i%10)
	}
	must(b, errors.Join(w.Flush(), file.Close()))
	return path
}

func importChild(b *testing.B, file, database string) (out imported) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), importFile+"="+file, importInto+"="+database)
	cmd.Stderr = os.Stderr
	answer, err := cmd.Output()
	must(b, err)
	must(b, json.Unmarshal(answer, &out))
	return out
}

func bareRead(b *testing.B, path string) {
	file, err := os.Open(path)
	must(b, err)
	defer file.Close()
	r := csv.NewReader(bufio.NewReader(file))
	r.ReuseRecord = true
	for {
		if _, err := r.Read(); err == io.EOF {
			return
		} else {
			must(b, err)
		}
	}
}

// nowhere takes rows and keeps none: what is left is reading and checking them.
type nowhere struct{ imports.Store }

func (nowhere) ImportRecipients(_ context.Context, rows []notice.Imported, _ int) ([]notice.Outcome, error) {
	return make([]notice.Outcome, len(rows)), nil
}
