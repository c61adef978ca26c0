// Package config reads the environment of the functions. Every fault is reported at
// once, by the variable's name.
package config

import (
	"errors"
	"fmt"
	"maps"
	netmail "net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"policymail/shared/brand"
	"policymail/shared/delivery"
	"policymail/shared/notice"
)

// Config is what a function may need; only the parts it asked for are set.
type Config struct {
	Tables           Tables
	SendQueue        string // URL
	ImportQueue      string // URL
	Bucket           string // name
	BaseURL          string // of the site, like "https://privacy.example.com"
	LinkKeys         LinkKeys
	Brand            brand.Brand
	ConfigurationSet string // of SES
	Settings         delivery.Settings
	ChangeLead       int // days a change of substance should be told ahead
	EditLead         int // the same for an edit
	CopyLimit        int // copies of their data a person gets in twelve months
	AnswerDays       int // calendar days from receipt of a request until its answer is due
	Watch            Watch
	TwoApprovers     bool     // a run starts when two people approved it
	Approvers        []string // addresses that are mailed what waits or changed on the watched page, and decide; may be empty
}

// Watch says which public page is watched, and how it is read.
type Watch struct {
	Policy   string // whose page it is
	URL      string // https; empty watches nothing
	Take     string // CSS selector of the policy on the page; empty finds it
	Drop     string // CSS selector of what does not belong to it
	Language string // expected, like "en"; empty expects that of the version known
}

// Tables names the DynamoDB tables.
type Tables struct{ Recipients, Deliveries, Control, Audit string }

// LinkKeys is what links are signed with.
type LinkKeys struct {
	ARN    string   // KMS HMAC key
	ID     string   // signs new links, like "k1"
	OldIDs []string // read still
}

// Part is a group of variables that some functions need.
type Part int

const (
	RecipientsTable Part = iota
	DeliveriesTable
	ControlTable
	AuditTable
	SendQueue
	ImportQueue
	Bucket
	Site
	LinkKey
	Mail
	Pace
	Clock
	Copies
	Requests
	LeadTimes
	WatchedPage
	Approval
)

// parts read the variables of each group. A part reads all of its variables, whatever
// they hold: what it reads is what a function's environment must have.
var parts = map[Part]func(*reader, *Config){
	RecipientsTable: func(r *reader, c *Config) { c.Tables.Recipients = r.text("RECIPIENTS_TABLE") },
	DeliveriesTable: func(r *reader, c *Config) { c.Tables.Deliveries = r.text("DELIVERIES_TABLE") },
	ControlTable:    func(r *reader, c *Config) { c.Tables.Control = r.text("CONTROL_TABLE") },
	AuditTable:      func(r *reader, c *Config) { c.Tables.Audit = r.text("AUDIT_TABLE") },
	SendQueue:       func(r *reader, c *Config) { c.SendQueue = r.text("SEND_QUEUE_URL") },
	ImportQueue:     func(r *reader, c *Config) { c.ImportQueue = r.text("IMPORT_QUEUE_URL") },
	Bucket:          func(r *reader, c *Config) { c.Bucket = r.text("BUCKET") },
	Site:            func(r *reader, c *Config) { c.BaseURL = r.site("BASE_URL") },
	LinkKey: func(r *reader, c *Config) {
		c.LinkKeys = LinkKeys{ARN: r.text("LINK_KEY_ARN"), ID: r.text("LINK_KEY_ID"), OldIDs: list(r.optional("LINK_KEY_IDS_OLD"))}
	},
	Mail: readMail,
	Pace: func(r *reader, c *Config) {
		c.Settings.Share = r.share("SEND_SHARE")
		c.Settings.SliceSize = r.number("SLICE_SIZE", 1, 100)
		c.Settings.Concurrency = r.number("SEND_CONCURRENCY", 2, 1000)
	},
	Clock: func(r *reader, c *Config) {
		c.Settings.Policy = r.policy("ANNUAL_POLICY")
		c.Settings.LeadDays = r.number("LEAD_DAYS", 0, 90)
	},
	Copies:   func(r *reader, c *Config) { c.CopyLimit = r.number("COPY_LIMIT", 1, 100) },
	Requests: func(r *reader, c *Config) { c.AnswerDays = r.number("ANSWER_DAYS", 15, 45) },
	LeadTimes: func(r *reader, c *Config) {
		c.ChangeLead = r.number("CHANGE_LEAD_DAYS", 0, 365)
		c.EditLead = r.number("EDIT_LEAD_DAYS", 0, 365)
	},
	WatchedPage: func(r *reader, c *Config) {
		c.Watch = Watch{Policy: r.policy("WATCH_POLICY"), URL: r.page("WATCH_URL"), Take: r.optional("WATCH_TAKE"), Drop: r.optional("WATCH_DROP"),
			Language: r.optional("WATCH_LANGUAGE")}
	},
	Approval: func(r *reader, c *Config) {
		c.TwoApprovers = r.yes("TWO_APPROVERS")
		c.Approvers = r.approvers("APPROVERS")
	},
}

