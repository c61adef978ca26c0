package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"policymail/shared/notice"
	"policymail/shared/operate"
	"policymail/shared/report"
)

type approveCmd struct {
	Run_ string `arg:"" name:"run" help:"The run, as publish named it."`
	By   string `help:"Name of the approver; it is recorded." required:""`
	Hash string `help:"Hash of the content you saw, as the dry run names it. Needed where the summary was edited."`
	Yes  bool   `help:"Really release the run."`
}

func (c approveCmd) Run(a *app) error {
	var plan operate.Approved
	if err := a.call.do(a.ctx, "approve", operate.ApproveArgs{Run: notice.RunID(c.Run_), By: c.By, Hash: c.Hash, Yes: c.Yes}, &plan); err != nil {
		return err
	}
	return a.show(plan, func(w io.Writer) {
		verb := "would send"
		if !plan.DryRun {
			verb = "sends"
		}
		fmt.Fprintf(w, "%s %s notice of %s version %s (%s, effective %s) to %d people at %.0f a second, for about $%.2f; it takes %s\n",
			plan.Run, verb, plan.Policy, plan.Version, plan.Class, plan.Effective, plan.Audience, plan.Rate,
			plan.CostUSD, plan.Takes())
		if plan.Without != "" {
			fmt.Fprintf(w, "left out: %s\n", plan.Without)
		}
		if plan.Canary > 0 {
			fmt.Fprintf(w, "%d people go first; the others follow a quarter of an hour later unless bounces or complaints stop the run\n", plan.Canary)
		}
		if plan.Warning != "" {
			fmt.Fprintf(w, "warning: %s\n", plan.Warning)
		}
		for _, warning := range plan.Warnings {
			fmt.Fprintf(w, "look at: %s\n", warning)
		}
		if plan.Waits != "" {
			fmt.Fprintf(w, "recorded; %s\n", plan.Waits)
		} else if plan.DryRun {
			fmt.Fprintf(w, "nothing was started; say --yes to approve, with --hash %s for this content and no other\n", plan.Hash)
		}
	})
}

type runArg struct {
	Run_ string `arg:"" name:"run" help:"The run."`
}

func (c runArg) do(a *app, command string) error {
	var run notice.Run
	if err := a.call.do(a.ctx, command, operate.RunArgs{Run: notice.RunID(c.Run_)}, &run); err != nil {
		return err
	}
	return a.show(run, func(w io.Writer) { fmt.Fprintf(w, "%s is %s\n", run.ID, run.State) })
}

type (
	pauseCmd  struct{ runArg }
	resumeCmd struct{ runArg }
	cancelCmd struct{ runArg }
)

func (c pauseCmd) Run(a *app) error  { return c.do(a, "pause") }
func (c resumeCmd) Run(a *app) error { return c.do(a, "resume") }

func (c cancelCmd) Help() string {
	return "A change stays approved and takes effect on its day, though the rest of its audience is not told. The answer says how many were told, and how to tell the others or to withdraw the version."
}

func (c cancelCmd) Run(a *app) error {
	var run operate.Cancelled
	if err := a.call.do(a.ctx, "cancel", operate.RunArgs{Run: notice.RunID(c.Run_)}, &run); err != nil {
		return err
	}
	return a.show(run, func(w io.Writer) {
		fmt.Fprintf(w, "%s is %s\n", run.ID, run.State)
		for _, stands := range run.Stands {
			fmt.Fprintln(w, stands)
		}
	})
}

type statusCmd struct {
	Run_ string `arg:"" optional:"" name:"run" help:"One run; all of them without it."`
}

func (c statusCmd) Run(a *app) error {
	all := []report.RunStatus{}
	if err := a.call.do(a.ctx, "status", operate.RunArgs{Run: notice.RunID(c.Run_)}, &all); err != nil {
		return err
	}
	var v any = all
	if c.Run_ != "" {
		v = all[0]
	}
	return a.show(v, func(w io.Writer) {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "RUN\tCLASS\tSTATE\tAUDIENCE\tSENT\tDELIVERED\tBOUNCED\tCOMPLAINED\tSKIPPED\tFAILED\tOPEN\tHELD\tNOT SENT\tNOT TOLD")
		for _, s := range all {
			fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\n", s.Run, s.Class, s.State, s.Audience, s.Sent, s.Delivered, s.Bounced,
				s.Complained, s.Skipped, s.Failed, s.Pending+s.Claimed+s.Retry+s.Unknown, s.Held, s.NotSent, s.NotTold)
			if r := s.Rejection; r != nil {
				fmt.Fprintf(t, "\t%s\n", rejected(*r))
			}
			if s.StopReason != "" {
				fmt.Fprintf(t, "\tstopped: %s\n", s.StopReason)
			}
			if s.Complete && c.Run_ != "" {
				fmt.Fprintf(t, "\tcomplete: %d people, everybody is accounted for\n", s.Audience)
			}
			if s.Expired > 0 && c.Run_ != "" {
				fmt.Fprintf(t, "\t%d of them are only counted: the ledger keeps lines for %d months\n", s.Expired, notice.RetentionMonths)
			}
			if s.Rate > 0 {
				fmt.Fprintf(t, "\t%s\n", pace(s))
			}
			if s.Advice != "" {
				fmt.Fprintf(t, "\t%s\n", s.Advice)
			}
		}
		t.Flush()
	})
}

// pace words how fast a run goes on, and until when.
func pace(s report.RunStatus) string {
	words := fmt.Sprintf("%.0f a second", s.Rate)
	if s.Quota >= 0 {
		words += fmt.Sprintf(", %.0f in 24 hours of which %.0f are left", s.Quota, s.QuotaLeft)
	}
	if s.ETA != "" {
		words += ", the last one leaves about " + s.ETA
	}
	return words
}
