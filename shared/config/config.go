// Package config reads the environment of the functions. Every fault is reported at
// once, by the variable's name.
package config

import (
	"errors"
	"fmt"
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
	Language string // expected, like "en"; empty accepts any
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
	LeadTimes
	WatchedPage
	Approval
)

// variables lists what each part reads. House checks compare it with the template.
var variables = map[Part][]string{
	RecipientsTable: {"RECIPIENTS_TABLE"},
	DeliveriesTable: {"DELIVERIES_TABLE"},
	ControlTable:    {"CONTROL_TABLE"},
	AuditTable:      {"AUDIT_TABLE"},
	SendQueue:       {"SEND_QUEUE_URL"},
	ImportQueue:     {"IMPORT_QUEUE_URL"},
	Bucket:          {"BUCKET"},
	Site:            {"BASE_URL"},
	LinkKey:         {"LINK_KEY_ARN", "LINK_KEY_ID", "LINK_KEY_IDS_OLD"},
	Mail:            {"COMPANY", "POSTAL_ADDRESS", "MAIL_FROM", "MAIL_FROM_MANDATORY", "REPLY_TO", "LOGO_URL", "BRAND_COLOUR", "LIST_ID", "CONFIGURATION_SET"},
	Pace:            {"SEND_SHARE", "SLICE_SIZE", "SEND_CONCURRENCY"},
	Clock:           {"ANNUAL_POLICY", "LEAD_DAYS"},
	Copies:          {"COPY_LIMIT"},
	LeadTimes:       {"CHANGE_LEAD_DAYS", "EDIT_LEAD_DAYS"},
	WatchedPage:     {"WATCH_POLICY", "WATCH_URL", "WATCH_TAKE", "WATCH_DROP", "WATCH_LANGUAGE"},
	Approval:        {"TWO_APPROVERS", "APPROVERS"},
}

// parts is what each function needs.
var parts = map[string][]Part{
	"annual":   {RecipientsTable, ControlTable, Clock},
	"pace":     {RecipientsTable, DeliveriesTable, ControlTable, SendQueue, Pace, Clock},
	"send":     {RecipientsTable, DeliveriesTable, ControlTable, Site, LinkKey, Mail, Clock},
	"feedback": {RecipientsTable, DeliveriesTable, ControlTable, AuditTable, Clock},
	"web":      {RecipientsTable, DeliveriesTable, ControlTable, AuditTable, Site, LinkKey, Mail, Clock, Copies, Approval, LeadTimes},
	"imports":  {RecipientsTable, ControlTable, ImportQueue, Bucket, LinkKey, Clock},
	"publish":  {ControlTable, Bucket, LeadTimes},
	"watch":    {ControlTable, WatchedPage},
	"operate":  {RecipientsTable, DeliveriesTable, ControlTable, AuditTable, Bucket, Site, LinkKey, Mail, Pace, Clock, Approval, LeadTimes},
}