// readMail reads what every message needs. Each fault of the brand is told by the
// variable its field came from.
func readMail(r *reader, c *Config) {
	c.ConfigurationSet = r.text("CONFIGURATION_SET")
	variables := map[string]string{}
	for _, f := range []struct {
		field, variable string
		read            func(string) string
		to              *string
	}{
		{"Company", "COMPANY", r.text, &c.Brand.Company},
		{"PostalAddress", "POSTAL_ADDRESS", r.text, &c.Brand.PostalAddress},
		{"From", "MAIL_FROM", r.text, &c.Brand.From},
		{"FromMandatory", "MAIL_FROM_MANDATORY", r.optional, &c.Brand.FromMandatory},
		{"ReplyTo", "REPLY_TO", r.text, &c.Brand.ReplyTo},
		{"LogoURL", "LOGO_URL", r.optional, &c.Brand.LogoURL},
		{"Colour", "BRAND_COLOUR", r.optional, &c.Brand.Colour},
		{"ListID", "LIST_ID", r.text, &c.Brand.ListID},
	} {
		*f.to, variables[f.field] = f.read(f.variable), f.variable
	}
	for _, f := range c.Brand.Faults() {
		if f.Reason != "is missing" { // text has said so
			r.fault(variables[f.Field], f.Reason)
		}
	}
}

// needs are the parts of each function.
var needs = map[string][]Part{
	"annual":   {RecipientsTable, ControlTable, Clock},
	"pace":     {RecipientsTable, DeliveriesTable, ControlTable, SendQueue, Pace, Clock},
	"send":     {RecipientsTable, DeliveriesTable, ControlTable, Site, LinkKey, Mail, Clock},
	"feedback": {RecipientsTable, DeliveriesTable, ControlTable, AuditTable, Clock},
	"web":      {RecipientsTable, DeliveriesTable, ControlTable, AuditTable, Site, LinkKey, Mail, Clock, Copies, Requests, Approval, LeadTimes},
	"imports":  {RecipientsTable, ControlTable, ImportQueue, Bucket, LinkKey, Clock},
	"publish":  {ControlTable, Bucket, LeadTimes},
	"watch":    {ControlTable, WatchedPage},
	"operate":  {RecipientsTable, DeliveriesTable, ControlTable, AuditTable, Bucket, Site, LinkKey, Mail, Pace, Clock, Requests, Approval, LeadTimes},
}

// Functions lists the functions in order.
func Functions() []string { return slices.Sorted(maps.Keys(needs)) }

// Variables lists the environment variables a function reads, in order.
func Variables(function string) []string {
	_, r := read(function, func(string) string { return "" })
	return slices.Sorted(maps.Keys(r.seen))
}

// Optional tells whether a variable may be empty.
func Optional(variable string) bool {
	return slices.ContainsFunc(Functions(), func(function string) bool {
		_, r := read(function, func(string) string { return "" })
		return r.seen[variable]
	})
}

