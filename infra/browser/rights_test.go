package browser

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/mail"
	"regexp"
	"strings"
	"testing"
	"time"

	"policymail/shared/notice"
	"policymail/shared/operate"
)

// walker is a person with a browser and a mailbox, and the desk on the other side.
type walker struct {
	*Tab
	t    *testing.T
	base string
}

// walk starts a stack with one recipient whose browser runs no scripts at all.
func walk(t *testing.T, address string) *walker {
	base := stack(t)
	w := &walker{New(t, base), t, base}
	var upload operate.Upload
	w.desk("import-start", operate.ImportArgs{Source: "web shop"}, &upload)
	r, err := http.NewRequest(http.MethodPut, upload.URL, strings.NewReader("email,name,locale\n"+address+",Alex Example,en\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := http.DefaultClient.Do(r); err != nil {
		t.Fatal(err)
	}
	w.until("the import", func() bool {
		var p operate.Person
		return w.desk("recipient-show", operate.PersonArgs{Address: address}, &p) == nil
	})
	w.WithoutScripts()
	return w
}

func (w *walker) until(what string, done func() bool) {
	w.t.Helper()
	for end := time.Now().Add(30 * time.Second); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("%s did not happen", what)
		}
	}
}

func (w *walker) desk(command string, args, result any) *notice.Error {
	w.t.Helper()
	event, err := operate.Encode(command, args)
	if err != nil {
		w.t.Fatal(err)
	}
	response, err := http.Post(w.base+"/2015-03-31/functions/operate/invocations", "application/json", bytes.NewReader(event))
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.Header.Get("X-Amz-Function-Error") != "" {
		w.t.Fatalf("%s failed", command)
	}
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	err = operate.Decode(answer, result)
	var forPeople *notice.Error
	if err != nil && !errors.As(err, &forPeople) {
		w.t.Fatalf("%s: %v", command, err)
	}
	return forPeople
}

var linkInMail = regexp.MustCompile(`http://[^\s]+/[bcp]/[A-Za-z0-9._-]+`)

// opened opens the link of the newest mail to an address, and returns the mail's text.
func (w *walker) opened(address string) (text string) {
	w.t.Helper()
	text = w.newest(address)
	link := linkInMail.FindString(text)
	if link == "" {
		w.t.Fatalf("the newest mail to the address holds no link:\n%s", text)
	}
	if status := w.Open(link); status != 200 {
		w.t.Fatalf("the link of the mail answers %d", status)
	}
	return text
}

// newest is the text of the newest mail to an address.
func (w *walker) newest(address string) string {
	w.t.Helper()
	var all []struct{ ID, To string }
	if err := json.Unmarshal([]byte(get(w.t, w.base+"/_local/messages")), &all); err != nil {
		w.t.Fatal(err)
	}
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].To != address {
			continue
		}
		m, err := mail.ReadMessage(strings.NewReader(get(w.t, w.base+"/_local/messages/"+all[i].ID)))
		if err != nil {
			w.t.Fatal(err)
		}
		_, parameters, _ := mime.ParseMediaType(m.Header.Get("Content-Type"))
		part, err := multipart.NewReader(m.Body, parameters["boundary"]).NextRawPart()
		if err != nil {
			w.t.Fatal(err)
		}
		text, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			w.t.Fatal(err)
		}
		return string(text)
	}
	w.t.Fatalf("no mail went to the address")
	return ""
}

// center asks for a link at the start page and opens the privacy center by it.
func (w *walker) center(address string) {
	w.t.Helper()
	w.Open(w.base + "/")
	w.Press(`.cards a[href="/link"]`)
	w.Type("#address", address)
	w.Press("main button")
	w.says("If we know this address")
	w.opened(address)
	w.says("Privacy center", "What we hold about you")
}

// act unfolds a right and presses its button.
func (w *walker) act(action string) {
	w.t.Helper()
	form := `form:has(input[value="` + action + `"])`
	w.Tick(`details:has(input[value="` + action + `"]) > summary`)
	w.Press(form + " button")
}

// at goes on in a part of the test.
func (w *walker) at(t *testing.T) *walker {
	w.t, w.tb = t, t
	return w
}

func (w *walker) says(what ...string) {
	w.t.Helper()
	text := w.Text()
	for _, s := range what {
		if !strings.Contains(text, s) {
			w.t.Fatalf("the page does not say %q:\n%s", s, text)
		}
	}
	if faults := w.Faults(); len(faults) > 0 {
		w.t.Errorf("the page %v", faults)
	}
}

func (w *walker) person(address string) (p operate.Person) {
	w.t.Helper()
	if err := w.desk("recipient-show", operate.PersonArgs{Address: address}, &p); err != nil {
		w.t.Fatal(err)
	}
	return p
}

const reader = "reader@example.com"

