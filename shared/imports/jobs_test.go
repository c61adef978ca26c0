package imports_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"policymail/shared/imports"
	"policymail/shared/notice"
	"policymail/shared/record"
)

// objects is a bucket of one file; nil once it is removed.
type objects struct {
	file []byte
	puts int
}

// put puts a file and returns its announcement.
func (o *objects) put(key, content string) imports.File {
	o.file = []byte(content)
	o.puts++
	return imports.File{Key: imports.Prefix + key + ".csv", ETag: o.etag(), Put: fmt.Sprintf("%016X", o.puts)}
}

func (o *objects) etag() string { return fmt.Sprintf("%x", md5.Sum(o.file)) }

func (o *objects) OpenMatching(_ context.Context, _, etag string, from, end int64) (io.ReadCloser, error) {
	switch {
	case o.file == nil:
		return nil, notice.NotFound("no object")
	case o.etag() != etag:
		return nil, notice.Conflict("another object")
	case end == 0:
		end = int64(len(o.file))
	}
	return io.NopCloser(bytes.NewReader(o.file[from:end])), nil
}

func (o *objects) RemoveMatching(_ context.Context, _, etag string) error {
	if o.etag() == etag {
		o.file = nil
	}
	return nil
}

// parts is a queue.
type parts []imports.Part

func (p *parts) Enqueue(_ context.Context, all []imports.Part, _ time.Duration) error {
	*p = append(*p, all...)
	return nil
}

// play imports a file by its parts, each twice and in an order of its own.
func play(t testing.TB, file []byte, size int64, order func([]imports.Part) []imports.Part) (imports.Status, []notice.Recipient, int) {
	ctx := context.Background()
	db, im := importer(t)
	var queue parts
	bucket := &objects{}
	jobs := imports.Jobs{Importer: im, Objects: bucket, Documents: db, Queue: &queue, PartSize: size}
	id, err := jobs.Expect(ctx, "crm", false)
	if err != nil {
		t.Fatal(err)
	}
	announced := bucket.put(id, string(file))
	for range 2 { // the announcement comes twice
		if err := jobs.Arrived(ctx, announced); err != nil {
			t.Fatal(err)
		}
	}
	for _, part := range order(queue) {
		if err := jobs.Import(ctx, part); err != nil {
			t.Fatal(err)
		}
	}
	for _, part := range queue { // a part comes twice, the last of them after the file is gone
		if err := jobs.Import(ctx, part); err != nil {
			t.Fatal(err)
		}
	}
	if err := jobs.Arrived(ctx, announced); err != nil {
		t.Fatal(err)
	}
	if bucket.file != nil {
		t.Fatal("the file is imported and still in the bucket")
	}
	status, err := jobs.Status(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	people, next, err := db.ListRecipients(ctx, "", 10000)
	if err != nil || next != "" {
		t.Fatal(err, next)
	}
	return status, people, len(queue)
}

// Wherever a file is cut, it is the same file: quoted line breaks, quotes that do
// not end and rows of all faults included.
func TestPartsEqualTheWhole(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var file strings.Builder
		if rapid.Bool().Draw(r, "bom") {
			file.WriteString("\ufeff")
		}
		file.WriteString("email,name\n")
		n := rapid.IntRange(0, 60).Draw(r, "rows")
		for i := range n {
			name := rapid.SampledFrom([]string{"Ada", `"Ada, ""the"" Example"`, "\"two\nlines\"", `a"b`, `"a"b`, `"open`, "\xff", "x,y", "", "  ", "\"\"", "\r"}).Draw(r, "name")
			end := rapid.SampledFrom([]string{"\n", "\r\n", "\n\n"}).Draw(r, "end")
			fmt.Fprintf(&file, "p%d@example.com,%s%s", i, name, end)
		}
		whole := []byte(file.String())
		same := func(p []imports.Part) []imports.Part { return p }
		want, people, _ := play(t, whole, 1<<40, same)
		got, again, count := play(t, whole, rapid.Int64Range(1, 200).Draw(r, "size"), func(p []imports.Part) []imports.Part {
			return rapid.Permutation(p).Draw(r, "order")
		})
		if got.State != imports.Done || n > 20 && count < 4 {
			r.Fatalf("%s, %d parts of %d bytes", got.State, count, len(whole))
		}
		if diff := cmp.Diff(want.Report, got.Report); diff != "" {
			r.Fatalf("report of the parts: %s\nfile %q", diff, whole)
		}
		if diff := cmp.Diff(people, again); diff != "" {
			r.Fatalf("people: %s", diff)
		}
	})
}

