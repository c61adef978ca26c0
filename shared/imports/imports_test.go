package imports_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"policymail/shared/imports"
	"policymail/shared/notice"
	"policymail/shared/store/bolt"
)

var now = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

func importer(t testing.TB) (*bolt.Store, imports.Importer) {
	db, err := bolt.Open(filepath.Join(t.TempDir(), "db"), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db, imports.Importer{Store: db, LeadDays: 14, Now: func() time.Time { return now },
		ID: func(a string) notice.RecipientID { return notice.RecipientID("id-" + a) }}
}

const file = "email,locale,name,last_notified_on,shoe size\r\n" +
	"ada@EXAMPLE.com,en,\"Ada \"\"the\"\" Example\",2026-01-31,38\r\n" +
	"zoe@example.com,fr-CA,\"Zo\u00eb\",,\r\n" +
	"nobody,en,,,\r\n" +
	"max@example.com,en,\"a\nb\",,\r\n" +
	"eva@example.com,english!,,,\r\n" +
	"ida@example.com,en,,2027-01-01,\r\n" +
	"short@example.com\r\n" +
	"ada@example.com,en,,,\r\n"

func TestImport(t *testing.T) {
	ctx := context.Background()
	db, im := importer(t)
	r, err := im.Import(ctx, strings.NewReader("\ufeff"+file), "crm")
	if err != nil {
		t.Fatal(err)
	}
	if r.Read != 8 || r.Added != 2 || r.Unchanged != 1 || r.Refused != 5 || strings.Join(r.IgnoredColumns, "") != "shoe size" {
		t.Errorf("report %+v", r)
	}
	want := map[string]string{"email": "not an address", "name": "line break", "locale": "language tag", "last_notified_on": "future", "row": "fields"}
	for _, refusal := range r.Refusals {
		if !strings.Contains(refusal.Reason, want[refusal.Field]) || refusal.Line == 0 {
			t.Errorf("refusal %+v", refusal)
		}
	}
	ada, err := db.Recipient(ctx, "id-ada@example.com")
	if err != nil || ada.Due != "2027-01-17" || ada.Source != "crm" || ada.Name != `Ada "the" Example` {
		t.Errorf("ada %+v %v", ada, err)
	}
	if again, err := im.Import(ctx, strings.NewReader(file), "crm"); err != nil || again.Added != 0 || again.Updated != 0 {
		t.Errorf("the second import changed something: %+v %v", again, err)
	}
}

func TestEncodings(t *testing.T) {
	for name, order := range map[string][2]int{"little endian": {0, 1}, "big endian": {1, 0}} {
		t.Run(name, func(t *testing.T) {
			var b []byte
			for _, u := range utf16.Encode([]rune("\ufeffemail,name\nzoe@example.com,Zo\u00eb\n")) {
				pair := [2]byte{byte(u), byte(u >> 8)}
				b = append(b, pair[order[0]], pair[order[1]])
			}
			db, im := importer(t)
			if r, err := im.Import(context.Background(), strings.NewReader(string(b)), ""); err != nil || r.Added != 1 {
				t.Fatalf("%+v %v", r, err)
			}
			if zoe, _ := db.Recipient(context.Background(), "id-zoe@example.com"); zoe.Name != "Zo\u00eb" {
				t.Errorf("name %q", zoe.Name)
			}
		})
	}
}

func TestBadFilesChangeNothing(t *testing.T) {
	for name, content := range map[string]string{"empty": "", "no email": "address\na@example.com\n", "twice": "email,email\na@example.com,b@example.com\n"} {
		_, im := importer(t)
		if r, err := im.Import(context.Background(), strings.NewReader(content), ""); !errors.Is(err, notice.ErrInvalid) || r.Read != 0 {
			t.Errorf("%s: %+v %v", name, r, err)
		}
	}
}

func TestDryRunWritesNothing(t *testing.T) {
	db, im := importer(t)
	ctx := context.Background()
	dry := im
	dry.DryRun = true
	for _, known := range []bool{false, true} {
		if known {
			if _, err := im.Import(ctx, strings.NewReader("email,name\nzoe@example.com,Zo\u00eb\n"), ""); err != nil {
				t.Fatal(err)
			}
		}
		before, _, _ := db.ListRecipients(ctx, "", 100)
		said, err := dry.Import(ctx, strings.NewReader(file), "")
		if err != nil || !said.DryRun || said.Refused != 5 {
			t.Errorf("%+v %v", said, err)
		}
		if after, _, _ := db.ListRecipients(ctx, "", 100); len(after) != len(before) {
			t.Errorf("a dry run left %d people of %d", len(after), len(before))
		}
		// What it says is what happens.
		if !known {
			continue
		}
		did, err := im.Import(ctx, strings.NewReader(file), "")
		if err != nil || did.Added != said.Added || did.Updated != said.Updated || did.Unchanged != said.Unchanged {
			t.Errorf("said %+v, did %+v %v", said, did, err)
		}
	}
}

// A file whose first row is no header is refused, with what to do about it, and nothing of
// that row is kept: it may hold the names and addresses of everybody in the file.
func TestRowsTakenForAHeader(t *testing.T) {
	for name, c := range map[string]struct{ content, hint string }{
		"lines end in CR":         {"email,name\rada@example.com,Ada\rbob@example.com,Bob\r", "LF or CR LF"},
		"lines end in CR, quoted": {"email,\"name\"\r\"ada@example.com\",Ada\r", "LF or CR LF"},
		"no names, no address":    {"email,name\rAda\r", "LF or CR LF"},
		"no header":               {"ada@example.com,Ada\n", "begin the file with a header line"},
		"an address in it":        {"email,ada@example.com\nbob@example.com,x\n", "begin the file with a header line"},
		"a quote that is open":    {"email,\"name\nada@example.com,\"Ada\"\n", "begin the file with a header line"},
	} {
		_, im := importer(t)
		r, err := im.Import(context.Background(), strings.NewReader(c.content), "")
		if !errors.Is(err, notice.ErrInvalid) || !strings.Contains(err.Error(), c.hint) || len(r.IgnoredColumns) > 0 {
			t.Errorf("%s: %+v %v", name, r, err)
		}
		if err != nil && (anAddress.MatchString(err.Error()) || strings.Contains(err.Error(), "Ada")) {
			t.Errorf("%s: %v", name, err)
		}
		status, _, _ := play(t, []byte(c.content), 0, slices.Clone)
		if said, _ := json.Marshal(status); status.State != imports.Failed || strings.Contains(string(said), "@example") || strings.Contains(string(said), "Ada") {
			t.Errorf("%s: %s is kept", name, said)
		}
	}
}
