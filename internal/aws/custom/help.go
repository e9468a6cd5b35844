package custom

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/check"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/session"
	"github.com/opsbook/opsbook/internal/procedures"
)

// help is `aws … help`: what the models know, and where AWS's own pages are, which are no part of the models.
// The AWS CLI opens a pager there; a run has no terminal.
type help struct{}

// asksForHelp reports whether a line ends with the word help, where no value of an option can stand.
// "help" may only be the third word, the second or the first: `aws ec2 describe-vpcs help`.
func asksForHelp(args []string) bool {
	return len(args) > 0 && len(args) <= 3 && args[len(args)-1] == "help" && !slices.ContainsFunc(args, func(a string) bool {
		return strings.HasPrefix(a, "-")
	})
}

// Describe implements Command.
func (help) Describe(line *check.Line, _ []procedures.Word) { line.Info.Effect = procedures.EffectNone }

// Run implements Command: it prints what the models know, and the address of AWS's own page.
// An unknown service has its page named all the same: it may be a command of the CLI's own.
func (help) Run(_ context.Context, s *session.Session, args []string) (int, error) {
	s.Call.Command, s.Call.Effect = "help", procedures.EffectNone
	s.Call.RuleVerdict = &procedures.Judgement{Verdict: procedures.Info, Reason: "Help was shown."}
	names := args[:len(args)-1]
	fmt.Fprintf(s.Invocation.Stdout, "aws %s\n\n", strings.Join(append(slices.Clone(names), "…"), " "))
	if err := helpOf(s.Invocation.Stdout, names); err != nil {
		return 0, err
	}
	page := strings.Join(append(slices.Clone(names), "index"), "/")
	if len(names) == 2 {
		page = strings.Join(names, "/")
	}
	fmt.Fprintf(s.Invocation.Stdout, "\nhttps://docs.aws.amazon.com/cli/latest/reference/%s.html\n", page)
	return 0, nil
}

// helpOf lists the services, the operations of one, or the options of an operation.
// An operation that does not exist is an error, with the nearest names.
func helpOf(w io.Writer, names []string) error {
	if len(names) == 0 {
		fmt.Fprintln(w, strings.Join(bind.ServiceCommands(), "\n"))
		return nil
	}
	folder := bind.Folder(names[0])
	if folder == "" {
		return nil // a command of its own: its page tells
	}
	s, err := models.Load(folder)
	if err != nil {
		return err
	}
	if len(names) == 1 {
		fmt.Fprintln(w, strings.Join(bind.OperationCommands(s), "\n"))
		return nil
	}
	op := bind.FindOperation(s, names[1])
	if op == nil {
		return bind.BadChoice("operation", names[1], bind.OperationCommands(s))
	}
	for _, o := range bind.Options(op) {
		kind, required := "", ""
		if o.Member != nil && !o.Boolean() {
			kind = o.Member.Shape.Type
			if len(o.Member.Shape.Enum) > 0 {
				kind = strings.Join(o.Member.Shape.Enum, " | ")
			}
		}
		if o.Required {
			required = " (required)"
		}
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("--%-34s %s%s", o.Name, kind, required), " "))
	}
	return nil
}