func TestOneOpenQuoteLosesOneRow(t *testing.T) {
	file := "email,name\n" + strings.Repeat("a@example.com,\"open\n", 1) + strings.Repeat("b@example.com,Bo\n", 10000) + "c@example.com,Cy\n"
	status, people, _ := play(t, []byte(file), 1000, slices.Clone)
	if status.Report.Refused != 1 || status.Report.Refusals[0].Line != 2 || len(people) != 2 {
		t.Errorf("%+v, %d people", status.Report, len(people))
	}
}

func TestFileThatCannotBeReadFails(t *testing.T) {
	status, people, _ := play(t, []byte("email;name\na@example.com;Ada\n"), 0, slices.Clone)
	if status.State != imports.Failed || !strings.Contains(status.Error, "commas, not semicolons") || len(people) > 0 {
		t.Errorf("%+v", status)
	}
}

// A row that says otherwise than the person counts as what it changed besides, and is
// reported with its line and field: by a dry run, by a file as a whole and by its parts.
func TestWhatAPersonCorrectedIsKeptAndReported(t *testing.T) {
	ctx := context.Background()
	db, im := importer(t)
	file := "email,locale,name\nada@example.com,en,Ada Wrong\nbob@example.com,en,Bob\n"
	if _, err := im.Import(ctx, strings.NewReader(file), "crm"); err != nil {
		t.Fatal(err)
	}
	before, _ := db.Recipient(ctx, "id-ada@example.com")
	ada := before
	ada.Name, ada.NameCorrectedAt = "Ada Right", now
	if err := db.ChangeRecipient(ctx, before, ada, notice.PreferenceEvent{ID: "e1", Recipient: ada.ID, At: now, Way: notice.ByRequest}); err != nil {
		t.Fatal(err)
	}
	const stays = "stays as the person corrected it; correct it where the file comes from"
	want := imports.Report{Read: 2, Unchanged: 2, Kept: 1, KeptFields: []imports.Remark{{Line: 2, Field: "name", Reason: stays}}}
	dry := im
	dry.DryRun = true
	for range 2 {
		for _, im := range []imports.Importer{dry, im} {
			want.DryRun = im.DryRun
			if got, err := im.Import(ctx, strings.NewReader(file), "crm"); err != nil || !cmp.Equal(got, want) {
				t.Errorf("%v, report %s", err, cmp.Diff(want, got))
			}
		}
	}
	var queue parts
	file = strings.ReplaceAll(file, ",en,", ",fr,")
	bucket := &objects{}
	jobs := imports.Jobs{Importer: im, Objects: bucket, Documents: db, Queue: &queue, PartSize: 1}
	if err := jobs.Arrived(ctx, bucket.put("later", file+"ada@example.com,,Ada Older\n")); err != nil || len(queue) != 3 {
		t.Fatal(err, len(queue))
	}
	for _, part := range queue {
		if err := jobs.Import(ctx, part); err != nil {
			t.Fatal(err)
		}
	}
	want = imports.Report{Read: 3, Updated: 2, Unchanged: 1, Kept: 2, KeptFields: []imports.Remark{{Line: 2, Field: "name", Reason: stays}, {Line: 4, Field: "name", Reason: stays}}}
	status, err := jobs.Status(ctx, "later")
	if err != nil || status.Report == nil || !cmp.Equal(*status.Report, want) {
		t.Errorf("%+v %v, report %s", status, err, cmp.Diff(&want, status.Report))
	}
	if r, _ := db.Recipient(ctx, ada.ID); r.Name != "Ada Right" || r.Locale != "fr" {
		t.Errorf("%+v", r)
	}
}

// Whatever of an announcement fails or dies half way: no part that was queued by then
// removes the file, and the announcement that comes again brings in every row.
func TestHalfAnAnnouncementLosesNoRow(t *testing.T) {
	const people = 20
	file := "email\n"
	for i := range people {
		file += fmt.Sprintf("p%02d@example.com\n", i)
	}
	for name, fault := range map[string]func(*imports.Jobs, *parts){
		"the record is not written": func(j *imports.Jobs, q *parts) { j.Documents = forgetful{j.Documents} },
		"no part is queued":         func(j *imports.Jobs, q *parts) { j.Queue = shortQueue{q, 0} },
		"some parts are queued":     func(j *imports.Jobs, q *parts) { j.Queue = shortQueue{q, 3} },
	} {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			db, im := importer(t)
			var queue parts
			bucket := &objects{}
			jobs := imports.Jobs{Importer: im, Objects: bucket, Documents: db, Queue: &queue, PartSize: 50}
			id, err := jobs.Expect(ctx, "crm", false)
			if err != nil {
				t.Fatal(err)
			}
			broken := jobs
			fault(&broken, &queue)
			announced := bucket.put(id, file)
			if err := broken.Arrived(ctx, announced); err == nil {
				t.Fatal("a step failed, the announcement did not")
			}
			importAll(t, jobs, &queue)
			if bucket.file == nil {
				t.Fatal("the file is removed and not imported")
			}
			if err := jobs.Arrived(ctx, announced); err != nil {
				t.Fatal(err)
			}
			importAll(t, jobs, &queue)
			status, err := jobs.Status(ctx, id)
			if err != nil || status.State != imports.Done || status.Report.Added != people || bucket.file != nil {
				t.Errorf("%+v %v, the file is there: %v", status, err, bucket.file != nil)
			}
		})
	}
}

