// Package aws is the native command `aws`: bound by the API models,
// sent with the SDK's signer, printed as the AWS CLI v2 prints it.
package aws

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/check"
	"github.com/opsbook/opsbook/internal/aws/custom"
	"github.com/opsbook/opsbook/internal/aws/endpoints"
	"github.com/opsbook/opsbook/internal/aws/inspect"
	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/recent"
	"github.com/opsbook/opsbook/internal/aws/render"
	"github.com/opsbook/opsbook/internal/aws/session"
	"github.com/opsbook/opsbook/internal/aws/wire"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Options say where the calls of a Command go.
type Options struct {
	Environment procedures.Environment
	// Transport answers instead of the network; the sandbox's in its environment.
	Transport http.RoundTripper
	// Addresses guards the addresses that lines and scripts name, in place of the environment's own; nil allows all.
	Addresses session.Addresses
}

// Command is the command aws in one environment. It is safe for concurrent use.
type Command struct {
	connector session.Connector
	described *recent.Cache[procedures.LineInfo]
	bound     *recent.Cache[bound]

	mu      sync.Mutex
	answers map[string]cached
}

// cached is an answer that was paid for, and when it came. It is shared: do not change it.
type cached struct {
	at    time.Time
	value *document.Object
}

// New returns the command for an environment.
func New(o Options) *Command {
	return &Command{
		connector: session.Connector{
			Environment: o.Environment, Transport: o.Transport, Addresses: o.Addresses, Endpoints: endpoints.NewResolver(),
		},
		described: recent.New[procedures.LineInfo](maxLines, maxLineBytes),
		bound:     recent.New[bound](maxLines, maxLineBytes),
		answers:   map[string]cached{},
	}
}

// Inspect implements procedures.Inspector.
func (c *Command) Inspect(ctx context.Context, inv *procedures.Invocation) (*procedures.Change, error) {
	return inspect.Change(ctx, &c.connector, inv)
}

// Compare implements procedures.Comparer.
func (c *Command) Compare(inv *procedures.Invocation, before, after document.Value) []procedures.Difference {
	return inspect.Compare(&c.connector, inv, before, after)
}

// Settle implements procedures.Inspector.
func (c *Command) Settle(ctx context.Context, inv *procedures.Invocation, before *procedures.Change) (*procedures.Change, error) {
	return inspect.Settle(ctx, &c.connector, inv, before)
}

// Lacks implements procedures.Answerer.
func (c *Command) Lacks(call procedures.PlannedCall, expression string) (member, near string) {
	return check.Lacks(call.Command, expression)
}

// Version names the models that the command was made from.
func Version() string { return models.Version() }

// Run executes one command line and returns the AWS CLI's exit status.
// The statuses are 0, 1 and 2 of the CLI's own commands, 252 to 255 as package bind names them, 127 for a command that
// has to be run by hand, and 130 when ctx ended.
func (c *Command) Run(ctx context.Context, inv *procedures.Invocation) int {
	ctx = limits.With(ctx, inv.Meter)
	r := &run{command: c, started: time.Now()}
	b := r.bind(inv)
	r.line, r.name, r.entry = b.line, b.name, b.entry
	r.Session = c.connector.Session(inv, b.globals)
	var status int
	switch {
	case len(inv.Args) > 1 && inv.Args[1] == "--version":
		fmt.Fprintf(inv.Stdout, "aws-cli/%s opsbook\n", strings.TrimPrefix(Version(), "AWS CLI "))
	case b.own != nil:
		status = r.custom(ctx, b.own, bind.At(inv.Args[1:], b.places))
	default:
		status = r.execute(ctx)
	}
	if ctx.Err() != nil {
		status = 130
	}
	return status
}

// run is one execution.
type run struct {
	*session.Session
	command *Command
	started time.Time
	line    *bind.Line // nil of a line that is not one call, and of one that is wrong; others may have it too
	name    string     // its command
	entry   knowledge.Operation
	refusal error  // what is wrong with the line's words
	output  string // the format
}

// custom executes a line that is not one call.
func (r *run) custom(ctx context.Context, own custom.Command, args []string) int {
	r.Call = procedures.Call{Args: r.Invocation.Args[1:], Line: r.Invocation.Line}
	status, err := own.Run(ctx, r.Session, args)
	if err != nil {
		return r.fail(ctx, err)
	}
	r.finish(status)
	return status
}

