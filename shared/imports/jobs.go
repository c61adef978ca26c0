package imports

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"policymail/shared/notice"
	"policymail/shared/record"
)

// Prefix is the folder of the bucket whose files are imported.
const Prefix = "imports/"

// defaultPartSize is well within what a function can import in its time.
const defaultPartSize = 4 << 20

// File is one put of a file into the bucket.
type File struct {
	Key  string `json:"key"`
	ETag string `json:"etag"` // of the content
	Put  string `json:"put"`  // tells it from other puts under the key, of the same content too
}

// Objects reads the bucket, and removes from it what is imported. Both are about an
// object as long as its content has the ETag: bytes and places of one content are
// nothing in another.
type Objects interface {
	// OpenMatching streams the bytes of an object from a first to before an end; an end
	// of 0 is the object's. The caller closes it. notice.ErrNotFound says that there is
	// no object, notice.ErrConflict that it has another ETag.
	OpenMatching(ctx context.Context, key, etag string, from, end int64) (io.ReadCloser, error)
	// RemoveMatching deletes an object; if there is none, or one with another ETag, it
	// does nothing and returns nil.
	RemoveMatching(ctx context.Context, key, etag string) error
}

// Queue takes parts to be imported.
type Queue interface {
	Enqueue(ctx context.Context, parts []Part, over time.Duration) error
}

// Part is a piece of a file, cut between two rows.
type Part struct {
	File
	Number  int    `json:"number"` // from 0
	From    int64  `json:"from"`   // byte of the first row
	End     int64  `json:"end"`    // byte after the last row; 0 is the file's end
	Line    int    `json:"line"`   // of the first row
	Columns layout `json:"columns"`
}

// State of an import.
type State string

const (
	Waiting   State = "waiting"   // for its file
	Importing State = "importing" // some parts are not done
	Done      State = "done"
	Failed    State = "failed" // the file cannot be read; nothing went in
)

// Status is the record of one import.
type Status struct {
	ID       string    `json:"id"`
	State    State     `json:"state"`
	Source   string    `json:"source,omitempty"`
	DryRun   bool      `json:"dry_run,omitempty"`
	Error    string    `json:"error,omitempty"`
	Bytes    int64     `json:"bytes,omitempty"` // of the file
	Parts    int       `json:"parts,omitempty"`
	Left     int       `json:"parts_left,omitempty"`
	Report   *Report   `json:"report,omitempty"` // of the parts that are done
	OpenedAt time.Time `json:"opened_at"`
	ETag     string    `json:"etag,omitempty"`
	Put      string    `json:"put,omitempty"` // File.Put
}

// Jobs imports files of the bucket, in parts, so that a file of any size is done by
// calls that each take minutes. Every step may be repeated, come twice or die.
type Jobs struct {
	Importer
	Objects   Objects
	Documents record.Store
	Queue     Queue
	PartSize  int64 // bytes one call imports, about; 4 MiB if 0
}

// statuses are kept by import.
func (j Jobs) statuses() record.Of[Status] {
	return record.Of[Status]{Store: j.Documents, Kind: record.Import}
}

// reports are of the parts that are done, by partID.
func (j Jobs) reports() record.Of[Report] {
	return record.Of[Report]{Store: j.Documents, Kind: record.ImportPart}
}

// Expect opens a job whose file is still to come and returns its id; the file goes
// to Prefix + id + ".csv".
func (j Jobs) Expect(ctx context.Context, source string, dryRun bool) (id string, err error) {
	id = j.Now().UTC().Format("20060102T150405Z") + "-" + strings.ToLower(rand.Text()[:8])
	_, err = j.statuses().Save(ctx, id, Status{ID: id, State: Waiting, Source: source, DryRun: dryRun, OpenedAt: j.Now()}, 0)
	return id, err
}

func jobID(key string) string { return strings.TrimSuffix(strings.TrimPrefix(key, Prefix), ".csv") }

// job reads the record of a file's import; rev is 0 and the state empty where there is
// none yet.
func (j Jobs) job(ctx context.Context, key string) (status Status, rev int64, err error) {
	status, rev, err = j.statuses().Load(ctx, jobID(key))
	if rev == 0 {
		status = Status{ID: jobID(key), OpenedAt: j.Now()}
	}
	return status, rev, err
}

