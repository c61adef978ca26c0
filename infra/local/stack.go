// Package local is the whole product in one process: the same handlers, fed with
// the same events, on an embedded store, with an inbox instead of SES and a clock
// that can be moved.
package local

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"policymail/shared/assembly"
	"policymail/shared/assembly/operations"
	"policymail/shared/assembly/site"
	"policymail/shared/brand"
	"policymail/shared/config"
	"policymail/shared/delivery"
	"policymail/shared/handlers"
	"policymail/shared/imports"
	"policymail/shared/mail"
	"policymail/shared/notice"
	"policymail/shared/operate"
	"policymail/shared/policy"
	"policymail/shared/publish"
	"policymail/shared/startup"
	"policymail/shared/store"
	"policymail/shared/store/bolt"
	"policymail/shared/store/dynamo"
	"policymail/shared/token"
	"policymail/shared/watch"
)

// Options are the flags of `policymail local`.
type Options struct {
	Addr     string // where to listen, like "127.0.0.1:8080"
	Data     string // folder kept across restarts; empty keeps nothing
	Demo     bool   // play the demonstration
	DynamoDB string // endpoint of a DynamoDB to use instead of the embedded store
	Watch    string // address of the policy's public page; empty watches nothing
	// Selectors say what of the page is the policy, Language what it is expected in.
	Selectors watch.Selectors
	Language  string
	// TwoApprovers asks for a second person's approval before a run starts.
	TwoApprovers bool
	// Approvers are mailed what waits for approval and what changed on the page; the demonstration has one.
	Approvers []string
	SESRate   float64 // messages a second the local SES accepts
	SESQuota  float64 // messages in 24 hours; -1 for no limit
	Out       io.Writer
	Log       *slog.Logger     // errors to the terminal if nil
	Now       func() time.Time // what the clock starts from; time.Now if nil
}

// Check reports everything that cannot be used, at once, by the names of the flags.
func (o Options) Check() error {
	_, err := o.approvers()
	return errors.Join(err, o.Selectors.Check())
}

// approvers are those named, else of the demonstration its own.
func (o Options) approvers() ([]string, error) {
	if o.Demo && len(o.Approvers) == 0 {
		return []string{officer}, nil
	}
	approvers, faults := config.Approvers(o.Approvers)
	for i, fault := range faults {
		faults[i] = notice.Invalid("--approver %v", fault)
	}
	return approvers, errors.Join(faults...)
}

// Stack is a running local policymail.
type Stack struct {
	URL       string
	clock     *Clock
	engine    *engine
	faults    *faults
	inbox     *inbox
	bucket    *bucket
	gallery   *gallery
	announced *announcements
	queues    []*queue
	functions map[string]lambda.Handler
	pace      *schedule
	ses       *simulatedSES
	announce  *schedule // of what waits for approval
	db        store.Store
	file      *bolt.Store // under db; nil for DynamoDB
	erased    atomic.Bool // somebody, since the file was written anew
	closeDB   func() error
	log       *slog.Logger
	server    *http.Server
	folder    string // of everything that is kept
	temp      bool   // remove the folder at the end
}

// example is whose notices the local stack sends.
var example = brand.Brand{Company: "Example Company", PostalAddress: "1 Example Street, 12345 Example City",
	From: "Example Company Privacy <privacy@example.com>", FromMandatory: "Example Company Legal <legal@example.com>",
	ReplyTo: "privacy-help@example.com", ListID: "privacy.example.com", Colour: "#1a4f9c"}

// settings of the local stack: those of the template, with shorter waits.
var settings = delivery.Settings{Policy: "privacy", LeadDays: 14, Share: 0.8, SliceSize: 50, Concurrency: senders, Tick: time.Second,
	Lease: 20 * time.Second, AuditDelay: 2 * time.Second, SettleWindow: 24 * time.Hour, SendTimeout: 5 * time.Second}

// senders is how many send functions work at once.
const senders = 4

// visibility is six times the time a worker may take, as in the template.
const visibility = 30 * time.Second

