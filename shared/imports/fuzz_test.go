package imports_test

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"policymail/shared/address"
	"policymail/shared/notice"
	"policymail/shared/store/storetest"
)

var anAddress = regexp.MustCompile(`\S@\S`)

// FuzzImport reads anything as a file of recipients: every row is accounted for, who
// goes in has an address and no control character, and a second import adds nobody.
func FuzzImport(f *testing.F) {
	f.Add([]byte(file))
	f.Add([]byte("\xff\xfee\x00m\x00a\x00i\x00l\x00\n\x00a\x00@\x00b\x00.\x00c\x00"))
	f.Add([]byte("email,name\na@example.com,\"x\ny\"\n\"b@example.com\n"))
	f.Add([]byte("email,locale,consent_at\nx,a@example.com,\na@example.com,,b@example.com\na@example.com,b@example.com,\n"))
	f.Add([]byte("email;name\na@example.com;x\n"))
	f.Add([]byte("email,name\r\na@example.com,=cmd()\r\na@example.com,\"\x00\"\r\n"))
	_, im := importer(f)
	f.Fuzz(func(t *testing.T, content []byte) {
		ctx, db, im := context.Background(), storetest.Model(), im
		im.Store = db
		first, err := im.Import(ctx, bytes.NewReader(content), "fuzz")
		if err != nil {
			return // the file as a whole
		}
		if first.Added+first.Updated+first.Unchanged+first.Refused != first.Read || len(first.Refusals) != min(first.Refused, 1000) {
			t.Errorf("rows do not add up: %+v", first)
		}
		people, _, err := db.ListRecipients(ctx, "", 1<<20)
		if err != nil || len(people) != first.Added {
			t.Errorf("%d people, %d added, %v", len(people), first.Added, err)
		}
		for _, r := range people {
			if again, err := address.Parse(r.Address); err != nil || again != r.Address || r.ID != notice.RecipientID("id-"+r.Address) {
				t.Errorf("%+v went in: %v", r, err)
			}
			if strings.IndexFunc(r.Name+r.Source+r.Locale+r.Address, unicode.IsControl) >= 0 {
				t.Errorf("%+v went in", r)
			}
		}
		second, err := im.Import(ctx, bytes.NewReader(content), "fuzz")
		if err != nil || second.Added != 0 || second.Refused != first.Refused || second.Read != first.Read {
			t.Errorf("again: %+v %v, first %+v", second, err, first)
		}
		im.DryRun = true
		if dry, err := im.Import(ctx, bytes.NewReader(content), "fuzz"); err != nil || dry.Added != 0 || dry.Refused != first.Refused || dry.Read != first.Read {
			t.Errorf("dry: %+v %v, first %+v", dry, err, first)
		}
		for _, refusal := range first.Refusals {
			if anAddress.MatchString(strings.ReplaceAll(refusal.Reason, "name@domain", "")) || refusal.Line < 1 {
				t.Errorf("refusal %+v", refusal)
			}
		}
	})
}