// Arrived cuts a file that came into the bucket into parts and queues them. A file
// nobody announced is imported too. Every put is an import of its own, which takes the
// place of the one before under its name, done or not: A, then B, then A again ends
// with A. The announcement of a put that was imported before does nothing.
//
// How many parts there are is written down before the first is queued: the file is
// removed when so many are done. An error, or a death at any step, needs the
// announcement again, which queues all of them again; a part that comes twice is done
// once.
func (j Jobs) Arrived(ctx context.Context, f File) error {
	if !strings.HasPrefix(f.Key, Prefix) {
		return nil
	}
	status, rev, err := j.job(ctx, f.Key)
	if err != nil {
		return err
	}
	over, err := j.over(ctx, status)
	switch {
	case err != nil:
		return err
	case over && status.Put == f.Put:
		return j.Objects.RemoveMatching(ctx, f.Key, f.ETag)
	case !over && status.ETag == f.ETag:
		// This very content is being imported, and its last part removes it: a second
		// import of it could find it gone.
		f.Put = status.Put
	}
	status, parts, err := j.read(ctx, f, status)
	switch {
	case errors.Is(err, notice.ErrConflict):
		return nil // replaced; what is there now has an announcement of its own
	case errors.Is(err, notice.ErrNotFound):
		return j.gone(ctx, status)
	case err != nil:
		return err
	}
	if _, err = j.statuses().Save(ctx, status.ID, status, rev); errors.Is(err, notice.ErrConflict) {
		return j.Arrived(ctx, f) // another announcement came in between: look at what it made of the job
	} else if err != nil {
		return err
	}
	if status.State == Failed {
		return j.tidy(ctx, f.Key)
	}
	return j.Queue.Enqueue(ctx, parts, 0)
}

// read returns what the arrival of a file makes of its job, and the parts of the file. A
// file that cannot be imported, or that is gone although the job waits for it, makes it
// fail; after an error the job is as it was.
func (j Jobs) read(ctx context.Context, f File, status Status) (Status, []Part, error) {
	parts, size, err := j.cut(ctx, f)
	if errors.Is(err, notice.ErrNotFound) && status.State == Waiting {
		err = notice.Invalid("the file was removed from the bucket before it was read").Hint("import it again")
	}
	switch {
	case err == nil:
		status.State, status.Error = Importing, ""
	case errors.Is(err, notice.ErrInvalid):
		status.State, status.Error = Failed, err.Error()
	default:
		return status, nil, err
	}
	status.ETag, status.Put, status.Bytes, status.Parts = f.ETag, f.Put, size, len(parts)
	return status, parts, nil
}

// gone judges a file that was announced and is not in the bucket: nothing is lost if
// its import is over, or if nobody waits for it.
func (j Jobs) gone(ctx context.Context, status Status) error {
	if over, err := j.over(ctx, status); err != nil || over || status.State == "" {
		return err
	}
	return fmt.Errorf("import %s is not done and the file is gone; import it again", status.ID)
}

// over tells whether nothing of an import is left to do: its file was refused as a
// whole, or the number of its parts is known and each has its report.
func (j Jobs) over(ctx context.Context, status Status) (bool, error) {
	if status.State != Importing || status.Parts == 0 {
		return status.State == Failed, nil
	}
	// From the last part backwards: while parts are missing, that one mostly is.
	for n := status.Parts - 1; n >= 0; n-- {
		if _, done, err := j.reports().Load(ctx, partID(status.ID, status.Put, n)); err != nil || done == 0 {
			return false, err
		}
	}
	return true, nil
}

// tidy removes a file once its import is over: a file of addresses left behind would
// outlive the erasure of the people in it (invariant 7). Before that it never does:
// rows that are not imported are nowhere else.
func (j Jobs) tidy(ctx context.Context, key string) error {
	status, _, err := j.job(ctx, key)
	if err != nil {
		return err
	}
	if over, err := j.over(ctx, status); err != nil || !over {
		return err
	}
	return j.Objects.RemoveMatching(ctx, key, status.ETag)
}

