package aws

import (
	"context"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/s3"
	"github.com/opsbook/opsbook/internal/procedures"
)

// transfers are the commands of `aws s3`.
type transfers struct{}

func (transfers) plan(p *planning, words []procedures.Word) {
	if verb := slices.IndexFunc(words, func(w procedures.Word) bool { return w.Text != "s3" && !strings.HasPrefix(w.Text, "-") }); verb >= 0 && words[verb].Known && !slices.Contains(s3.Verbs(), words[verb].Text) {
		p.unknownVerb(words[verb])
		return
	}
	args, known := texts(words)
	l, err := s3.Parse(without(args, "s3"), known)
	if err != nil {
		p.badLine(words[0], err)
		return
	}
	all, _ := texts(p.words[1:])
	call := plannedTransfer(l, all)
	if n := len(l.Paths); n > 1 && !known(l.Paths[n-1]) && !l.DryRun() {
		call.Effect = call.Effect.Worse(intoBucket(args)) // where it goes is not known yet: it may be a bucket
	}
	p.setCall(call)
	p.plan.Reads, p.plan.Writes = l.Reads(), l.Writes()
}

// intoBucket is what a transfer does that takes things away at its destination, or only brings some.
func intoBucket(args []string) procedures.Effect {
	if slices.Contains(args, "--delete") {
		return procedures.EffectDestroy
	}
	return procedures.EffectChange
}

func (p *planning) unknownVerb(w procedures.Word) {
	verbs := strings.Join(s3.Verbs(), ", ")
	if near := bind.Nearest(w.Text, s3.Verbs()); near != "" {
		p.mistake(procedures.SeverityError, "aws-operation", w, map[int]string{p.index(w): near}, "aws s3 has no command %s; %s is one, of %s.", w.Text, near, verbs)
		return
	}
	p.mistake(procedures.SeverityError, "aws-operation", w, nil, "aws s3 has no command %s; it has %s.", w.Text, verbs)
}

// plannedTransfer says what a line does. args are all words after aws.
func plannedTransfer(l *s3.Line, args []string) procedures.PlannedCall {
	tells := ""
	if words := l.Tells(args); words != nil {
		tells = typed(append([]string{"aws"}, words...))
	}
	return procedures.PlannedCall{Command: "s3 " + l.Verb, Effect: l.Effect(), Does: l.Does(), Resource: l.Resource(), Actions: l.Actions(), ReadCommand: tells, Restartable: l.Resumes()}
}

func (transfers) run(ctx context.Context, r *run, args []string) (int, error) {
	l, err := s3.Parse(without(args, "s3"), nil)
	if err != nil {
		return 0, err
	}
	planned := plannedTransfer(l, r.inv.Args[1:])
	r.call.Command, r.call.Effect = planned.Command, planned.Effect
	if r.inv.Planning && planned.Effect.Changes() {
		return r.plannedCustom(planned), nil
	}
	service, err := models.Load("s3")
	if err != nil {
		return 0, err
	}
	client, err := r.client(ctx, service)
	if err != nil {
		return 0, err
	}
	session := &s3.Session{Client: client, Files: r.inv.Files, Stdin: r.inv.Stdin, Stdout: r.inv.Stdout, Stderr: r.inv.Stderr, Now: r.inv.Now, Note: r.inv.Note, Progress: r.inv.Progress}
	status, err := session.Run(ctx, l)
	t := session.Tally
	r.call.Requests, r.call.Retries = t.Requests, t.Retries
	if err != nil {
		return status, err
	}
	switch l.Verb {
	case "cp", "mv", "sync", "rm":
		r.call.RuleVerdict = &procedures.Judgement{Verdict: procedures.Info, Reason: t.Sentence()}
	}
	switch {
	case t.Failed > 0:
		r.call.Error = t.FirstFailure
		r.call.RuleVerdict = &procedures.Judgement{Verdict: procedures.Errored, Reason: t.Sentence()}
	case t.Skipped > 0:
		r.call.Error = t.Sentence()
		r.call.RuleVerdict.Verdict = procedures.Warned
	case status != 0 && l.Verb == "ls":
		r.call.RuleVerdict = &procedures.Judgement{Verdict: procedures.NoData, Reason: "There is nothing at " + l.Paths[0] + "."}
	}
	return status, nil
}
