// Package inspect reads what one changing call changes: as it is before, what will be different, whether it is permitted and
// within the account's limits, how it is waited for, and what rolls it back.
package inspect

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/reveal"
	"github.com/opsbook/opsbook/internal/aws/session"
	"github.com/opsbook/opsbook/internal/aws/wire"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// inspection reads what one line changes.
// It is for one line, and used by one goroutine.
type inspection struct {
	*session.Session
	connector *session.Connector
	line      *bind.Line
	entry     knowledge.Operation
	change    knowledge.Change
	cut       bool // the last answer has more than was read
}

// most bounds what is read of what comes in pages.
// A list of more is rare, and would take longer than a review waits.
const most = 2000

// prepare binds a line; nil for a line that is not one call, of which why says what is known.
// The change then says why nothing was read.
func prepare(c *session.Connector, inv *procedures.Invocation) (in *inspection, why *procedures.Change) {
	line, err := bind.Parse(inv.Args[1:], inv.Files)
	if err != nil {
		return nil, transferChange(inv.Args[1:], err)
	}
	entry := knowledge.Of(line.Service.Name, line.Operation.Name)
	in = &inspection{Session: c.Session(inv, line.Globals), connector: c, line: line, entry: entry, change: entry.Change()}
	reveal.Values(line.Operation.Input, line.Input, false, false, in.Teller())
	return in, nil
}

// Change reads what a line would change; nothing is changed. The line's error is said in the answer, so that only a
// cancelled context is an error.
// What could not be found out is said in NotRead, NoRollback, NoWait and the permissions. Only reading calls are made,
// with the identity of the line.
func Change(ctx context.Context, c *session.Connector, inv *procedures.Invocation) (*procedures.Change, error) {
	in, why := prepare(c, inv)
	if in == nil {
		return why, nil
	}
	out := in.about()
	before := in.read(ctx, out)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if out.NotRead == "" && !out.Absent {
		if err := in.Complete(ctx, in.line); err != nil {
			out.NotRead = err.Error()
		}
	}
	// A prediction needs the present state; without it the difference is open.
	if out.NotRead == "" {
		out.Differences, out.Same = in.change.Predict(in.line.Input, before)
		in.rollback(out, before, nil)
	} else if out.Rollback = nil; in.change.NoRollback != "" {
		out.NoRollback = in.change.NoRollback
	} else {
		out.NoRollback = "how it is now could not be read"
	}
	// Deleting what is not there is an error of most services, or does nothing.
	if out.Absent && in.change.Deletes {
		out.Warnings = append(out.Warnings, strings.TrimSpace(out.Resource)+" is not there.")
	}
	out.Warnings = append(out.Warnings, in.change.Limits(in.line.Input, before, in.Invocation.Now(), in.reader(ctx))...)
	out.Permissions = in.permissions(ctx, in.entry)
	return out, ctx.Err()
}

// about is what is known without asking AWS.
// The texts are parts of sentences on the review.
func (in *inspection) about() *procedures.Change {
	out := &procedures.Change{Does: in.entry.Sentence(in.line.Input), Resource: in.entry.Resource(in.line.Input), NoWait: in.change.NoWait}
	if in.change.Kind != "" && out.Resource != "" {
		out.Resource = in.change.Kind + " " + out.Resource
	}
	switch {
	case in.change.Waiter != "":
		out.Waits = "waits until AWS says “" + spoken(in.change.Waiter) + "”"
	case in.change.Until != "":
		out.Waits = "waits until " + in.change.Until
	}
	return out
}

// Words of a waiter's name; "DB" stays one.
var humps = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`DB|[A-Z][a-z0-9]*`) })

// ends are ends of waiters' names that are more than a state.
var ends = []struct{ end, says string }{
	{"NotExists", " does not exist"}, {"Exists", " exists"}, {"CreateComplete", "'s creation is complete"},
	{"UpdateComplete", "'s update is complete"}, {"DeleteComplete", "'s deletion is complete"},
	{"InService", " is in service"}, {"StatusOk", "'s status is ok"},
}

