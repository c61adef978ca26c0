package local

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/mail"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	_ "github.com/emersion/go-message/charset" // decodes whatever a message declares
	gomail "github.com/emersion/go-message/mail"

	"policymail/shared/delivery"
)

// inbox keeps every message that left, oldest first, in a file: one line of JSON a
// message, so that a run to a hundred thousand people fits, and a restart finds it.
type inbox struct {
	mu       sync.Mutex
	file     *os.File
	end      int64 // of the file
	messages []received
	byID     map[string]int
}

// received is one message as GET /_local/messages lists it.
type received struct {
	ID      string    `json:"id"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Date    time.Time `json:"date"`
	from    int64     // of its line in the file
	length  int
}

// kept is a line of the file.
type kept struct {
	received
	Raw []byte `json:"raw"`
}

// openInbox opens the file, or makes it. A last line that was cut short by a crash
// goes: its message was not accepted.
func openInbox(path string) (*inbox, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	b := &inbox{file: file, byID: map[string]int{}}
	if err := b.read(); err != nil {
		return nil, errors.Join(fmt.Errorf("read %s: %w", path, err), file.Close())
	}
	return b, nil
}

// read finds the messages of the file.
func (b *inbox) read() error {
	for in := bufio.NewReaderSize(b.file, 1<<20); ; {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return b.file.Truncate(b.end)
		} else if err != nil {
			return err
		}
		var k kept
		if err := json.Unmarshal(line, &k); err != nil {
			return fmt.Errorf("at byte %d: %w", b.end, err)
		}
		b.index(k.received, len(line))
	}
}

func (b *inbox) index(m received, length int) {
	m.from, m.length = b.end, length
	b.end += int64(length)
	b.byID[m.ID] = len(b.messages)
	b.messages = append(b.messages, m)
}

func (b *inbox) add(id string, e delivery.Envelope, at time.Time) error {
	m := received{ID: id, To: e.To, Date: at}
	if parsed, err := mail.ReadMessage(bytes.NewReader(e.Raw)); err == nil {
		h := gomail.HeaderFromMap(parsed.Header)
		m.Subject, _ = h.Subject()
	}
	line, err := json.Marshal(kept{m, e.Raw})
	if err != nil {
		return err
	}
	line = append(line, '\n')
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, err := b.file.WriteAt(line, b.end); err != nil {
		return err
	}
	b.index(m, len(line))
	return nil
}

func (b *inbox) list() []received {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.messages)
}

// get reads a message; ok is false if there is none of this id.
func (b *inbox) get(id string) (m kept, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i, ok := b.byID[id]
	if !ok {
		return m, false
	}
	line := make([]byte, b.messages[i].length)
	if _, err := b.file.ReadAt(line, b.messages[i].from); err != nil {
		return m, false
	}
	return m, json.Unmarshal(line, &m) == nil
}

func (b *inbox) clear() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.messages, b.byID, b.end = nil, map[string]int{}, 0
	return b.file.Truncate(0)
}

// routes serves the inbox to tests (JSON) and people (pages).
func (b *inbox) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /_local/messages", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusOK, append([]received{}, b.list()...))
	})
	mux.HandleFunc("DELETE /_local/messages", func(w http.ResponseWriter, r *http.Request) {
		if err := b.clear(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /_local/messages/{id}", b.with(func(w http.ResponseWriter, m kept) {
		w.Header().Set("Content-Type", "message/rfc822")
		w.Write(m.Raw)
	}))
	mux.HandleFunc("GET /_local/inbox", func(w http.ResponseWriter, r *http.Request) {
		all := b.list()
		slices.Reverse(all)
		show(w, "list", map[string]any{"Total": len(all), "Messages": all[:min(len(all), 500)]})
	})
	mux.HandleFunc("GET /_local/inbox/{id}", b.with(func(w http.ResponseWriter, m kept) {
		parsed := readParts(m.Raw)
		show(w, "message", map[string]any{"Message": m, "Header": parsed.header, "Text": parsed.text})
	}))
	mux.HandleFunc("GET /_local/inbox/{id}/html", b.with(func(w http.ResponseWriter, m kept) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:")
		io.WriteString(w, readParts(m.Raw).html)
	}))
	mux.HandleFunc("GET /_local/inbox/{id}/source", b.with(func(w http.ResponseWriter, m kept) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Write(m.Raw)
	}))
}

func (b *inbox) with(serve func(http.ResponseWriter, kept)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		m, ok := b.get(r.PathValue("id"))
		if !ok {
			http.Error(w, "no such message", http.StatusNotFound)
			return
		}
		serve(w, m)
	}
}

type parts struct{ header, text, html string }

// readParts takes a message apart.
func readParts(raw []byte) (p parts) {
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	p.header = string(head)
	m, err := gomail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		p.text = "This message cannot be read: " + err.Error()
		return p
	}
	for {
		part, err := m.NextPart()
		if err != nil {
			return p
		}
		body, _ := io.ReadAll(part.Body)
		h, ok := part.Header.(*gomail.InlineHeader)
		if !ok {
			continue
		}
		switch kind, _, _ := h.ContentType(); cmp.Or(kind, "text/plain") {
		case "text/html":
			p.html = string(body)
		default:
			p.text = string(body)
		}
	}
}

func show(w http.ResponseWriter, name string, data any) {
	var page bytes.Buffer
	if err := inboxPages.ExecuteTemplate(&page, name, data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	page.WriteTo(w)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

var inboxPages = template.Must(template.New("").Funcs(template.FuncMap{
	"clock": func(t time.Time) string { return t.Format("2006-01-02 15:04:05") },
	"lines": strings.TrimSpace,
}).Parse(`
{{define "head"}}<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Inbox</title><style>
:root{color-scheme:light dark} body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%} td,th{text-align:start;padding:.4rem .6rem;border-bottom:1px solid #8886}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#8881;padding:1rem} iframe{width:100%;height:44rem;border:1px solid #8886;background:#fff}
</style></head><body>{{end}}
{{define "list"}}{{template "head"}}<h1>Inbox</h1>
<p>{{.Total}} messages left this stack{{if gt .Total 500}}; the newest 500 are shown{{end}}. <a href="/_local/gallery">Gallery</a></p>
<table><thead><tr><th>To</th><th>Subject</th><th>Date</th></tr></thead><tbody>
{{range .Messages}}<tr><td>{{.To}}</td><td><a href="/_local/inbox/{{.ID}}"><bdi>{{.Subject}}</bdi></a></td><td>{{clock .Date}}</td></tr>
{{else}}<tr><td colspan="3">Nothing was sent yet.</td></tr>{{end}}</tbody></table></body></html>{{end}}
{{define "message"}}{{template "head"}}<p><a href="/_local/inbox">Inbox</a></p><h1><bdi>{{.Message.Subject}}</bdi></h1>
<p>To {{.Message.To}}, {{clock .Message.Date}}. <a href="/_local/inbox/{{.Message.ID}}/source">Source</a> · <a href="/_local/inbox/{{.Message.ID}}/html">HTML alone</a></p>
<h2>HTML</h2><iframe src="/_local/inbox/{{.Message.ID}}/html" title="HTML view" sandbox="allow-popups allow-top-navigation-by-user-activation"></iframe>
<h2>Text</h2><pre dir="auto">{{.Text}}</pre><h2>Headers</h2><pre>{{.Header}}</pre></body></html>{{end}}
`))