// execute refuses a wrong line before anything is sent, and only reports a changing call while a plan is made.
func (r *run) execute(ctx context.Context) int {
	line := r.line
	if line == nil {
		if err := r.misplaced(ctx); err != nil { // the AWS CLI sees it before the parameters
			return r.fail(ctx, err)
		}
		return r.fail(ctx, r.refusal)
	}
	r.Globals = line.Globals
	r.hideInput()
	r.Call = procedures.Call{Command: r.name, Args: r.Invocation.Args[1:], Effect: r.entry.Effect, Line: r.Invocation.Line}
	if line.Waiter != nil {
		r.Call.Command = bind.CommandOf(line.Service.Name) + " wait " + bind.Dashed(line.Waiter.Name)
	}
	if line.Skeleton == "input" || line.Skeleton == "yaml-input" {
		return r.skeleton()
	}
	if err := r.writable(); err != nil {
		return r.fail(ctx, err)
	}
	fmt.Fprint(r.Invocation.Stderr, line.Warning)
	if r.Invocation.Planning && r.entry.Effect.Changes() && line.Skeleton == "" {
		r.Call.Planned = planned(r.name, r.Invocation.Args[1:], r.entry, line.Input, r.Invocation.Line)
		r.report()
		return 0
	}
	if r.Invocation.Planning && line.Waiter != nil {
		return 0 // what it would wait for is not made
	}
	client, err := r.Client(ctx, line.Service)
	if err != nil {
		return r.fail(ctx, err)
	}
	if r.output = r.Format(); !slices.Contains(render.Formats, r.output) {
		return r.fail(ctx, &bind.Error{Message: "Unknown output type: " + r.output, Status: bind.ExitGeneral})
	}
	if line.Skeleton == "" {
		if err := r.Complete(ctx, line); err != nil {
			return r.fail(ctx, err)
		}
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

// once makes one call; the body of a streaming answer goes to the file, its members are printed.
func (r *run) once(ctx context.Context, client *wire.Client) error {
	response, err := client.Do(ctx, r.line.Operation, r.line.Input)
	if err != nil {
		return err
	}
	r.Call.Requests, r.Call.Retries, r.Call.RequestID = 1, response.Retries, response.RequestID
	if response.Body != nil {
		if err := r.save(response); err != nil {
			return err
		}
	}
	r.Call.Document = response.Output
	if r.entry.Secret {
		r.hideSecrets(r.line.Operation, response.Output)
	}
	if err := errors.Join(r.saveParts(response.Output), r.openPassword(response.Output)); err != nil {
		return err
	}
	return r.print(response.Output)
}

// pages prints text and yaml-stream page by page, with --query on each, and everything else as a whole at the end.
func (r *run) pages(ctx context.Context, client *wire.Client) error {
	key := r.cacheKey()
	if key != "" {
		if whole, age, ok := r.remembered(key); ok {
			if r.Invocation.Note != nil {
				r.Invocation.Note(fmt.Sprintf("Answer of %s ago: each request costs $%.2f, so it is kept for an hour.",
					age.Round(time.Minute), r.entry.Price))
			}
			r.Call.Document = whole
			r.hideSecrets(r.line.Operation, whole)
			return r.print(whole)
		}
	}
	p, err := wire.NewPages(client, r.line.Operation, r.line.Input,
		wire.PageOptions{
			MaxItems: r.line.Paging.MaxItems, Limited: r.line.Paging.Limited, PageSize: r.line.Paging.PageSize,
			StartingToken: r.line.Paging.StartingToken,
		})
	if err != nil {
		return err
	}
	whole := &document.Object{}
	first := true
	err = p.Each(ctx, func(page *document.Object) error {
		p.Merge(whole, page)
		if r.entry.Secret {
			r.hideSecrets(r.line.Operation, page)
		}
		defer func() { first = false }()
		if r.output != "text" && r.output != "yaml-stream" {
			return nil
		}
		if r.output == "text" {
			page = p.Part(page, first)
		}
		return r.print(page)
	})
	r.Call.Requests, r.Call.Retries, r.Call.RequestID = p.Requests, p.Retries, p.RequestID
	var closed *session.ClosedError
	if err != nil && !errors.As(err, &closed) {
		return err
	}
	p.Finish(whole)
	r.Call.Document = whole
	switch {
	case closed != nil || r.output == "yaml-stream":
		return nil //nolint:nilerr // its reader has seen enough
	case r.output == "text":
		if p.ResumeToken != "" {
			return r.print(document.NewObject(document.Member{
				Name: "NextToken", Value: document.NewObject(document.Member{Name: "NextToken", Value: p.ResumeToken}),
			}))
		}
		return nil
	}
	r.remember(key, whole)
	return r.print(whole)
}

// cacheKey is set for requests that are billed one by one, on a real account.
func (r *run) cacheKey() string {
	if r.Environment.Sandbox() || r.entry.Price == 0 {
		return ""
	}
	text, err := document.Marshal(r.line.Input)
	if err != nil {
		return ""
	}
	return r.line.Service.Name + " " + r.line.Operation.Name + " " + r.Identity.Profile + " " + string(text)
}

// remembered returns an answer that is younger than an hour, and its age.
func (r *run) remembered(key string) (*document.Object, time.Duration, bool) {
	r.command.mu.Lock()
	defer r.command.mu.Unlock()
	c, ok := r.command.answers[key]
	age := time.Since(c.at)
	return c.value, age, ok && age < time.Hour
}

// remember keeps an answer for an hour. With more than 500 kept, others are dropped at random.
func (r *run) remember(key string, v *document.Object) {
	if key == "" {
		return
	}
	r.command.mu.Lock()
	defer r.command.mu.Unlock()
	for k, c := range r.command.answers {
		if time.Since(c.at) > time.Hour || len(r.command.answers) > 500 {
			delete(r.command.answers, k)
		}
	}
	r.command.answers[key] = cached{time.Now(), v}
}

// wait polls a waiter. The CLI prints nothing, and neither does this; the last answer is kept for the run.
func (r *run) wait(ctx context.Context, client *wire.Client) error {
	last, err := wire.Wait(ctx, client, r.line.Waiter, r.line.Operation, r.line.Input, func(n, of int, wait time.Duration) {
		if r.Invocation.Note != nil {
			r.Invocation.Note(fmt.Sprintf("Waiting for %s: attempt %d of %d, the next in %s", bind.Dashed(r.line.Waiter.Name), n, of, wait))
		}
	})
	r.Call.Document = last
	r.hideSecrets(r.line.Operation, last)
	if err == nil {
		r.Call.RuleVerdict = &procedures.Judgement{
			Verdict: procedures.Passed, Reason: fmt.Sprintf("Waited for %s until %s.", r.entry.Resource(r.line.Input),
				strings.ReplaceAll(bind.Dashed(r.line.Waiter.Name), "-", " ")),
		}
	}
	return err
}

// print applies --query and prints in the format that was asked for.
func (r *run) print(v document.Value) error {
	if q := r.Globals.Expression; q != nil {
		var err error
		// what the query makes is held until the line has ended
		meter := r.Invocation.Meter.Part(r.Invocation.Line)
		defer meter.Close()
		v, err = q.SearchWithin(v, func(made, work int64) error {
			if err := meter.Charge(made); err != nil {
				return err
			}
			return meter.Work(work)
		})
		if err != nil {
			return &bind.Error{Message: err.Error(), Status: bind.ExitGeneral}
		}
	}
	if o, ok := v.(*document.Object); ok && o == nil {
		v = &document.Object{}
	}
	w := &watched{Writer: r.Invocation.Stdout}
	if err := render.WriteColored(w, r.output, r.line.Operation.Name, v, r.Globals.Color == "on"); err != nil {
		if w.failed {
			return &session.ClosedError{Err: err}
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
	if r.Invocation.Report == nil {
		return
	}
	r.Call.Duration = time.Since(r.started)
	r.Call.Simulated = r.Mark()
	switch {
	case r.Call.RuleVerdict != nil && r.Call.RuleVerdict.Verdict != procedures.Passed: // it could not be done
	case r.Call.Simulated == knowledge.EmptyAnswer:
		r.Call.RuleVerdict = knowledge.Empty(r.Call.Command)
	case r.Call.Simulated == knowledge.Sample:
		r.Call.RuleVerdict = knowledge.Sampled(r.Call.Command)
	}
	if r.Call.Planned == nil && r.Call.RuleVerdict == nil && r.line != nil {
		now := r.Invocation.Now()
		r.Call.RuleVerdict = r.entry.Judge(r.line.Input, r.Call.Document, now, r.Variable)
		r.Call.ResourceVerdicts = r.entry.ResourceVerdicts(r.line.Input, r.Call.Document, now, r.Variable)
	}
	r.Invocation.Report(r.Call)
}
