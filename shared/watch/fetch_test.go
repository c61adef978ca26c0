package watch_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"

	"policymail/shared/watch"
)

// A page is read in the encoding it is in: the one that is declared, unless it is UTF-8
// for all that.
func TestEncodingOfThePage(t *testing.T) {
	const german = "<p>Wir löschen Ihre Daten nach 30 Tagen, außer für „Bestellungen“.</p>"
	const kept = "<p>お客様の氏名と住所を保管します。</p>"
	late := strings.Repeat("<!-- a long head -->", 100)
	for name, page := range map[string]struct {
		text, kind string
		in         encoding.Encoding
	}{
		"header":                    {german, "text/html; charset=windows-1252", charmap.Windows1252},
		"header, quoted":            {german, `text/html; charset="ISO-8859-1"`, charmap.Windows1252}, // what browsers take it for
		"meta":                      {`<meta charset="iso-8859-15">` + "<p>Es kostet 5 € für Sie.</p>", "text/html", charmap.ISO8859_15},
		"http-equiv":                {`<meta http-equiv="Content-Type" content="text/html; charset=windows-1252">` + german, "text/html", charmap.Windows1252},
		"nothing declared":          {late + german, "text/html", charmap.Windows1252},
		"UTF-8":                     {german, "text/html; charset=utf-8", encoding.Nop},
		"UTF-8, not declared":       {late + german, "text/html", encoding.Nop},
		"UTF-8, said to be another": {german, "text/html; charset=iso-8859-1", encoding.Nop},
		"UTF-16":                    {german, "text/html", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)},
		"plain text":                {"Wir löschen Ihre Daten.", "text/plain; charset=windows-1252", charmap.Windows1252},
		"Shift_JIS":                 {kept, "text/html; charset=shift_jis", japanese.ShiftJIS},
		"ISO-2022-JP":               {`<meta charset="iso-2022-jp">` + kept, "text/html", japanese.ISO2022JP},
	} {
		encoded, err := page.in.NewEncoder().String(page.text)
		if err != nil {
			t.Fatal(name, err)
		}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", page.kind)
			w.Write([]byte(encoded))
		}))
		got, err := watch.Fetcher{Private: true}.Fetch(ctx, server.URL, "", "")
		if err != nil || string(bytes.TrimPrefix(got.Body, []byte("\ufeff"))) != page.text {
			t.Errorf("%s: %q %v, want %q", name, got.Body, err, page.text)
		}
		server.Close()
	}
	// One byte that is wrong makes no other encoding of it.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte(late + german + "\xff"))
	}))
	defer server.Close()
	if got, err := (watch.Fetcher{Private: true}).Fetch(ctx, server.URL, "", ""); err != nil || !strings.Contains(string(got.Body), "löschen") {
		t.Errorf("%q %v", got.Body, err)
	}
}
