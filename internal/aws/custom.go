package aws

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/procedures"
)

// custom is a command of the AWS CLI that is not one call of an API.
type custom interface {
	// plan reads a line before it runs. args are the words behind "aws" without the global options.
	plan(p *planning, args []procedures.Word)
	// run carries a line out. The error, if there is one, is worded and gives the status.
	run(ctx context.Context, r *run, args []string) (int, error)
}

// customs are found by the first words of a line. The longest name is the line's.
var customs = listCustoms()

func listCustoms() map[string]custom {
	out := map[string]custom{"s3": transfers{}, "logs tail": tail{}, "ecr get-login-password": loginPassword{"ecr"}, "ecr-public get-login-password": loginPassword{"ecr-public"}, "configure get": configureGet{}, "configure list": configureList{}}
	for _, h := range allHanded() {
		out[h.name] = h
	}
	return out
}

// customOf finds the command of a line that is not one call; nil for the others.
func customOf(args []string) custom {
	if asksForHelp(args) {
		return help{}
	}
	first, second := operands(args)
	if c := customs[first+" "+second]; c != nil {
		return c
	}
	return customs[first]
}

// operands are the first two words that are no options.
func operands(args []string) (first, second string) {
	words := slices.DeleteFunc(slices.Clone(args), func(a string) bool { return strings.HasPrefix(a, "-") })
	words = append(words, "", "")
	return words[0], words[1]
}

// custom plans a line that is not one call; it reports whether the line is one.
func (p *planning) custom() bool {
	args, _ := texts(p.words[1:])
	_, places, err := bind.SplitGlobals(args)
	if err != nil {
		return false
	}
	c := customOf(bind.At(args, places))
	if c == nil {
		return false
	}
	c.plan(p, bind.At(p.words[1:], places))
	return true
}

// texts are the words as far as they are known. known tells whether the value of one is.
func texts(words []procedures.Word) (args []string, known func(string) bool) {
	unknown := map[string]bool{}
	for _, w := range words {
		args = append(args, w.Text)
		if !w.Known {
			unknown[w.Text] = true
		}
	}
	return args, func(text string) bool { return !unknown[text] }
}

// setCall says what the line does.
func (p *planning) setCall(call procedures.PlannedCall) {
	args, _ := texts(p.words[1:])
	call.Args, call.Line = args, p.words[0].Line
	p.plan.Effect, p.plan.Call = call.Effect, &call
}

// badLine records what is wrong with the line of a command that is not one call.
func (p *planning) badLine(at procedures.Word, err error) {
	var wrong *bind.Error
	if !errors.As(err, &wrong) {
		return
	}
	for _, w := range p.words {
		if !w.Known && (w.Split || strings.Contains(wrong.Message, w.Text)) {
			return // it may be right when the script runs
		}
	}
	message := strings.TrimPrefix(wrong.Message, "An error occurred (ParamValidation): ")
	message, rest, _ := strings.Cut(message, "\n")
	if _, near, ok := strings.Cut(rest, "Maybe you meant:"); ok {
		message += "; " + strings.Join(strings.Fields(strings.ReplaceAll(near, "*", "")), " or ") + " is one"
	}
	p.mistake(procedures.SeverityError, "aws-usage", at, nil, "%s.", strings.ToUpper(message[:1])+message[1:])
}

// without takes the first of args that is name out.
func without(args []string, name string) []string {
	if at := slices.Index(args, name); at >= 0 {
		return slices.Delete(slices.Clone(args), at, at+1)
	}
	return args
}

// custom carries a line out that is not one call; ok is false where it is one.
func (r *run) custom(ctx context.Context) (status int, ok bool) {
	globals, places, err := bind.SplitGlobals(r.inv.Args[1:])
	if err != nil {
		return 0, false // the common reading says so
	}
	rest := bind.At(r.inv.Args[1:], places)
	c := customOf(rest)
	if c == nil {
		return 0, false
	}
	r.globals = globals
	r.call = procedures.Call{Args: r.inv.Args[1:], Line: r.inv.Line}
	status, err = c.run(ctx, r, rest)
	if err != nil {
		return r.fail(ctx, err), true
	}
	r.finish(status)
	return status, true
}

// plannedCustom reports what a line would do that is not carried out because it is only planned.
func (r *run) plannedCustom(call procedures.PlannedCall) int {
	call.Args, call.Line = r.inv.Args[1:], r.inv.Line
	r.call.Planned = &call
	return 0
}
