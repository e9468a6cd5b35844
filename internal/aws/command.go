// Package aws is the command `aws`, carried out natively: bound by the API models,
// sent with the SDK's signer, printed as the AWS CLI v2 prints it.
package aws

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/opsbook/opsbook/internal/aws/accounts"
	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/render"
	"github.com/opsbook/opsbook/internal/aws/wire"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Options say where the calls of a Command go.
type Options struct {
	Environment procedures.Environment
	// Transport answers instead of the network; the sandbox's in its environment.
	Transport http.RoundTripper
}

// Command is the command aws in one environment. It is safe for concurrent use.
type Command struct {
	environment procedures.Environment
	transport   http.RoundTripper
	accounts    accounts.Accounts
	pace        wire.Pace

	mu       sync.Mutex
	verified map[string]error // accounts that were compared with the environment's, by access key
	answers  map[string]cached
}

type cached struct {
	at    time.Time
	value *document.Object
}

// New returns the command for an environment.
func New(o Options) *Command {
	return &Command{environment: o.Environment, transport: o.Transport, verified: map[string]error{}, answers: map[string]cached{}}
}

// Version names the models that the command was made from.
func Version() string { return models.Heads().Botocore }

// Run carries out one command line and returns the AWS CLI's exit status.
func (c *Command) Run(ctx context.Context, inv *procedures.Invocation) int {
	r := &run{Command: c, inv: inv, started: time.Now()}
	status := r.carryOut(ctx)
	if ctx.Err() != nil {
		status = 130
	}
	return status
}

// run is one carrying out.
type run struct {
	*Command
	inv     *procedures.Invocation
	started time.Time
	line    *bind.Line // nil of a line that is not one call
	globals bind.Globals
	id      accounts.Identity
	call    procedures.Call
	output  string // the format

	simulated atomic.Bool // an answer was empty because the sandbox does not have the operation
}

func (r *run) carryOut(ctx context.Context) int {
	if len(r.inv.Args) > 1 && r.inv.Args[1] == "--version" {
		fmt.Fprintf(r.inv.Stdout, "aws-cli/%s opsbook\n", strings.TrimPrefix(Version(), "AWS CLI "))
		return 0
	}
	if status, ok := r.custom(ctx); ok {
		return status
	}
	line, err := bind.Parse(r.inv.Args[1:], r.inv.Files)
	if err != nil {
		return r.fail(ctx, err)
	}
	r.line, r.globals = line, line.Globals
	name := bind.CommandOf(line.Service.Name) + " " + bind.Dashed(line.Operation.Name)
	entry := knowledge.Of(line.Service.Name, line.Operation.Name)
	r.call = procedures.Call{Command: name, Args: r.inv.Args[1:], Effect: entry.Effect, Line: r.inv.Line}
	if line.Waiter != nil {
		r.call.Command = bind.CommandOf(line.Service.Name) + " wait " + bind.Dashed(line.Waiter.Name)
	}
	if line.Skeleton == "input" || line.Skeleton == "yaml-input" {
		return r.skeleton()
	}
	if r.inv.Planning && entry.Effect.Changes() && line.Skeleton == "" {
		r.call.Planned = planned(name, r.inv.Args[1:], entry, line.Input, r.inv.Line)
		r.report()
		return 0
	}
	if r.inv.Planning && line.Waiter != nil {
		return 0 // what it would wait for is not made
	}
	client, err := r.client(ctx, line.Service)
	if err != nil {
		return r.fail(ctx, err)
	}
	if r.output = r.format(); !slices.Contains(render.Formats, r.output) {
		return r.fail(ctx, &bind.Error{Message: "Unknown output type: " + r.output, Status: bind.ExitGeneral})
	}
	switch {
	case line.Skeleton == "output":
		err = r.sample()
	case line.Waiter != nil:
		err = r.wait(ctx, client)
	case line.Paging.Auto && line.Operation.Service.Paginators[line.Operation.Name] != nil:
		err = r.pages(ctx, client)
	default:
		err = r.once(ctx, client)
	}
	if err != nil {
		return r.fail(ctx, err)
	}
	r.report()
	return 0
}

// planned says what a call will do.
func planned(name string, args []string, entry knowledge.Operation, input *document.Object, line int) *procedures.PlannedCall {
	return &procedures.PlannedCall{
		Command: name, Args: args, Effect: entry.Effect, Does: entry.Sentence(input), Resource: entry.Resource(input), ReadCommand: entry.TellingRead(input), Actions: entry.Actions, Price: entry.Price, Line: line,
	}
}

// variable looks one of the script up and, but on the sandbox, one of the machine.
func (r *run) variable(name string) (string, bool) {
	if r.inv.Env != nil {
		if v, ok := r.inv.Env(name); ok {
			return v, true
		}
	}
	if r.environment.Sandbox() {
		return "", false
	}
	return os.LookupEnv(name)
}

func (r *run) format() string {
	if r.globals.Output != "" {
		return r.globals.Output
	}
	if v, ok := r.variable("AWS_DEFAULT_OUTPUT"); ok && v != "" {
		return v
	}
	if r.id.Output != "" {
		return r.id.Output
	}
	return "json"
}

