package local_test

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"log/slog"
	"mime/quotedprintable"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"policymail/infra/local"
	"policymail/shared/notice"
	"policymail/shared/operate"
)

var centerLink = regexp.MustCompile(`http://[^\s<]+/[pcu]/1\.[A-Za-z0-9._-]+`)

// link is the first link of the newest message to an address.
func (s stack) link(to string) string {
	s.t.Helper()
	all := s.messages()
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].To == to {
			_, raw := s.http("GET", "/_local/messages/"+all[i].ID, "", "")
			plain, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(raw)))
			if err != nil {
				s.t.Fatal(err)
			}
			return centerLink.FindString(string(plain))
		}
	}
	s.t.Fatalf("no message to the address")
	return ""
}

func (s stack) post(path, form string) {
	s.t.Helper()
	if code, body := s.http("POST", path, "application/x-www-form-urlencoded", form); code != 200 {
		s.t.Fatalf("%s: %d %s", form, code, body)
	}
}

// After an erasure no file of the stack, no table, no queue, no object and no line of
// any log holds the address, the name or what the person wrote; what they got stays in
// their own mailbox, and so does what they got at the address they had before.
func TestNothingIsLeftOfAnErasedPerson(t *testing.T) {
	logged := &bytes.Buffer{}
	folder := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	running, err := local.Start(ctx, local.Options{Addr: "127.0.0.1:0", Data: folder, SESRate: 500, SESQuota: -1, Out: io.Discard,
		Log: slog.New(slog.NewJSONHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	s := stack{t, running.URL}
	s.importPeople(3)
	const before, after, name, words = "p1@example.com", "quetzal@example.com", "Wilhelmina", "zweiundvierzig"
	s.publish("1.0", "")
	s.http("POST", "/_local/clock", "", `{"advance":"48h"}`)
	change := s.publish("1.1", "And your phone number.")
	s.operate("approve", operate.ApproveArgs{Run: change.Run, By: "Ada", Yes: true}, &struct{}{})
	s.until("the run", func() bool { return s.status(change.Run).State == notice.Done })
	s.post("/link", "address="+before)
	center := s.link(before)
	for _, form := range []string{"annual=1", "action=correct&name=" + name + "&language=de", "action=copy", "action=ask&right=access&details=" + words, "action=restrict", "action=lift", "action=move&address=" + after} {
		s.post(center, form)
	}
	s.post(s.link(after), "")
	var cases []operate.Case
	s.operate("request-list", operate.YearArgs{}, &cases)
	s.operate("request-answer", operate.AnswerArgs{RequestArgs: operate.RequestArgs{ID: cases[0].ID}, Answer: "Dear " + name, By: "Ada", Yes: true}, &operate.Case{})
	s.post("/ask", "address="+after+"&right=access&details="+words) // never confirmed
	s.post("/link", "address="+after)

	secrets := []string{before, after, "quetzal", name, words}
	holds := func() (found []string) {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.Contains(path, "inbox") {
				return err
			}
			content, err := os.ReadFile(path)
			for _, secret := range secrets {
				if bytes.Contains(bytes.ToLower(content), []byte(strings.ToLower(secret))) {
					found = append(found, secret+" in "+filepath.Base(path))
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if found := holds(); len(found) < 4 {
		t.Fatalf("only %v is there before the erasure: the test looks in the wrong place", found)
	}
	s.post(s.link(after), "action=delete")
	confirm := s.link(after)
	s.post(confirm, "")
	s.post(confirm, "")
	// While it runs, and once it has stopped.
	if found := holds(); len(found) > 0 {
		t.Errorf("left: %v", found)
	}
	for _, address := range []string{before, after} {
		var p operate.Person
		s.operate("recipient-show", operate.PersonArgs{Address: address}, &p)
		if p.Recipient.Status != notice.Erased || p.Recipient.OptOut != notice.OptOutAll || len(p.Deliveries) != 0 {
			t.Errorf("%+v", p)
		}
	}
	// Neither address comes back by an import, nor is it written to again.
	var upload operate.Upload
	s.operate("import-start", operate.ImportArgs{}, &upload)
	s.http("PUT", upload.URL, "text/csv", "email,last_notified_on\n"+before+",2020-01-01\n"+after+",2020-01-01\n")
	s.until("the import", func() bool {
		var status struct{ State string }
		s.operate("import-status", operate.ImportStatusArgs{ID: upload.ID}, &status)
		return status.State == "done"
	})
	s.http("DELETE", "/_local/messages", "", "")
	s.http("POST", "/_local/clock", "", `{"advance":"9600h"}`)
	for _, m := range s.messages() {
		if m.To == before || m.To == after {
			t.Error("an erased person was written to")
		}
	}
	if err := running.Close(); err != nil {
		t.Fatal(err)
	}
	if found := holds(); len(found) > 0 {
		t.Errorf("left once it stopped: %v", found)
	}
	for _, secret := range append(secrets, "1.k1.") {
		if strings.Contains(logged.String(), secret) {
			t.Errorf("the log holds %s", secret)
		}
	}
	if logged.Len() == 0 {
		t.Error("nothing was logged: the test proves nothing about the log")
	}
}
