package main

import (
	"fmt"
	"io"
	"net/http"
	"net/mail"
	"os"
	"strings"
	"time"

	"policymail/shared/notice"
	"policymail/shared/operate"
)

type doctorCmd struct {
	Send    bool          `help:"Also send messages to the mailboxes of the SES simulator and wait for their events."`
	Wait    time.Duration `help:"How long to wait for events." default:"2m"`
	Message string        `help:"Check a message as it was received: its signature, its headers. No stack is asked." placeholder:"FILE.eml" type:"existingfile"`
}

func (c doctorCmd) Help() string {
	return "Looks at the SES account, the policy, its public page, the runs, late requests and the site. Exits with 1 if anything is not as it should be."
}

func (c doctorCmd) Run(a *app) error {
	checks, err := c.checks(a)
	if err != nil {
		return err
	}
	bad := 0
	for _, check := range checks {
		if !check.OK {
			bad++
		}
	}
	err = a.show(checks, func(w io.Writer) {
		for _, check := range checks {
			verdict := "ok  "
			if !check.OK {
				verdict = "BAD "
			}
			fmt.Fprintf(w, "%s %s: %s\n", verdict, check.Name, check.Detail)
			if check.Advice != "" {
				fmt.Fprintf(w, "     %s\n", check.Advice)
			}
		}
	})
	if err == nil && bad > 0 {
		err = notice.Refused("%d of %d checks are not as they should be", bad, len(checks))
	}
	return err
}

func (c doctorCmd) checks(a *app) (checks []operate.Check, err error) {
	if c.Message != "" {
		raw, err := os.ReadFile(c.Message)
		if err != nil {
			return nil, err
		}
		return checkReceived(raw, nil), nil
	}
	if err := a.call.do(a.ctx, "doctor", operate.None{}, &checks); err != nil {
		return nil, err
	}
	site, err := c.site(a)
	if err != nil {
		return nil, err
	}
	checks = append(checks, site...)
	if !c.Send {
		return checks, nil
	}
	events, err := c.events(a)
	return append(checks, events...), err
}

// site follows the unsubscribe link of a preview as a scanner and a mailbox provider
// do. The link is nobody's.
func (c doctorCmd) site(a *app) ([]operate.Check, error) {
	var p operate.Preview
	if err := a.call.do(a.ctx, "preview", operate.PreviewArgs{Kind: string(notice.Annual)}, &p); err != nil {
		return []operate.Check{{Name: "site", Detail: "no notice can be previewed: " + err.Error(), Advice: "publish the policy first"}}, nil
	}
	m, err := mail.ReadMessage(strings.NewReader(string(p.Raw)))
	if err != nil {
		return nil, fmt.Errorf("read the preview: %w", err)
	}
	link := strings.Trim(m.Header.Get("List-Unsubscribe"), "<>")
	var checks []operate.Check
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		check := operate.Check{Name: "unsubscribe link, " + method, Advice: "look at the domain name, its certificate, and the log of the web function"}
		request, err := http.NewRequestWithContext(a.ctx, method, link, strings.NewReader("List-Unsubscribe=One-Click"))
		if err != nil {
			return nil, err
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		// A redirect would be a fault of its own (RFC 8058 § 3.1).
		client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		if response, err := client.Do(request); err != nil {
			check.Detail = "no answer: " + strings.ReplaceAll(err.Error(), link, "(link)")
		} else {
			response.Body.Close()
			check.OK, check.Detail = response.StatusCode == http.StatusOK, response.Status
		}
		if check.OK {
			check.Advice = ""
		}
		checks = append(checks, check)
	}
	return checks, nil
}

// events sends the test messages and waits until their events came, or time is up.
func (c doctorCmd) events(a *app) (checks []operate.Check, err error) {
	var sent operate.Tests
	if err := a.call.do(a.ctx, "doctor-send", operate.None{}, &sent); err != nil {
		return nil, err
	}
	for end := time.Now().Add(c.Wait); ; {
		checks = nil // a field that is left out keeps no earlier value
		if err := a.call.do(a.ctx, "doctor-events", operate.RunArgs{Run: sent.Run}, &checks); err != nil {
			return nil, err
		}
		waiting := false
		for _, check := range checks {
			waiting = waiting || !check.OK
		}
		if !waiting || time.Now().After(end) {
			return checks, nil
		}
		select {
		case <-a.ctx.Done():
			return nil, a.ctx.Err()
		case <-time.After(time.Second):
		}
	}
}