// client makes the client of this call: its identity, its region, its endpoint.
func (r *run) client(ctx context.Context, service *models.Service) (*wire.Client, error) {
	g := r.globals
	var err error
	if r.id, err = r.accounts.Load(ctx, r.environment, g.Profile, g.Region, r.variable); err != nil {
		return nil, err
	}
	r.call.Region = r.id.Region
	r.call.Account = r.environment.Account
	endpoint := g.Endpoint
	if endpoint == "" {
		endpoint = accounts.Endpoint(r.environment, service.ServiceID, r.id.Addresses, r.variable)
	}
	transport := r.transport
	if transport == nil {
		transport = r.id.Transport
	}
	client := &wire.Client{
		Pace: &r.pace, Account: r.environment.Account + " " + r.id.Profile,
		Credentials: r.id.Credentials, Region: r.id.Region, Endpoint: endpoint, Unsigned: g.Unsigned,
		HTTP: &http.Client{Transport: marking{r, transport}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		Retrying: func(op *models.Operation, attempt int, wait time.Duration, err error) {
			r.call.Retries = attempt
			if r.inv.Note != nil {
				r.inv.Note(fmt.Sprintf("%s: %s; trying again in %s", op.Name, reason(err), wait.Round(10*time.Millisecond)))
			}
		},
	}
	client.Pacing = func(op *models.Operation, wait time.Duration) {
		if r.inv.Note != nil {
			r.inv.Note(fmt.Sprintf("%s: %s had too many calls from this account in %s; this one's turn is in %s", op.Name, op.Service.ServiceID, r.id.Region, wait.Round(10*time.Millisecond)))
		}
	}
	if v, ok := r.variable("AWS_MAX_ATTEMPTS"); ok {
		client.Attempts, _ = strconv.Atoi(v) // 0, the usual, where it is no number
	}
	if seconds, err := strconv.Atoi(g.ReadTimeout); err == nil {
		client.Silence = time.Duration(seconds) * time.Second
		if seconds == 0 {
			client.Silence = -1
		}
	}
	return client, r.verify(ctx, client)
}

func reason(err error) string {
	var e *wire.ServiceError
	if errors.As(err, &e) {
		return e.Code
	}
	return err.Error()
}

// verify compares the account of the credentials with the environment's twelve digits, once for each profile.
func (r *run) verify(ctx context.Context, client *wire.Client) error {
	want := r.environment.Account
	if len(want) != 12 || r.environment.Sandbox() {
		return nil
	}
	key := r.id.Profile
	if credentials, err := r.id.Credentials.Retrieve(ctx); err == nil { // a script may have assumed a role
		key = credentials.AccessKeyID
	}
	r.mu.Lock()
	err, known := r.verified[key]
	r.mu.Unlock()
	if known {
		return err
	}
	s, err := models.Load("sts")
	if err != nil {
		return err
	}
	response, err := client.Do(ctx, s.Operation("GetCallerIdentity"), nil)
	if err != nil {
		return fmt.Errorf("find out which account these credentials are of: %w", err)
	}
	have, _ := response.Output.Get("Account")
	err = nil
	if have != want {
		err = &bind.Error{Message: fmt.Sprintf("these credentials are of account %v, the environment %s is account %s: nothing was sent", have, r.environment.Name, want), Status: bind.ExitConfig}
	}
	r.mu.Lock()
	r.verified[key] = err
	r.mu.Unlock()
	return err
}

func (r *run) once(ctx context.Context, client *wire.Client) error {
	response, err := client.Do(ctx, r.line.Operation, r.line.Input)
	if err != nil {
		return err
	}
	r.call.Requests, r.call.Retries = 1, response.Retries
	if response.Body != nil {
		if err := r.save(response); err != nil {
			return err
		}
	}
	r.call.Document = response.Output
	r.hideSecrets(r.line.Operation, response.Output)
	return r.print(response.Output)
}

// save writes a streaming body into the outfile.
func (r *run) save(response *wire.Response) error {
	defer response.Body.Close()
	w := io.Discard
	switch name := r.line.Outfile; name {
	case "-", "/dev/stdout":
		w = r.inv.Stdout
	case "/dev/null":
	default:
		f, err := r.inv.Files.Create(name, false)
		if err != nil {
			return &bind.Error{Message: bind.OSError(err, name), Status: bind.ExitGeneral}
		}
		defer f.Close()
		w = f
	}
	_, err := io.Copy(w, response.Body)
	return err
}

func (r *run) pages(ctx context.Context, client *wire.Client) error {
	key := r.cacheKey()
	if key != "" {
		if whole, age, ok := r.remembered(key); ok {
			if r.inv.Note != nil {
				r.inv.Note(fmt.Sprintf("Answer of %s ago: each request costs $%.2f, so it is kept for an hour.", age.Round(time.Minute), knowledge.Of(r.line.Service.Name, r.line.Operation.Name).Price))
			}
			r.call.Document = whole
			return r.print(whole)
		}
	}
	if r.line.Paging.Limited && r.line.Paging.MaxItems <= 0 {
		fmt.Fprintln(r.inv.Stderr, "warning: Non-positive values for --max-items may result in undefined behavior.")
	}
	p, err := wire.NewPages(client, r.line.Operation, r.line.Input, wire.PageOptions{MaxItems: r.line.Paging.MaxItems, Limited: r.line.Paging.Limited, PageSize: r.line.Paging.PageSize, StartingToken: r.line.Paging.StartingToken})
	if err != nil {
		return err
	}
	whole := &document.Object{}
	first := true
	err = p.Each(ctx, func(page *document.Object) error {
		p.Merge(whole, page)
		r.hideSecrets(r.line.Operation, page)
		defer func() { first = false }()
		if r.output != "text" && r.output != "yaml-stream" {
			return nil
		}
		if r.output == "text" {
			page = p.Part(page, first)
		}
		return r.print(page)
	})
	r.call.Requests, r.call.Retries = p.Requests, p.Retries
	var closed *closedError
	if err != nil && !errors.As(err, &closed) {
		return err
	}
	p.Finish(whole)
	r.call.Document = whole
	switch {
	case closed != nil || r.output == "yaml-stream":
		return nil //nolint:nilerr // whoever reads it has seen enough
	case r.output == "text":
		if p.ResumeToken != "" {
			return r.print(document.NewObject(document.Member{Name: "NextToken", Value: document.NewObject(document.Member{Name: "NextToken", Value: p.ResumeToken})}))
		}
		return nil
	}
	r.remember(key, whole)
	return r.print(whole)
}

// cacheKey is set for requests that are billed one by one, on a real account.
func (r *run) cacheKey() string {
	if r.environment.Sandbox() || knowledge.Of(r.line.Service.Name, r.line.Operation.Name).Price == 0 {
		return ""
	}
	text, err := document.Marshal(r.line.Input)
	if err != nil {
		return ""
	}
	return r.line.Service.Name + " " + r.line.Operation.Name + " " + r.id.Profile + " " + string(text)
}

func (r *run) remembered(key string) (*document.Object, time.Duration, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.answers[key]
	age := time.Since(c.at)
	return c.value, age, ok && age < time.Hour
}

func (r *run) remember(key string, v *document.Object) {
	if key == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for k, c := range r.answers {
		if time.Since(c.at) > time.Hour || len(r.answers) > 500 {
			delete(r.answers, k)
		}
	}
	r.answers[key] = cached{time.Now(), v}
}

func (r *run) wait(ctx context.Context, client *wire.Client) error {
	last, err := wire.Wait(ctx, client, r.line.Waiter, r.line.Operation, r.line.Input, func(n, of int, wait time.Duration) {
		if r.inv.Note != nil {
			r.inv.Note(fmt.Sprintf("Waiting for %s: attempt %d of %d, the next in %s", bind.Dashed(r.line.Waiter.Name), n, of, wait))
		}
	})
	r.call.Document = last
	if err == nil {
		entry := knowledge.Of(r.line.Service.Name, r.line.Operation.Name)
		r.call.RuleVerdict = &procedures.Judgement{Verdict: procedures.Passed, Reason: fmt.Sprintf("Waited for %s until %s.", entry.Resource(r.line.Input), strings.ReplaceAll(bind.Dashed(r.line.Waiter.Name), "-", " "))}
	}
	return err
}

// closedError says that nobody reads the output any more.
type closedError struct{ err error }

func (e *closedError) Error() string { return e.err.Error() }

// print applies --query and prints in the format that was asked for.
func (r *run) print(v document.Value) error {
	if q := r.globals.Expression; q != nil {
		var err error
		if v, err = q.Search(v); err != nil {
			return &bind.Error{Message: err.Error(), Status: bind.ExitGeneral}
		}
	}
	if o, ok := v.(*document.Object); ok && o == nil {
		v = &document.Object{}
	}
	w := &watched{Writer: r.inv.Stdout}
	if err := render.Write(w, r.output, r.line.Operation.Name, v); err != nil {
		if w.failed {
			return &closedError{err}
		}
		return &bind.Error{Message: err.Error(), Status: bind.ExitGeneral}
	}
	return nil
}

// watched remembers that writing failed.
type watched struct {
	io.Writer
	failed bool
}

func (w *watched) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	w.failed = w.failed || err != nil
	return n, err
}

// report tells what was done, with the reading of the answer.
func (r *run) report() {
	if r.inv.Report == nil {
		return
	}
	r.call.Duration = time.Since(r.started)
	if r.simulated.Load() && r.call.RuleVerdict == nil {
		r.call.RuleVerdict = knowledge.Empty(r.call.Command)
	}
	if r.call.Planned == nil && r.call.RuleVerdict == nil && r.line != nil {
		entry, now := knowledge.Of(r.line.Service.Name, r.line.Operation.Name), r.inv.Now()
		r.call.RuleVerdict = entry.Judge(r.line.Input, r.call.Document, now, r.variable)
		r.call.ResourceVerdicts = entry.ResourceVerdicts(r.line.Input, r.call.Document, now, r.variable)
	}
	r.inv.Report(r.call)
}