// cut reads a file once and finds where its parts begin.
func (j Jobs) cut(ctx context.Context, f File) (parts []Part, size int64, err error) {
	file, err := j.Objects.OpenMatching(ctx, f.Key, f.ETag, 0, 0)
	if err != nil {
		return nil, 0, err
	}
	defer file.Close()
	in, err := openRows(file)
	if err != nil {
		return nil, 0, err
	}
	columns, err := header(in)
	if err != nil {
		return nil, 0, err
	}
	if !in.seekable {
		// The bytes of UTF-16 are not those counted here: one part reads it whole.
		return []Part{{File: f, Line: 1}}, 0, nil
	}
	parts = []Part{{File: f, From: in.offset, Line: in.line, Columns: columns}}
	for {
		raw, err := in.next()
		if errors.Is(err, io.EOF) {
			return parts, in.offset, nil
		} else if err != nil {
			return nil, 0, err
		}
		if last := &parts[len(parts)-1]; raw.offset-last.From >= cmp.Or(j.PartSize, defaultPartSize) {
			last.End = raw.offset
			parts = append(parts, Part{File: f, Number: len(parts), From: raw.offset, Line: raw.line, Columns: columns})
		}
	}
}

// Import imports one part, unless that was done before, or its file was put again: then
// the parts of the later put bring in what counts. The part comes again after an error;
// that the file is gone is one, for nothing else has the part's rows.
func (j Jobs) Import(ctx context.Context, p Part) error {
	status, _, err := j.job(ctx, p.Key)
	if err != nil {
		return err
	}
	if status.Put != p.Put {
		return nil
	}
	id := partID(status.ID, p.Put, p.Number)
	if _, done, err := j.reports().Load(ctx, id); err != nil {
		return err
	} else if done > 0 {
		return j.tidy(ctx, p.Key) // before
	}
	file, err := j.Objects.OpenMatching(ctx, p.Key, p.ETag, p.From, p.End)
	switch {
	case errors.Is(err, notice.ErrConflict):
		return nil // put again; that put's announcement is still to come
	case errors.Is(err, notice.ErrNotFound):
		return fmt.Errorf("part %d of import %s is not done and the file is gone; import it again", p.Number, status.ID)
	case err != nil:
		return err
	}
	defer file.Close()
	report, err := j.rowsOf(ctx, p, file, status)
	if err != nil {
		return err
	}
	if _, err = j.reports().Save(ctx, id, report, 0); err != nil && !errors.Is(err, notice.ErrConflict) {
		return err
	}
	return j.tidy(ctx, p.Key)
}

// rowsOf imports the rows of a part as its job says.
func (j Jobs) rowsOf(ctx context.Context, p Part, file io.Reader, status Status) (Report, error) {
	im := j.Importer
	im.DryRun = status.DryRun
	if p.From == 0 {
		return im.Import(ctx, file, status.Source)
	}
	return im.rows(ctx, newRows(file, p.From, p.Line), p.Columns, status.Source, cmp.Or(p.End, math.MaxInt64))
}

func partID(job, put string, number int) string { return fmt.Sprintf("%s/%s/%05d", job, put, number) }

// Status reads how far an import is; the report holds what is done by now.
func (j Jobs) Status(ctx context.Context, id string) (Status, error) {
	status, rev, err := j.statuses().Load(ctx, id)
	if err != nil {
		return status, err
	}
	if rev == 0 {
		return status, notice.NotFound("no import %s", id).Hint("its id is what import-start answered, or the name of its file without .csv")
	}
	if status.State != Importing {
		return status, nil
	}
	status.Report = &Report{DryRun: status.DryRun}
	for n := range status.Parts {
		part, done, err := j.reports().Load(ctx, partID(id, status.Put, n))
		switch {
		case err != nil:
			return status, err
		case done == 0:
			status.Left++
		default:
			status.Report.add(part)
		}
	}
	if status.Left == 0 {
		status.State = Done
	}
	return status, nil
}

// add joins the report of the next part.
func (r *Report) add(p Report) {
	r.Read, r.Added, r.Updated, r.Unchanged, r.Refused, r.Erased, r.Kept = r.Read+p.Read, r.Added+p.Added, r.Updated+p.Updated, r.Unchanged+p.Unchanged, r.Refused+p.Refused, r.Erased+p.Erased, r.Kept+p.Kept
	r.IgnoredColumns = p.IgnoredColumns
	r.Refusals, r.KeptFields = join(r.Refusals, p.Refusals), join(r.KeptFields, p.KeptFields)
}