// Run serves the stack until the context ends.
func Run(ctx context.Context, o Options) error {
	s, err := Start(ctx, o)
	if err != nil {
		return err
	}
	defer s.Close()
	fmt.Fprintf(o.Out, "ready %s\n", s.URL)
	if o.Demo {
		if err := s.demo(ctx, o.Out); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	<-ctx.Done()
	return nil
}

// Start brings the stack up and returns once it serves.
func Start(ctx context.Context, o Options) (s *Stack, err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if err := o.Check(); err != nil {
		return nil, err
	}
	if o.Approvers, err = o.approvers(); err != nil {
		return nil, err
	}
	s = &Stack{clock: &Clock{real: o.Now}, faults: newFaults(),
		log: slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))}
	if o.Log != nil {
		s.log = o.Log
	}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	listener, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return s, notice.Refused("cannot listen on %s: %v", o.Addr, err).Hint("choose another address with --addr, like 127.0.0.1:0 for any free port")
	}
	s.URL = "http://" + listener.Addr().String()
	secret, err := s.open(ctx, o)
	if err != nil {
		listener.Close()
		return s, err
	}
	if err := s.wire(ctx, secret, o); err != nil {
		listener.Close()
		return s, err
	}
	s.server = &http.Server{Handler: s.routes(), ReadHeaderTimeout: 10 * time.Second}
	go s.server.Serve(listener)
	go s.engine.loop(ctx)
	return s, nil
}

