// Command policymail operates policymail: the whole product on one machine
// (`policymail local`), and every operator command against AWS or against it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"policymail/shared/notice"
)

// Exit codes.
const (
	exitOK          = 0
	exitRefused     = 1 // the command was understood and not carried out
	exitUsage       = 2 // the command line is wrong
	exitUnreachable = 3 // the stack did not answer
)

// cli is the command line.
type cli struct {
	Stack    string `help:"Name of the CloudFormation stack to talk to." env:"POLICYMAIL_STACK"`
	Endpoint string `help:"Address of a local stack to talk to, like http://127.0.0.1:8080." env:"POLICYMAIL_ENDPOINT"`
	JSON     bool   `name:"json" help:"Print the answer as JSON. Its fields are a stable contract."`

	Local     localCmd     `cmd:"" help:"Run the whole product on this machine."`
	Import    importCmd    `cmd:"" help:"Add recipients from a CSV file. A file of which every row is refused, or an import that stands still, ends with exit code 1."`
	Publish   publishCmd   `cmd:"" help:"Record a text as a version of a policy."`
	Diff      diffCmd      `cmd:"" help:"Show what changed between two texts."`
	Draft     draftCmd     `cmd:"" help:"Compare a text with the latest version and draft the summary of what changed."`
	Watch     watchCmd     `cmd:"" help:"Play dated texts through the watcher of the public page."`
	Preview   previewCmd   `cmd:"" help:"Write a notice to a file as it would be sent."`
	Approve   approveCmd   `cmd:"" help:"Release a waiting run. Without --yes, say what would happen."`
	Pause     pauseCmd     `cmd:"" help:"Hold a run."`
	Resume    resumeCmd    `cmd:"" help:"Let a held run go on."`
	Cancel    cancelCmd    `cmd:"" help:"End a run for good."`
	Held      heldCmd      `cmd:"" help:"List messages of which nobody can tell whether they were sent, and send them again or leave them."`
	Status    statusCmd    `cmd:"" help:"Show runs in figures."`
	Report    reportCmd    `cmd:"" help:"Show what became of each person in a run."`
	Evidence  evidenceCmd  `cmd:"" help:"Show what can be proven of a version: text, summary and its edits, approval or rejection, when and to how many it was told."`
	Overdue   overdueCmd   `cmd:"" help:"List who has had no notice for twelve months, and why."`
	Request   requestCmd   `cmd:"" help:"The desk: people's requests about their data, and their legal clocks."`
	Recipient recipientCmd `cmd:"" help:"Show, export, unsubscribe or erase one person."`
	Doctor    doctorCmd    `cmd:"" help:"Find what is wrong before a run does."`
}

// app is what commands work with.
type app struct {
	ctx  context.Context
	out  io.Writer
	err  io.Writer
	json bool
	call caller
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run parses and carries out one command line and returns the exit code.
func run(ctx context.Context, args []string, out, errOut io.Writer) (code int) {
	var line cli
	exited := -1
	parser := kong.Must(&line, kong.Name("policymail"), kong.Writers(out, errOut), kong.Exit(func(c int) { exited = c }),
		kong.Description("Sends privacy policy notices once, to everyone concerned, and can prove it."), kong.UsageOnError())
	command, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err != nil {
		fmt.Fprintf(errOut, "policymail: %v\n", err)
		return exitUsage
	}
	a := &app{ctx: ctx, out: out, err: errOut, json: line.JSON, call: caller{stack: line.Stack, endpoint: line.Endpoint}}
	return a.explain(command.Run(a))
}

// explain prints an error for people and returns its exit code.
func (a *app) explain(err error) int {
	var forPeople *notice.Error
	var unreachable *unreachableError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &forPeople):
		fmt.Fprintf(a.err, "policymail: %s\n", forPeople.Message)
		if forPeople.Advice != "" {
			fmt.Fprintf(a.err, "hint: %s\n", forPeople.Advice)
		}
		if forPeople == errNoStack {
			return exitUsage
		}
		return exitRefused
	case errors.As(err, &unreachable):
		fmt.Fprintf(a.err, "policymail: %v\nhint: check --stack or --endpoint, and that the stack is up\n", err)
		return exitUnreachable
	}
	fmt.Fprintf(a.err, "policymail: %v\n", err)
	return exitRefused
}

// show prints an answer: as JSON, or as the command words it.
func (a *app) show(v any, words func(io.Writer)) error {
	if a.json {
		e := json.NewEncoder(a.out)
		e.SetIndent("", "  ")
		return e.Encode(v)
	}
	words(a.out)
	return nil
}
