package main

import (
	"io"

	"policymail/infra/local"
	"policymail/shared/watch"
)

type localCmd struct {
	Addr     string   `help:"Address to listen on." default:"127.0.0.1:8080"`
	Data     string   `help:"Folder that keeps the data across restarts. Without it nothing is kept." type:"path"`
	Demo     bool     `help:"Play the whole story with sample people, then keep serving."`
	DynamoDB string   `name:"dynamodb" help:"Use the DynamoDB at this endpoint (DynamoDB Local, for one) instead of the embedded store." placeholder:"URL"`
	Watch    string   `help:"Page of the policy to watch, every six hours. Addresses of this machine are allowed here." placeholder:"URL" env:"POLICYMAIL_WATCH"`
	Take     string   `name:"watch-take" help:"CSS selectors of what is the policy on that page, like main; without it the main text is found." placeholder:"SELECTORS"`
	Drop     string   `name:"watch-drop" help:"CSS selectors of what is not, like .cookie-banner." placeholder:"SELECTORS"`
	Language string   `name:"watch-language" help:"Language the page is expected in, like en; without it that of the version known." placeholder:"LANGUAGE"`
	Two      bool     `name:"two-approvers" help:"Ask for a second person's approval before a run starts."`
	Approver []string `help:"Address that is mailed what waits for approval, decides on a page, and is told when the watched page changed; may be repeated. The demonstration has officer@example.com." placeholder:"ADDRESS"`
	SESRate  float64  `name:"ses-rate" help:"Messages a second the local SES accepts." default:"500"`
	SESQuota float64  `name:"ses-quota" help:"Messages in 24 hours the local SES accepts; -1 for no limit." default:"-1"`
}

func (c localCmd) options(out io.Writer) local.Options {
	return local.Options{Addr: c.Addr, Data: c.Data, Demo: c.Demo, DynamoDB: c.DynamoDB, Watch: c.Watch, Selectors: watch.Selectors{Take: c.Take, Drop: c.Drop}, Language: c.Language, TwoApprovers: c.Two, Approvers: c.Approver, SESRate: c.SESRate, SESQuota: c.SESQuota, Out: out}
}

// Validate refuses options no stack could use, before one is started.
func (c localCmd) Validate() error { return c.options(nil).Check() }

func (c localCmd) Run(a *app) error { return local.Run(a.ctx, c.options(a.out)) }
