package operate_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"policymail/shared/notice"
	"policymail/shared/operate"
	"policymail/shared/privacy"
	"policymail/shared/report"
)

// A failure on our side fails the function, so that its alarm rings and the schedule of
// the desk is repeated; only the log tells the cause. An error for people is an answer.
func TestFailureOnOurSideFailsTheFunction(t *testing.T) {
	o, run := setUp(t, false)
	var log bytes.Buffer
	o.Log = slog.New(slog.NewJSONHandler(&log, nil))
	o.Store = failing{o.Store}
	for _, command := range []operate.Command{{Name: "request-list"}, {Name: "status"}} {
		answer, err := o.Run(context.Background(), command)
		if err == nil || strings.Contains(err.Error(), "throttled") || answer.Error != nil {
			t.Errorf("%s: %+v %v", command.Name, answer, err)
		}
		if !strings.Contains(log.String(), `"command":"`+command.Name+`","error":"throttled"`) {
			t.Errorf("the log does not say why %s failed: %s", command.Name, log.String())
		}
	}
	if answer, err := o.Run(context.Background(), operate.Command{Name: "pause", Args: json.RawMessage(`{"run":"` + string(run) + `"}`)}); err != nil || answer.Error == nil {
		t.Errorf("a run that waits was paused: %+v %v", answer, err)
	}
}

// failing is a store that is throttled.
type failing struct{ operate.Store }

func (failing) OpenRequests(context.Context) ([]notice.Request, error) {
	return nil, errors.New("throttled")
}
func (failing) ListRuns(context.Context) ([]notice.Run, error) { return nil, errors.New("throttled") }

// An operator who unsubscribes somebody learns that they are, and that something failed.
func TestAChangeThatIsMadeInPartSaysSo(t *testing.T) {
	ctx := context.Background()
	o, _ := setUpDesk(t)
	var log bytes.Buffer
	o.Log = slog.New(slog.NewJSONHandler(&log, nil))
	if _, err := database(o).ImportRecipients(ctx, []notice.Imported{{ID: "ada", Address: "ada@example.com", At: o.Now()}}, 14); err != nil {
		t.Fatal(err)
	}
	all := func(notice.OptOut) notice.OptOut { return notice.OptOutAll }
	if _, _, err := o.Preferences.Set(ctx, privacy.Change{Recipient: "ada", Way: notice.ByPage, Run: "r"}, all); err != nil {
		t.Fatal(err)
	}
	o.Preferences.Store = unread{o.Store}
	_, err := o.Run(ctx, operate.Command{Name: "recipient-unsubscribe", Args: json.RawMessage(`{"address":"ada@example.com"}`)})
	if err == nil || !strings.Contains(err.Error(), "the change was made") || strings.Contains(err.Error(), "throttled") || !strings.Contains(log.String(), "throttled") {
		t.Errorf("%v; the log: %s", err, log.String())
	}
}

// unread is a store whose histories cannot be read.
type unread struct{ operate.Store }

func (unread) PreferenceEvents(context.Context, notice.RecipientID) ([]notice.PreferenceEvent, error) {
	return nil, errors.New("throttled")
}

// A command refuses arguments it does not know, so that no older or misspelt word that
// held it back is passed over, and names that no command has.
func TestUnknownArgumentsAreRefused(t *testing.T) {
	o, run := setUp(t, false)
	for event, want := range map[string]string{
		`{"command":"status","args":{"ruN_id":"` + string(run) + `"}}`:              "cannot be read",
		`{"command":"held","args":{"run":"` + string(run) + `","leave":true}}`:      "cannot be read",
		`{"command":"report","args":{"run":"` + string(run) + `","only":"nobody"}}`: "nothing a report can be about",
		`{"command":"request-nonsense"}`:                                            "no command",
	} {
		var c operate.Command
		if err := json.Unmarshal([]byte(event), &c); err != nil {
			t.Fatal(err)
		}
		if answer, err := o.Run(context.Background(), c); err != nil || !errors.Is(answer.Error, notice.ErrInvalid) || !strings.Contains(answer.Error.Message, want) {
			t.Errorf("%s: %+v %v", event, answer, err)
		}
	}
	for _, event := range []string{`{"command":"status"}`, `{"command":"status","args":null}`, `{"command":"status","args":{}}`} {
		var c operate.Command
		if err := json.Unmarshal([]byte(event), &c); err != nil {
			t.Fatal(err)
		}
		if answer, err := o.Run(context.Background(), c); err != nil || answer.Error != nil {
			t.Errorf("%s: %+v %v", event, answer, err)
		}
	}
}

// What Encode writes Run reads, and what it answers Decode reads.
func TestCommandsAndAnswersOnTheWire(t *testing.T) {
	o, run := setUp(t, false)
	ask := func(args operate.RunArgs, result any) error {
		event, err := operate.Encode("status", args)
		if err != nil {
			t.Fatal(err)
		}
		var c operate.Command
		if err := json.Unmarshal(event, &c); err != nil {
			t.Fatal(err)
		}
		answer, err := o.Run(context.Background(), c)
		if err != nil {
			t.Fatal(err)
		}
		wire, err := json.Marshal(answer)
		if err != nil {
			t.Fatal(err)
		}
		return operate.Decode(wire, result)
	}
	var all []report.RunStatus
	if err := ask(operate.RunArgs{Run: run}, &all); err != nil || len(all) != 1 || all[0].Run != run {
		t.Errorf("%+v %v", all, err)
	}
	if err := ask(operate.RunArgs{Run: "none"}, &all); !errors.Is(err, notice.ErrNotFound) {
		t.Errorf("no run: %v", err)
	}
	for _, answer := range []string{"", "{}", `{"errorMessage":"it failed"}`, `{"result":"words"}`} {
		var forPeople *notice.Error
		if err := operate.Decode([]byte(answer), &all); err == nil || errors.As(err, &forPeople) {
			t.Errorf("%q: %v", answer, err)
		}
	}
}