// Load reads the configuration of a function from its environment.
func Load(function string, getenv func(string) string) (Config, error) {
	c, r := read(function, getenv)
	if len(r.faults) > 0 {
		return c, fmt.Errorf("configuration of %s:\n%w", function, errors.Join(r.faults...))
	}
	return c, nil
}

// read reads the parts of a function.
func read(function string, getenv func(string) string) (c Config, r *reader) {
	// Waits that fit the template: a worker lives 120 s, its queue shows a message
	// again after 720 s.
	c.Settings = delivery.Settings{Tick: time.Minute, Lease: 180 * time.Second, AuditDelay: 15 * time.Minute,
		SettleWindow: 24 * time.Hour, SendTimeout: 15 * time.Second}
	r = &reader{getenv: getenv, seen: map[string]bool{}}
	for _, p := range needs[function] {
		parts[p](r, &c)
	}
	return c, r
}

// Approvers reads the addresses of who decides about a change, each once. What is no
// address is a fault, told by its number.
func Approvers(list []string) (approvers []string, faults []error) {
	for i, a := range list {
		if parsed, err := netmail.ParseAddress(a); err != nil || parsed.Address != a {
			faults = append(faults, fmt.Errorf("entry %d is no address like officer@example.com", i+1))
		} else if !slices.Contains(approvers, a) {
			approvers = append(approvers, a)
		}
	}
	return approvers, faults
}

// reader reads variables, and keeps which they were and what is wrong with them.
type reader struct {
	getenv func(string) string
	seen   map[string]bool // by variable, whether it may be empty
	faults []error
}

func (r *reader) fault(name, what string) {
	r.faults = append(r.faults, fmt.Errorf("%s %s", name, what))
}

// text reads a variable that must be set.
func (r *reader) text(name string) string {
	v := r.optional(name)
	r.seen[name] = false
	if v == "" {
		r.fault(name, "is not set")
	}
	return v
}

// optional reads a variable that may be empty.
func (r *reader) optional(name string) string {
	r.seen[name] = true
	return strings.TrimSpace(r.getenv(name))
}

func list(words string) []string {
	return strings.FieldsFunc(words, func(c rune) bool { return c == ',' || c == ' ' })
}

func (r *reader) policy(name string) string {
	v := r.text(name)
	if v == "" {
		return v
	}
	if err := notice.CheckPolicyName(v); err != nil {
		r.fault(name, err.Error())
	}
	return v
}

func (r *reader) approvers(name string) []string {
	approvers, faults := Approvers(list(r.optional(name)))
	for _, err := range faults {
		r.fault(name, err.Error())
	}
	return approvers
}

func (r *reader) yes(name string) bool {
	v := r.text(name)
	if v != "yes" && v != "no" && v != "" {
		r.fault(name, "must be yes or no")
	}
	return v == "yes"
}

func (r *reader) page(name string) string {
	v := r.optional(name)
	if v != "" && !overTLS(v) {
		r.fault(name, fmt.Sprintf("is %q; it must be like https://www.example.com/privacy", v))
	}
	return v
}

func (r *reader) site(name string) string {
	v := r.text(name)
	if v != "" && (!overTLS(v) || strings.HasSuffix(v, "/")) {
		r.fault(name, fmt.Sprintf("is %q; it must be like https://privacy.example.com, without a slash at the end", v))
	}
	return v
}

func overTLS(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https" && u.Host != ""
}

func (r *reader) number(name string, least, most int) int {
	v := r.text(name)
	if v == "" {
		return 0
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < least || n > most {
		r.fault(name, fmt.Sprintf("is %q; it must be a whole number from %d to %d", v, least, most))
	}
	return n
}

func (r *reader) share(name string) float64 {
	v := r.text(name)
	if v == "" {
		return 0
	}
	f, err := strconv.ParseFloat(v, 64)
	if err != nil || f <= 0 || f > 1 {
		r.fault(name, fmt.Sprintf("is %q; it must be above 0 and at most 1, like 0.8", v))
	}
	return f
}