// Functions lists the functions in order.
func Functions() []string {
	var names []string
	for name := range parts {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Variables lists the environment variables of a function, in order.
func Variables(function string) []string {
	var names []string
	for _, p := range parts[function] {
		names = append(names, variables[p]...)
	}
	slices.Sort(names)
	return names
}

// brandVariables names where a field of the brand comes from.
var brandVariables = map[string]string{"Company": "COMPANY", "PostalAddress": "POSTAL_ADDRESS", "From": "MAIL_FROM", "FromMandatory": "MAIL_FROM_MANDATORY",
	"ReplyTo": "REPLY_TO", "LogoURL": "LOGO_URL", "Colour": "BRAND_COLOUR", "ListID": "LIST_ID"}

// optional variables may be empty.
var optional = []string{"LINK_KEY_IDS_OLD", "MAIL_FROM_MANDATORY", "LOGO_URL", "BRAND_COLOUR", "WATCH_URL", "WATCH_TAKE", "WATCH_DROP", "WATCH_LANGUAGE", "APPROVERS"}

// Optional tells whether a variable may be empty.
func Optional(variable string) bool { return slices.Contains(optional, variable) }

// Load reads the configuration of a function from its environment.
func Load(function string, getenv func(string) string) (Config, error) {
	r := reader{getenv: getenv, wanted: Variables(function)}
	c := Config{
		Tables:    Tables{r.text("RECIPIENTS_TABLE"), r.text("DELIVERIES_TABLE"), r.text("CONTROL_TABLE"), r.text("AUDIT_TABLE")},
		SendQueue: r.text("SEND_QUEUE_URL"), ImportQueue: r.text("IMPORT_QUEUE_URL"), Bucket: r.text("BUCKET"), BaseURL: r.site("BASE_URL"),
		LinkKeys:         LinkKeys{r.text("LINK_KEY_ARN"), r.text("LINK_KEY_ID"), r.list("LINK_KEY_IDS_OLD")},
		ConfigurationSet: r.text("CONFIGURATION_SET"),
		CopyLimit:        r.number("COPY_LIMIT", 1, 100),
		ChangeLead:       r.number("CHANGE_LEAD_DAYS", 0, 365), EditLead: r.number("EDIT_LEAD_DAYS", 0, 365),
		Watch: Watch{r.text("WATCH_POLICY"), r.text("WATCH_URL"), r.text("WATCH_TAKE"), r.text("WATCH_DROP"), r.text("WATCH_LANGUAGE")},
		Brand: brand.Brand{Company: r.text("COMPANY"), PostalAddress: r.text("POSTAL_ADDRESS"), From: r.text("MAIL_FROM"), FromMandatory: r.text("MAIL_FROM_MANDATORY"),
			ReplyTo: r.text("REPLY_TO"), LogoURL: r.text("LOGO_URL"), Colour: r.text("BRAND_COLOUR"), ListID: r.text("LIST_ID")},
	}
	if slices.Contains(parts[function], Mail) {
		for _, f := range c.Brand.Faults() {
			if f.Reason != "is missing" { // text has said so
				r.fault(brandVariables[f.Field], f.Reason)
			}
		}
	}
	// Waits that fit the template: a worker lives 120 s, its queue shows a message
	// again after 720 s.
	c.Settings = delivery.Settings{Policy: r.text("ANNUAL_POLICY"), LeadDays: r.number("LEAD_DAYS", 0, 90), Share: r.share("SEND_SHARE"),
		SliceSize: r.number("SLICE_SIZE", 1, 100), Concurrency: r.number("SEND_CONCURRENCY", 2, 1000), Tick: time.Minute, Lease: 180 * time.Second, AuditDelay: 15 * time.Minute,
		SettleWindow: 24 * time.Hour, SendTimeout: 15 * time.Second}
	if c.Settings.Policy != "" {
		if err := notice.CheckPolicyName(c.Settings.Policy); err != nil {
			r.fault("ANNUAL_POLICY", err.Error())
		}
	}
	switch r.text("TWO_APPROVERS") {
	case "yes":
		c.TwoApprovers = true
	case "no", "":
	default:
		r.fault("TWO_APPROVERS", "must be yes or no")
	}
	var faults []error
	c.Approvers, faults = Approvers(r.list("APPROVERS"))
	for _, err := range faults {
		r.fault("APPROVERS", err.Error())
	}
	if c.Watch.Policy != "" {
		if err := notice.CheckPolicyName(c.Watch.Policy); err != nil {
			r.fault("WATCH_POLICY", err.Error())
		}
	}
	if u, err := url.Parse(c.Watch.URL); c.Watch.URL != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
		r.fault("WATCH_URL", fmt.Sprintf("is %q; it must be like https://www.example.com/privacy", c.Watch.URL))
	}
	if len(r.faults) > 0 {
		return c, fmt.Errorf("configuration of %s:\n%w", function, errors.Join(r.faults...))
	}
	return c, nil
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

// reader collects faults and ignores what the function did not ask for.
type reader struct {
	getenv func(string) string
	wanted []string
	faults []error
}

func (r *reader) fault(name, what string) {
	r.faults = append(r.faults, fmt.Errorf("%s %s", name, what))
}

func (r *reader) text(name string) string {
	if !slices.Contains(r.wanted, name) {
		return ""
	}
	v := strings.TrimSpace(r.getenv(name))
	if v == "" && !Optional(name) {
		r.fault(name, "is not set")
	}
	return v
}

func (r *reader) list(name string) []string {
	return strings.FieldsFunc(r.text(name), func(c rune) bool { return c == ',' || c == ' ' })
}

func (r *reader) site(name string) string {
	v := r.text(name)
	if u, err := url.Parse(v); v != "" && (err != nil || u.Scheme != "https" || u.Host == "" || strings.HasSuffix(v, "/")) {
		r.fault(name, fmt.Sprintf("is %q; it must be like https://privacy.example.com, without a slash at the end", v))
	}
	return v
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