// Each right, walked from the start page to its end by a person with a browser that
// runs no scripts.
func TestEveryRightIsWalked(t *testing.T) {
	w := walk(t, reader)
	t.Run("preferences", func(t *testing.T) {
		w.at(t).center(reader)
		w.Tick(`input[name="annual"]`)
		w.Press("form:first-of-type button")
		w.says("Your preferences are saved.", "You get notices of changes only.")
		if out := w.person(reader).Recipient.OptOut; out != (notice.OptOut{Annual: true}) {
			t.Errorf("declined %+v", out)
		}
	})
	t.Run("access and portability", func(t *testing.T) {
		w.at(t).center(reader)
		w.act("copy")
		w.says("Your copy is ready")
		w.Press(`a[href$="/copy.html"]`)
		w.says(reader, "Alex Example", "web shop")
		for range 2 {
			w.center(reader)
			w.act("copy")
		}
		w.says("You can make the next one from")
	})
	t.Run("restriction", func(t *testing.T) {
		w.at(t).center(reader)
		w.act("restrict")
		w.says("The use of your data is restricted.")
		if !w.person(reader).Recipient.Restricted {
			t.Error("not restricted")
		}
		w.act("lift")
		w.says("The restriction is lifted.")
	})
	t.Run("rectification", func(t *testing.T) {
		w.at(t).center(reader)
		w.Tick(`details:has(input[value="correct"]) > summary`)
		w.Type("#name", "Sam Example")
		w.Press(`form:has(input[value="correct"]) button`)
		w.says("Sam Example")
		w.Tick(`details:has(input[value="move"]) > summary`)
		w.Type("#address", "new@example.com")
		w.Press(`form:has(input[value="move"]) button`)
		w.says("Nothing happens before you confirm")
		w.opened("new@example.com")
		w.says("Send privacy notices to this address from now on?")
		w.Press("main button")
		w.says("Your address is changed.")
		if text := w.newest(reader); !strings.Contains(text, "another address") {
			t.Errorf("the old mailbox is told %s", text)
		}
		if p := w.person(reader).Recipient; p.Address != "new@example.com" || p.Name != "Sam Example" || !p.OptOut.Annual {
			t.Errorf("%+v", p)
		}
	})
	t.Run("objection", func(t *testing.T) {
		w.at(t).center("new@example.com")
		w.act("object")
		w.says("Your objection is recorded")
		if out := w.person("new@example.com").Recipient.OptOut; out != notice.OptOutAll {
			t.Errorf("declined %+v", out)
		}
	})
	t.Run("a request for the desk, extended and denied", func(t *testing.T) {
		w.at(t).Open(w.base + "/ask")
		w.Type("#address", "stranger@example.com")
		w.Type("#details", "What do you know about my orders?")
		w.Press("main button")
		w.says("Nothing happens before you confirm")
		w.opened("stranger@example.com")
		w.says("Did you send this request?", "What do you know about my orders?")
		w.Press("main button")
		w.says("Your request has the number")
		var cases []operate.Case
		w.desk("request-list", operate.YearArgs{}, &cases)
		if len(cases) != 1 || cases[0].State != notice.Pending || cases[0].Confirmed.IsZero() {
			t.Fatalf("cases %+v", cases)
		}
		id := cases[0].ID
		var c operate.Case
		w.desk("request-extend", operate.ExtendArgs{RequestArgs: operate.RequestArgs{ID: id}, Reason: "we search the archive", Yes: true}, &c)
		if text := w.newest("stranger@example.com"); !strings.Contains(text, "we search the archive.") {
			t.Errorf("told of the extension: %s", text)
		}
		w.desk("request-deny", operate.DenyArgs{RequestArgs: operate.RequestArgs{ID: id}, By: "Ada", Basis: "we hold nothing under this address", Yes: true}, &c)
		if text := w.newest("stranger@example.com"); !strings.Contains(text, "we hold nothing under this address.") || c.State != notice.Denied {
			t.Errorf("told of the denial: %s\n%+v", text, c)
		}
		if events := get(t, w.base+"/_local/events"); !strings.Contains(events, string(id)) || strings.Contains(events, "@") {
			t.Errorf("events %s", events)
		}
	})
	t.Run("unsubscribe and undo", func(t *testing.T) {
		w.at(t).center("new@example.com")
		w.Tick(`input[name="annual"]`)
		w.Tick(`input[name="change"]`)
		w.Press("form:first-of-type button")
		w.says("You get everything.")
		w.Press(`button[name="none"]`)
		w.says("Your preferences are saved.", "You get no optional notices.")
		w.Tick(`input[name="annual"]`)
		w.Tick(`input[name="change"]`)
		w.Press("form:first-of-type button")
		w.says("You get everything.")
	})
	t.Run("deletion", func(t *testing.T) {
		w.at(t).center("new@example.com")
		w.act("delete")
		w.says("Nothing happens before you confirm")
		w.opened("new@example.com")
		w.says("deleted for good")
		w.Press("main button")
		w.says("Your data is deleted.")
		var p operate.Person
		w.desk("recipient-show", operate.PersonArgs{Address: reader}, &p)
		if p.Recipient.Status != notice.Erased || p.Recipient.Address != "" {
			t.Errorf("%+v", p.Recipient)
		}
	})
}