// importAll empties a queue.
func importAll(t testing.TB, jobs imports.Jobs, queue *parts) {
	t.Helper()
	for _, part := range *queue {
		if err := jobs.Import(context.Background(), part); err != nil {
			t.Fatal(err)
		}
	}
	*queue = nil
}

// forgetful is a store that fails to write what becomes of a job.
type forgetful struct{ record.Store }

func (forgetful) SaveDocument(context.Context, string, string, any, int64) (int64, error) {
	return 0, errors.New("no answer")
}

// shortQueue takes some parts and refuses the others, as SQS may.
type shortQueue struct {
	*parts
	takes int
}

func (q shortQueue) Enqueue(ctx context.Context, all []imports.Part, over time.Duration) error {
	return errors.Join(q.parts.Enqueue(ctx, all[:q.takes], over), errors.New("a part was not queued"))
}

// A file that somebody takes away ends an import that waits for it, and is an error of
// one that has begun: neither is taken for done.
func TestFileThatIsGoneIsNotImported(t *testing.T) {
	ctx := context.Background()
	db, im := importer(t)
	var queue parts
	bucket := &objects{}
	jobs := imports.Jobs{Importer: im, Objects: bucket, Documents: db, Queue: &queue, PartSize: 1}
	id, err := jobs.Expect(ctx, "crm", false)
	if err != nil {
		t.Fatal(err)
	}
	announced := bucket.put(id, "email\n")
	bucket.file = nil
	for range 2 {
		if err := jobs.Arrived(ctx, announced); err != nil {
			t.Fatal(err)
		}
		if status, err := jobs.Status(ctx, id); err != nil || status.State != imports.Failed || !strings.Contains(status.Error, "import it again") {
			t.Errorf("%+v %v", status, err)
		}
	}
	announced = bucket.put("mine", "email\na@example.com\nb@example.com\n")
	if err := jobs.Arrived(ctx, announced); err != nil || len(queue) != 2 {
		t.Fatal(err, len(queue))
	}
	bucket.file = nil
	for range 2 {
		for _, err := range []error{jobs.Import(ctx, queue[1]), jobs.Arrived(ctx, announced)} {
			if err == nil || !strings.Contains(err.Error(), "the file is gone; import it again") {
				t.Errorf("parts are open, the file is gone, and the error is %v", err)
			}
		}
	}
	if err := jobs.Arrived(ctx, imports.File{Key: imports.Prefix + "nobodys.csv", ETag: "e1"}); err != nil {
		t.Errorf("a file nobody waits for: %v", err)
	}
}

// Every put of a file is imported, of a content that was there before too, and the last
// one has the last word; its announcement that comes again changes nothing.
func TestLastPutHasTheLastWord(t *testing.T) {
	ctx := context.Background()
	db, im := importer(t)
	bucket := &objects{}
	for i, locale := range []string{"en", "de", "en"} {
		var queue parts
		jobs := imports.Jobs{Importer: im, Objects: bucket, Documents: db, Queue: &queue}
		announced := bucket.put("people", "email,locale\nada@example.com,"+locale+"\n")
		for range 2 {
			if err := jobs.Arrived(ctx, announced); err != nil {
				t.Fatal(err)
			}
			importAll(t, jobs, &queue)
		}
		want := imports.Report{Read: 1, Added: 1}
		if i > 0 {
			want = imports.Report{Read: 1, Updated: 1}
		}
		ada, err := db.Recipient(ctx, "id-ada@example.com")
		status, fault := jobs.Status(ctx, "people")
		if err != nil || fault != nil || ada.Locale != locale || status.State != imports.Done || !cmp.Equal(*status.Report, want) || bucket.file != nil {
			t.Errorf("put %d: language %q, %+v %v %v", i, ada.Locale, status, err, fault)
		}
	}
}