// spoken is a waiter's name as words: "the function is updated".
//
//	FunctionUpdatedV2      becomes   the function is updated
//	DBInstanceAvailable    becomes   the DB instance is available
//	StackCreateComplete    becomes   the stack's creation is complete
func spoken(waiter string) string {
	waiter = strings.TrimSuffix(strings.TrimSuffix(waiter, "V2"), "V1")
	says := ""
	for _, e := range ends {
		if rest, ok := strings.CutSuffix(waiter, e.end); ok {
			waiter, says = rest, e.says
			break
		}
	}
	words := humps().FindAllString(waiter, -1)
	for i, w := range words {
		if w != "DB" {
			words[i] = strings.ToLower(w)
		}
	}
	if last := len(words) - 1; says == "" && last > 0 {
		verb := " is "
		if strings.HasSuffix(words[last-1], "s") && !strings.HasSuffix(words[last-1], "ss") {
			verb = " are "
		}
		words, says = words[:last], verb+words[last]
	}
	return "the " + strings.Join(words, " ") + says
}

// absent matches the codes of services that say that something is not there.
// Services name it differently: ResourceNotFoundException, NoSuchBucket, InvalidVolume.NotFound, a HEAD's 404.
var absent = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(notfound|nosuch|doesnotexist|nonexistent|not-found|^404$)`)
})

// read reads the resource and says in out how; nil where it is not there or could not be read.
// ReadCommand and ReadAt are set even where the call fails, so that a person can make it again.
func (in *inspection) read(ctx context.Context, out *procedures.Change) *document.Object {
	op, with, ok := in.change.Read(in.line.Input)
	if !ok {
		if out.NotRead = in.change.NotRead; out.NotRead == "" {
			out.NotRead = "the call does not name what it changes in a way that it could be read by"
		}
		return nil
	}
	out.ReadCommand = in.typed(op, with)
	out.ReadAt = in.Invocation.Now().UTC()
	answer, err := in.call(ctx, op, with)
	var service *wire.ServiceError
	switch {
	case err == nil:
	// CloudFormation has one code for several errors; only its text tells.
	case errors.As(err, &service) && absent().MatchString(service.Code), errors.As(err, &service) &&
		service.Code == "ValidationError" && strings.Contains(service.Message, "does not exist"):
		out.Absent = true
		return nil
	case errors.As(err, &service):
		out.NotRead = service.Code + ": " + service.Message
		return nil
	default:
		out.NotRead = err.Error()
		return nil
	}
	before := in.change.Resource(in.line.Input, answer)
	switch {
	case before == nil && in.cut:
		out.NotRead = fmt.Sprintf("it is not among the first %d that were read, and there are more", most)
		return nil
	case before == nil || before.Len() == 0:
		out.Absent = true
		return nil
	}
	out.Before = before
	return before
}

// call makes one reading call with the identity of this line; of what comes in pages all are read, up to a bound.
// A body that streams is closed unread.
func (in *inspection) call(ctx context.Context, op *models.Operation, with *document.Object) (*document.Object, error) {
	client, err := in.Client(ctx, op.Service)
	if err != nil {
		return nil, err
	}
	if op.Service.Paginators[op.Name] == nil {
		response, err := client.Do(ctx, op, with)
		if err != nil {
			return nil, err
		}
		if response.Body != nil {
			_ = response.Body.Close()
		}
		in.hide(op, response.Output)
		return response.Output, nil
	}
	pages, err := wire.NewPages(client, op, with, wire.PageOptions{MaxItems: most, Limited: true})
	if err != nil {
		return nil, err
	}
	whole, err := pages.Merged(ctx)
	if err != nil {
		return nil, err
	}
	in.cut = pages.ResumeToken != ""
	in.hide(op, whole)
	return whole, nil
}

// hide tells the secret values of an answer.
func (in *inspection) hide(op *models.Operation, answer *document.Object) {
	reveal.Values(op.Output, answer, knowledge.Of(op.Service.Name, op.Name).Secret, false, in.Teller())
}

// typed is a call as one would type it, with the options of the line that say where it goes.
// Only --profile, --region and --endpoint-url change where a call goes.
func (in *inspection) typed(op *models.Operation, with *document.Object) string {
	words := append([]string{"aws", bind.CommandOf(op.Service.Name), bind.Dashed(op.Name)}, bind.Words(op, with)...)
	for _, g := range []struct{ name, value string }{
		{"profile", in.Globals.Profile}, {"region", in.Globals.Region}, {"endpoint-url", in.Globals.Endpoint},
	} {
		if g.value != "" {
			words = append(words, "--"+g.name, g.value)
		}
	}
	return bind.Typed(words)
}

// rollback says what rolls the call back.
// Some rollbacks can be told only after the change, by what it answered or made. The reason why there is none and the
// rollback exclude each other.
func (in *inspection) rollback(out *procedures.Change, before, after *document.Object) {
	op, with, why := in.change.RollbackCall(in.line.Input, before, after)
	if op == nil || why != "" {
		out.Rollback, out.NoRollback = nil, why
		return
	}
	out.Rollback, out.NoRollback = []string{in.typed(op, with)}, ""
}

// Compare says what is different in what a line changes.
// Members that change by themselves, such as times, are no difference: knowledge says which. nil where the line is not
// one call.
func Compare(c *session.Connector, inv *procedures.Invocation, before, after document.Value) []procedures.Difference {
	in, _ := prepare(c, inv)
	if in == nil {
		return nil
	}
	old, _ := before.(*document.Object)
	now, _ := after.(*document.Object)
	return in.change.Compare(old, now)
}

// Settle waits until what a line has changed is stable, and reads it again.
// before is not changed. Where the wait fails, the change is returned with the error: it was made, and stays. Waited
// is how long it took; Stable reports that it was awaited and read.
func Settle(ctx context.Context, c *session.Connector, inv *procedures.Invocation, before *procedures.Change) (*procedures.Change, error) {
	in, why := prepare(c, inv)
	if in == nil {
		out := *before
		if why.NoRollback != "" && len(out.Rollback) == 0 {
			out.NoRollback = why.NoRollback
		}
		return &out, nil
	}
	out := *before
	out.Differences, out.Warnings, out.Permissions = nil, nil, nil
	began := time.Now()
	if err := in.wait(ctx, &out); err != nil {
		return &out, err
	}
	out.Waited = time.Since(began)
	now := procedures.Change{}
	after := in.read(ctx, &now)
	if err := ctx.Err(); err != nil {
		return &out, err
	}
	out.NotRead, out.Absent, out.ReadAt = now.NotRead, now.Absent, now.ReadAt
	if now.NotRead != "" {
		return &out, nil
	}
	out.Stable = true
	old, _ := before.Before.(*document.Object)
	if before.NotRead == "" {
		out.Differences = in.change.Compare(old, after)
		in.rollback(&out, old, after)
	}
	return &out, nil
}

// wait waits until what was changed is stable.
// The limits of a waiter are those of AWS's model; else the expression of the knowledge is polled.
func (in *inspection) wait(ctx context.Context, out *procedures.Change) error {
	if w, op, with, ok := in.change.WaitFor(in.line.Input); ok {
		client, err := in.Client(ctx, op.Service)
		if err != nil {
			return err
		}
		_, err = wire.Wait(ctx, client, w, op, with, func(n, of int, wait time.Duration) {
			in.Note("%s: %s, attempt %d of at most %d, the next in %s", out.Resource, out.Waits, n, of, wait)
		})
		return err
	}
	if in.change.Until == "" {
		return nil
	}
	return in.poll(ctx, out)
}

// Bounds of polling what has no waiter.
// The step's own timeout may end it before.
const (
	pollEvery = 5 * time.Second
	pollMost  = 30 * time.Minute
)

// poll reads the resource until an expression over it is true.
// An error of the reading call ends it: the client has tried it again already.
func (in *inspection) poll(ctx context.Context, out *procedures.Change) error {
	op, with, _ := in.change.Read(in.line.Input)
	for waited := time.Duration(0); ; waited += pollEvery {
		answer, err := in.call(ctx, op, with)
		if err != nil {
			return err
		}
		if resource := in.change.Resource(in.line.Input, answer); in.change.Done(resource) {
			return nil
		}
		if waited >= pollMost {
			return fmt.Errorf("%s is not finished after %s: %s", out.Resource, pollMost, in.change.Until)
		}
		in.Note("%s: %s, for %s so far", out.Resource, out.Waits, waited)
		if err := limits.Sleep(ctx, pollEvery); err != nil {
			return err
		}
	}
}
