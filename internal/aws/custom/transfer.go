package custom

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/check"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/s3"
	"github.com/opsbook/opsbook/internal/aws/session"
	"github.com/opsbook/opsbook/internal/aws/wire"
	"github.com/opsbook/opsbook/internal/procedures"
)

// transfers are the commands of `aws s3`.
// Package s3 executes them; here they are described and judged.
type transfers struct{}

// Describe implements Command. A destination that is not known yet counts as a bucket: the worse effect is the one
// that needs a review.
func (transfers) Describe(line *check.Line, words []procedures.Word) {
	if verb := slices.IndexFunc(words, func(w procedures.Word) bool {
		return w.Text != "s3" && !strings.HasPrefix(w.Text, "-")
	}); verb >= 0 && words[verb].Known && !slices.Contains(s3.Verbs(), words[verb].Text) {
		unknownVerb(line, words[verb])
		return
	}
	args, known := check.Texts(words)
	l, err := s3.Parse(without(args, "s3"), known)
	if err != nil {
		line.Refuse(words[0], err)
		return
	}
	all, _ := check.Texts(line.Words[1:])
	call := plannedTransfer(l, all)
	if n := len(l.Paths); n > 1 && !known(l.Paths[n-1]) && !l.DryRun() {
		call.Effect = call.Effect.Worse(intoBucket(args)) // where it goes is not known yet: it may be a bucket
	}
	line.SetCall(call)
	line.Info.Reads, line.Info.Writes = l.Reads(), l.Writes()
}

// intoBucket is what a transfer does that takes things away at its destination, or only brings some.
// It is assumed as long as the destination is not known.
func intoBucket(args []string) procedures.Effect {
	if slices.Contains(args, "--delete") {
		return procedures.EffectDestroy
	}
	return procedures.EffectChange
}

// unknownVerb corrects a command that is nearly one of those of aws s3.
// The verbs are few, so all of them are named.
func unknownVerb(line *check.Line, w procedures.Word) {
	verbs := strings.Join(s3.Verbs(), ", ")
	if near := bind.Nearest(w.Text, s3.Verbs()); near != "" {
		line.Find(procedures.SeverityError, "aws-operation", w, map[int]string{line.Index(w): near},
			"aws s3 has no command %s. The nearest is %s, of %s.", w.Text, near, verbs)
		return
	}
	line.Find(procedures.SeverityError, "aws-operation", w, nil, "aws s3 has no command %s; it has %s.", w.Text, verbs)
}

// plannedTransfer says what a line does. args are all words after aws.
// A transfer is planned as one call, though it makes many: which objects it moves is known only while it runs.
func plannedTransfer(l *s3.Line, args []string) procedures.PlannedCall {
	tells := ""
	if words := l.Tells(args); words != nil {
		tells = bind.Typed(append([]string{"aws"}, words...))
	}
	return procedures.PlannedCall{
		Command: "s3 " + l.Verb, Effect: l.Effect(), Does: l.Does(), Resource: l.Resource(), Actions: l.Actions(),
		ReadCommand: tells, Restartable: l.Resumes(),
	}
}

// Run implements Command: a transfer of which something failed ends with 1, one of which something was skipped with
// 2, as with the AWS CLI.
func (transfers) Run(ctx context.Context, s *session.Session, args []string) (int, error) {
	l, err := s3.Parse(without(args, "s3"), nil)
	if err != nil {
		return 0, err
	}
	planned := plannedTransfer(l, s.Invocation.Args[1:])
	// With Planning, changes are reported and not made.
	s.Call.Command, s.Call.Effect = planned.Command, planned.Effect
	if s.Invocation.Planning && planned.Effect.Changes() {
		if _, why := s3.Approved(s.Invocation.Bound); why != "" {
			planned.Does += " Which objects these are is not compared when it is sent, as " + why + "."
		}
		return s.PlanOnly(planned), nil
	}
	service, err := models.Load("s3")
	if err != nil {
		return 0, err
	}
	client, err := s.Client(ctx, service)
	if err != nil {
		return 0, err
	}
	session := &s3.Session{
		Client: client, Files: s.Invocation.Files, Stdin: s.Invocation.Stdin, Stdout: s.Invocation.Stdout,
		Stderr: s.Invocation.Stderr, Now: s.Invocation.Now, Note: s.Invocation.Note, Progress: s.Invocation.Progress,
	}
	if compared, _ := s3.Approved(s.Invocation.Bound); compared {
		if session.Approved, err = approved(ctx, s, client, l); err != nil {
			return 0, err
		}
	}
	status, err := session.Run(ctx, l)
	t := session.Tally
	s.Call.Requests, s.Call.Retries = t.Requests, t.Retries
	if err != nil {
		return status, err
	}
	switch l.Verb {
	case "cp", "mv", "sync", "rm":
		s.Call.RuleVerdict = &procedures.Judgement{Verdict: procedures.Info, Reason: t.Sentence()}
	}
	switch {
	case t.Failed > 0:
		s.Call.Error = t.FirstFailure
		s.Call.RuleVerdict = &procedures.Judgement{Verdict: procedures.Errored, Reason: t.Sentence()}
	// A warning: the transfer ended, and something was left out.
	case t.Skipped > 0:
		s.Call.Error = t.Sentence()
		s.Call.RuleVerdict.Verdict = procedures.Warned
	case status != 0 && l.Verb == "ls":
		s.Call.RuleVerdict = &procedures.Judgement{Verdict: procedures.NoData, Reason: "There is nothing at " + l.Paths[0] + "."}
	}
	return status, nil
}

// Bound implements Binder: the objects that a line takes, overwrites and deletes.
func (transfers) Bound(ctx context.Context, s *session.Session, args []string) ([]procedures.BoundMember, error) {
	l, err := s3.Parse(without(args, "s3"), nil)
	if err != nil || !l.Lists() {
		return nil, nil //nolint:nilerr // running it says so
	}
	service, err := models.Load("s3")
	if err != nil {
		return nil, err
	}
	client, err := s.Client(ctx, service)
	if err != nil {
		return s3.NotListed(err), ctx.Err()
	}
	list, err := (&s3.Session{Client: client, Files: s.Invocation.Files, Now: s.Invocation.Now}).List(ctx, l)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return s3.NotListed(err), nil
	}
	return list.Members(), nil
}

// approved lists the objects of a line once more, for it to touch no others than those that it is bound to.
func approved(ctx context.Context, s *session.Session, client *wire.Client, l *s3.Line) (*s3.Listing, error) {
	list, err := (&s3.Session{Client: client, Files: s.Invocation.Files, Now: s.Invocation.Now}).List(ctx, l)
	if err != nil {
		return nil, err
	}
	for _, m := range list.Members() {
		if !slices.Contains(s.Invocation.Bound, m) {
			return nil, fmt.Errorf("nothing was sent: %s is not as it was approved", m.Name)
		}
	}
	return list, nil
}