// While a file is imported it is put again, rows longer and shorter than before: no row
// is cut out of two contents, and whichever announcement and part comes when, the last
// put is what is imported, whole.
func TestFilePutAgainWhileItIsImported(t *testing.T) {
	content := func(names ...string) (file string) {
		file = "email,name\n"
		for i := range 12 {
			file += fmt.Sprintf("p%02d@example.com,%s\n", i, names[i%len(names)])
		}
		return file
	}
	rapid.Check(t, func(r *rapid.T) {
		ctx := context.Background()
		db, im := importer(t)
		var queue parts
		bucket := &objects{}
		jobs := imports.Jobs{Importer: im, Objects: bucket, Documents: db, Queue: &queue, PartSize: 60}
		var announced []imports.File
		last := ""
		puts := rapid.SliceOfN(rapid.SampledFrom([]string{content("Ada"), content("A", "Ada Example"), content("Ada Example", "A")}), 1, 4).Draw(r, "puts")
		for step := 0; len(puts)+len(announced)+len(queue) > 0; step++ {
			switch pick := rapid.IntRange(0, 2).Draw(r, "step"); {
			case pick == 0 && len(puts) > 0:
				last, puts = puts[0], puts[1:]
				announced = append(announced, bucket.put("people", last))
			case pick == 1 && len(announced) > 0:
				i := rapid.IntRange(0, len(announced)-1).Draw(r, "announcement")
				if err := jobs.Arrived(ctx, announced[i]); err != nil {
					r.Fatal(err)
				}
				announced = slices.Delete(announced, i, i+1)
			case pick == 2 && len(queue) > 0:
				i := rapid.IntRange(0, len(queue)-1).Draw(r, "part")
				if err := jobs.Import(ctx, queue[i]); err != nil {
					r.Fatal(err)
				}
				queue = slices.Delete(queue, i, i+1)
			}
		}
		status, err := jobs.Status(ctx, "people")
		if err != nil || status.State != imports.Done || status.Report.Read != 12 || bucket.file != nil {
			r.Fatalf("%+v %v, the file is there: %v", status, err, bucket.file != nil)
		}
		people, _, err := db.ListRecipients(ctx, "", 1000)
		if err != nil || len(people) != 12 {
			r.Fatal(len(people), err)
		}
		for _, p := range people {
			if !strings.Contains(last, "\n"+p.Address+","+p.Name+"\n") {
				r.Errorf("%s %q stands in no row of the last file", p.Address, p.Name)
			}
		}
	})
}

// The same content is put again, and the parts of the first put end, and remove it, while
// the second announcement reads it: there is nothing left to do, and nothing to miss.
func TestSameContentPutAgainIsOneImport(t *testing.T) {
	ctx := context.Background()
	db, im := importer(t)
	var queue parts
	bucket := &objects{}
	jobs := imports.Jobs{Importer: im, Objects: bucket, Documents: db, Queue: &queue, PartSize: 1}
	const content = "email\na@example.com\nb@example.com\n"
	if err := jobs.Arrived(ctx, bucket.put("people", content)); err != nil {
		t.Fatal(err)
	}
	announced := bucket.put("people", content)
	first := queue
	queue = nil
	jobs.Objects = busy{bucket, func() { importAll(t, imports.Jobs{Importer: im, Objects: bucket, Documents: db}, &first) }}
	if err := jobs.Arrived(ctx, announced); err != nil || bucket.file != nil {
		t.Fatal(err, bucket.file)
	}
	importAll(t, jobs, &queue)
	if status, err := jobs.Status(ctx, "people"); err != nil || status.State != imports.Done || status.Report.Added != 2 {
		t.Errorf("%+v %v", status, err)
	}
}

// busy is a bucket in which something happens while an object is read.
type busy struct {
	*objects
	meanwhile func()
}

func (b busy) OpenMatching(ctx context.Context, key, etag string, from, end int64) (io.ReadCloser, error) {
	file, err := b.objects.OpenMatching(ctx, key, etag, from, end)
	b.meanwhile()
	return file, err
}

func TestFailedPartIsDoneWhenItComesAgain(t *testing.T) {
	ctx := context.Background()
	db, im := importer(t)
	im.Store = broken{db, new(bool)}
	var queue parts
	bucket := &objects{}
	jobs := imports.Jobs{Importer: im, Objects: bucket, Documents: db, Queue: &queue}
	if err := jobs.Arrived(ctx, bucket.put("mine", "email\na@example.com\n")); err != nil {
		t.Fatal(err)
	}
	if err := jobs.Import(ctx, queue[0]); err == nil {
		t.Fatal("the store failed, the part did not")
	}
	if status, _ := jobs.Status(ctx, "mine"); status.State != imports.Importing || status.Left != 1 {
		t.Errorf("%+v", status)
	}
	if err := jobs.Import(ctx, queue[0]); err != nil {
		t.Fatal(err)
	}
	if status, _ := jobs.Status(ctx, "mine"); status.State != imports.Done || status.Report.Added != 1 {
		t.Errorf("%+v", status)
	}
}

// broken is a store whose first write fails.
type broken struct {
	imports.Store
	failed *bool
}

func (b broken) ImportRecipients(ctx context.Context, rows []notice.Imported, lead int) ([]notice.Outcome, error) {
	if !*b.failed {
		*b.failed = true
		return nil, errors.New("no answer")
	}
	return b.Store.ImportRecipients(ctx, rows, lead)
}