// open opens the store, the clock and the secret of the links.
func (s *Stack) open(ctx context.Context, o Options) (secret token.Secret, err error) {
	s.folder, s.temp = o.Data, o.Data == ""
	if s.temp {
		if s.folder, err = os.MkdirTemp("", "policymail-"); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(s.folder, 0o700); err != nil {
		return nil, err
	}
	if o.DynamoDB != "" {
		s.db, err = openDynamoDB(ctx, o.DynamoDB)
	} else {
		var file *bolt.Store
		if file, err = bolt.Open(s.path("policymail.db"), !s.temp); err == nil {
			s.db, s.file, s.closeDB = erasing{file, &s.erased}, file, file.Close
		}
	}
	if err != nil {
		return nil, err
	}
	var offset duration
	if err := s.load("clock.json", &offset); err != nil {
		return nil, err
	}
	s.clock.offset = time.Duration(offset)
	secret, err = os.ReadFile(s.path("secret"))
	if errors.Is(err, os.ErrNotExist) {
		secret = []byte(rand.Text() + rand.Text())
		err = os.WriteFile(s.path("secret"), secret, 0o600)
	}
	return secret, err
}

// openDynamoDB uses a DynamoDB endpoint; tables that are missing are made as
// template.yaml defines them.
func openDynamoDB(ctx context.Context, endpoint string) (store.Store, error) {
	client := dynamodb.New(dynamodb.Options{BaseEndpoint: &endpoint, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")})
	tables := dynamo.Tables{Recipients: "policymail-recipients", Deliveries: "policymail-deliveries", Control: "policymail-control", Audit: "policymail-audit"}
	if err := dynamo.CreateTables(ctx, client, tables); err != nil {
		return nil, fmt.Errorf("tables at %s: %w", endpoint, err)
	}
	return dynamo.New(client, tables), nil
}

// wire connects the services as the function mains do in AWS.
func (s *Stack) wire(ctx context.Context, secret token.Secret, o Options) error {
	keys, err := token.NewKeys(ctx, secret, "k1")
	if err != nil {
		return err
	}
	s.engine = newEngine(s.clock)
	send := s.queue("send", 1, senders)
	feedback := s.queue("events", 10, 2)
	importing := s.queue("imports", 1, 1)
	if err := s.outside(o, feedback, importing); err != nil {
		return err
	}
	env := s.env(o)
	letters, err := mail.New(env.Brand, env.Links(keys), env.Now)
	if err != nil {
		return err
	}
	s.gallery = &gallery{env: env, letters: letters, keys: keys}
	s.functions = map[string]lambda.Handler{}
	for name, handler := range s.handlers(o, env, keys, letters, send, importing) {
		s.functions[name] = lambda.NewHandler(handler)
	}
	for _, name := range []string{"web", "operate"} {
		s.functions[name] = tidied{s.functions[name], s.file, &s.erased}
	}
	send.handler, feedback.handler, importing.handler = s.functions["send"], s.functions["feedback"], s.functions["imports"]
	if err := s.loadQueues(); err != nil {
		return err
	}
	s.schedules(o)
	return nil
}

// outside opens what stands for services of AWS: the inbox and SES, whose events go to
// feedback, the bucket, whose files to import go to importing, and the event bus.
func (s *Stack) outside(o Options, feedback, importing *queue) (err error) {
	objects := s.path("bucket")
	if err := os.MkdirAll(objects, 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(objects)
	if err != nil {
		return err
	}
	s.bucket = &bucket{base: s.URL, root: root, clock: s.clock, queue: importing}
	s.bucket.policy = func(ctx context.Context, event []byte) {
		s.call(ctx, "publish", event)
		if len(o.Approvers) > 0 {
			s.announce.plan(s.clock.Now().Add(announcingTick))
			s.engine.poke()
		}
	}
	if s.inbox, err = openInbox(s.path("inbox.jsonl")); err != nil {
		return err
	}
	s.ses = &simulatedSES{clock: s.clock, faults: s.faults, inbox: s.inbox, events: feedback, rate: o.SESRate, quota: o.SESQuota}
	s.ses.remember()
	s.announced = &announcements{}
	return nil
}

// handlers are those of the functions, by name.
func (s *Stack) handlers(o Options, env startup.Env, keys *token.Keys, letters *mail.Writer, send, importing *queue) map[string]any {
	workers := store.Store(mortal{s.db, s.faults.step})
	post := mail.Post{Letters: letters, Mailer: s.ses}
	jobs := imports.Jobs{Importer: imports.Importer{Store: s.db, ID: keys.RecipientID, LeadDays: settings.LeadDays, Now: env.Now},
		Objects: s.bucket, Documents: s.db, Queue: pieces[imports.Part]{importing}}
	return map[string]any{
		"annual": handlers.Annual(delivery.Annual{Store: workers, Settings: settings, Now: env.Now}, s.log),
		"pace": handlers.Pace(delivery.Pacer{Store: workers, Queue: pieces[delivery.Slice]{send}, Account: s.ses,
			Settings: settings, Now: env.Now, Log: s.log}),
		"send": handlers.Send(delivery.Sender{Store: workers, Mailer: mortalMailer{s.ses, s.faults.step}, Letters: letters,
			Settings: settings, Now: env.Now, Sleep: s.clock.Sleep, Log: s.log}),
		"feedback": handlers.Feedback(delivery.Feedback{Store: workers, Suppress: env.Preferences(workers).Suppress,
			Settings: settings, Now: env.Now, Log: s.log}),
		"web":     handlers.Web(site.New(env, s.db, keys, post, s.announced).Handler()),
		"imports": handlers.Imports(jobs, s.log),
		"watch": watch.Watcher{Store: s.db, Pages: watch.Fetcher{Private: true}, Now: env.Now, Log: s.log,
			Settings: watch.Settings{Policy: settings.Policy, URL: o.Watch, Selectors: o.Selectors, Language: o.Language, Apart: watch.ReadingsApart}}.Look,
		"publish": handlers.Publish(publish.Folder{Publisher: assembly.Publisher(env, s.db), Objects: s.bucket, Log: s.log}.Publish),
		"operate": operations.New(env, s.db, keys, operations.Outside{Post: post, Account: s.ses, Announce: s.announced, UploadURL: s.bucket.uploadURL}).Run,
	}
}

// env is what a function's environment is in AWS: the parameters as the template sets
// them, with shorter waits, and the clock that can be moved.
func (s *Stack) env(o Options) startup.Env {
	return startup.Env{Log: s.log, Now: s.clock.Now, Config: config.Config{
		BaseURL: s.URL, Brand: example, Settings: settings, CopyLimit: 2, AnswerDays: notice.AnswerDays,
		ChangeLead: policy.UsualLeads.Substantive, EditLead: policy.UsualLeads.Editorial,
		TwoApprovers: o.TwoApprovers, Approvers: o.Approvers,
	}}
}

func (s *Stack) queue(name string, batch, concurrency int) *queue {
	q := &queue{name: name, clock: s.clock, faults: s.faults, log: s.log, batch: batch, concurrency: concurrency,
		visibility: visibility, maxReceive: 20, poke: s.engine.poke}
	s.queues = append(s.queues, q)
	s.engine.add(q)
	return q
}

// readingTick is how often the policy's page is read.
const readingTick = 6 * time.Hour

// annualHour is when the daily trigger comes, in UTC.
const annualHour = 3

// schedules plans the daily trigger and the pacer. The pacer sleeps while there is
// no run it could advance, so that a year can be travelled in a moment.
func (s *Stack) schedules(o Options) {
	daily := &schedule{call: func(ctx context.Context, now time.Time) { s.trigger(ctx, "annual") }}
	daily.after = nextAnnual
	daily.plan(daily.after(s.clock.Now()))
	s.pace = &schedule{call: func(ctx context.Context, now time.Time) { s.trigger(ctx, "pace") }, after: s.nextPace}
	s.pace.plan(s.clock.Now())
	// One minute later the requests are looked after, by an event for operate.
	requests := &schedule{call: func(ctx context.Context, now time.Time) { s.call(ctx, "operate", operate.Scheduled) }}
	requests.after = func(now time.Time) time.Time { return nextAnnual(now).Add(time.Minute) }
	requests.plan(requests.after(s.clock.Now()))
	s.announce = &schedule{call: func(ctx context.Context, now time.Time) { s.call(ctx, "operate", operate.Announcing) }, after: s.nextAnnouncing}
	if len(o.Approvers) > 0 {
		s.announce.plan(s.clock.Now())
	}
	s.engine.add(s.announce)
	s.engine.add(daily)
	s.engine.add(requests)
	if o.Watch != "" {
		readings := &schedule{call: func(ctx context.Context, now time.Time) { s.read(ctx, now, len(o.Approvers) > 0) },
			after: func(now time.Time) time.Time { return now.Truncate(readingTick).Add(readingTick) }}
		readings.plan(readings.after(s.clock.Now()))
		s.engine.add(readings)
	}
	s.engine.add(s.pace)
}

// read has the page read; approvers are told of it by the schedule that tells them of runs.
func (s *Stack) read(ctx context.Context, now time.Time, approvers bool) {
	s.trigger(ctx, "watch")
	if approvers {
		s.announce.plan(now.Add(announcingTick))
	}
}

// nextAnnual is when the daily trigger comes next after an instant.
func nextAnnual(now time.Time) time.Time {
	next := time.Date(now.Year(), now.Month(), now.Day(), annualHour, 0, 0, 0, time.UTC)
	if !next.After(now) {
		next = next.AddDate(0, 0, 1)
	}
	return next
}

// announcingTick is how often approvers are told what waits, while anything does.
const announcingTick = 15 * time.Minute

func (s *Stack) nextAnnouncing(now time.Time) (next time.Time) {
	open, err := s.db.OpenRuns(context.Background())
	for _, run := range open {
		if run.State == notice.Waiting {
			return now.Add(announcingTick)
		}
	}
	if err != nil {
		return now.Add(announcingTick)
	}
	return next
}

// settlingTick is how often the pacer looks while runs only wait: for proof, or for
// the daily quota.
const settlingTick = 10 * time.Minute

func (s *Stack) nextPace(now time.Time) (next time.Time) {
	open, err := s.db.OpenRuns(context.Background())
	if err != nil {
		return now.Add(settings.Tick)
	}
	for _, run := range open {
		if run.State != notice.Running {
			continue
		}
		if !run.Settling && !s.ses.full(settings.Share) {
			return now.Add(settings.Tick)
		}
		next = now.Add(settlingTick)
	}
	return next
}

// trigger invokes a scheduled function. One that fails or is killed is triggered
// again by its next tick.
func (s *Stack) trigger(ctx context.Context, name string) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(killed); !ok {
				panic(r)
			}
		}
		if name != "pace" {
			s.invoked()
		}
	}()
	s.call(ctx, name, []byte("{}"))
}

// call invokes a function for an event.
func (s *Stack) call(ctx context.Context, name string, event []byte) {
	if _, err := s.functions[name].Invoke(ctx, event); err != nil && ctx.Err() == nil {
		s.log.Error("function failed", "function", name, "error", err.Error())
	}
}

// invoked wakes the pacer: a function may have opened, resumed or queued something.
func (s *Stack) invoked() {
	s.pace.plan(s.clock.Now())
	s.engine.poke()
}

// decided follows a decision of an approver on their page: the run may have started, or
// been rejected, of which the others are told.
func (s *Stack) decided() {
	s.announce.plan(s.clock.Now().Add(announcingTick))
	s.invoked()
}

// Close ends the server and gives the files back.
func (s *Stack) Close() error {
	var faults []error
	if s.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		if err := s.server.Shutdown(ctx); err != nil {
			faults = append(faults, s.server.Close())
		}
	}
	if s.engine != nil {
		s.engine.turn.Lock() // the turn under way ends first
		defer s.engine.turn.Unlock()
	}
	if s.inbox != nil {
		faults = append(faults, s.inbox.file.Close())
	}
	if s.bucket != nil {
		faults = append(faults, s.bucket.root.Close())
	}
	if s.gallery != nil {
		faults = append(faults, s.gallery.close())
	}
	if s.closeDB != nil {
		faults = append(faults, s.closeDB())
	}
	if s.temp {
		faults = append(faults, os.RemoveAll(s.folder))
	} else if s.engine != nil {
		faults = append(faults, s.keep("clock.json", duration(s.clock.offset)), s.keepQueues())
	}
	return errors.Join(faults...)
}
