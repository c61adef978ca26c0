package imports

import (
	"bytes"
	"errors"
	"io"

	textunicode "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// maxRow is how long a row may be, in bytes. It also bounds what an opening quote
// without its end can swallow.
const maxRow = 64 << 10

// rows cuts CSV (RFC 4180) into its rows without reading their fields, so that the
// place where each begins is known and a file can be cut there. A row that never
// ends (a quote that is not closed) is one line, and the next line is the next row:
// one bad row does not take the good ones along.
type rows struct {
	in         io.Reader
	buf        []byte
	start, end int   // of the bytes read and not yet returned
	offset     int64 // of start in the file
	line       int   // of start, from 1
	eof        bool
	seekable   bool // offsets are those of the file itself
}

// row is one of them. Its text is valid until the next is read.
type row struct {
	text    []byte
	line    int
	offset  int64
	endless bool
}

// newRows reads a part of a file that begins at an offset and a line.
func newRows(in io.Reader, offset int64, line int) *rows {
	return &rows{in: in, buf: make([]byte, 4*maxRow), offset: offset, line: line, seekable: true}
}

// openRows reads a file from its beginning: UTF-8 with or without a byte order
// mark, or UTF-16 with one.
func openRows(file io.Reader) (*rows, error) {
	r := newRows(file, 0, 1)
	for r.end < 3 && !r.eof {
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
	head := r.buf[:r.end]
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		r.take(3)
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		whole := io.MultiReader(bytes.NewReader(bytes.Clone(head)), file)
		r = newRows(transform.NewReader(whole, textunicode.UTF16(textunicode.LittleEndian, textunicode.ExpectBOM).NewDecoder()), 0, 1)
		r.seekable = false
	}
	return r, nil
}

// fill reads more; what is left is moved to the front first.
func (r *rows) fill() error {
	if r.start > 0 {
		r.end, r.start = copy(r.buf, r.buf[r.start:r.end]), 0
	}
	n, err := r.in.Read(r.buf[r.end:])
	r.end += n
	if errors.Is(err, io.EOF) {
		r.eof, err = true, nil
	}
	return err
}

func (r *rows) take(n int) {
	r.start, r.offset = r.start+n, r.offset+int64(n)
}

// next returns the next row that is not empty; io.EOF after the last.
func (r *rows) next() (row, error) {
	for {
		n, ended := rowEnd(r.buf[r.start:r.end], r.eof)
		if !ended && !r.eof && r.end-r.start < maxRow {
			if err := r.fill(); err != nil {
				return row{}, err
			}
			continue
		}
		if r.start == r.end {
			return row{}, io.EOF
		}
		this := row{line: r.line, offset: r.offset, endless: !ended || n > maxRow}
		if this.endless {
			if n = bytes.IndexByte(r.buf[r.start:r.end], '\n') + 1; n == 0 {
				return this, r.skipLine()
			}
		}
		this.text = r.buf[r.start : r.start+n]
		r.line += bytes.Count(this.text, []byte("\n"))
		r.take(n)
		if this.text = bytes.TrimRight(this.text, "\r\n"); len(this.text) > 0 {
			return this, nil
		}
	}
}

// skipLine drops a line that is longer than a row may be.
func (r *rows) skipLine() error {
	for {
		if n := bytes.IndexByte(r.buf[r.start:r.end], '\n') + 1; n > 0 {
			r.take(n)
			r.line++
			return nil
		}
		r.take(r.end - r.start)
		if r.eof {
			return nil
		}
		if err := r.fill(); err != nil {
			return err
		}
	}
}

// rowEnd is where the first row of the text ends, its line break included. ended is
// false if the text holds no whole row. A quote after which neither a comma nor the
// line's end comes is a fault of the row, which then ends with the line: so
// encoding/csv sees it too.
func rowEnd(text []byte, last bool) (n int, ended bool) {
	quoted, fieldStart := false, true
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '"':
			switch rest := text[i+1:]; {
			case len(rest) == 0:
				return len(text), last
			case rest[0] == '"':
				i++
			default:
				quoted = false
			}
		case quoted:
		case c == '\n':
			return i + 1, true
		case c == '"' && fieldStart:
			quoted, fieldStart = true, false
		default:
			fieldStart = c == ','
		}
	}
	return len(text), last && !quoted
}
