package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/pflag"

	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// awsCommand is `opsbook aws …`: one call.
type awsCommand struct{}

// flags implements flagged. All words after aws are the call's.
func (awsCommand) flags(*pflag.FlagSet) {}

// run makes the call. Its exit status is the AWS CLI's. A call whose effect the environment does not allow is
// refused before it is sent. Nothing of it is recorded.
func (awsCommand) run(ctx context.Context, o *options, t terminal, words []string) error {
	e, err := o.environment()
	if err != nil {
		return err
	}
	// No runbook is read, and so no host is named.
	g := newEngine(e, sandbox.New(sandbox.Options{}), nil, commands.ProgramEffects{})
	if line := append([]string{"aws"}, words...); e.Effects != "" {
		if err := e.Refusal("this call", g.commands["aws"].Describe(wordsOf(line)).Effect); err != nil {
			return err
		}
	}
	var note func(string)
	if e.Sandbox() { // what the AWS CLI would not say, because it has no sandbox
		note = func(text string) { fmt.Fprintf(t.err, "# %s\n", text) }
	}
	// Arguments come from a shell that has expanded them: they are used as they are.
	status := g.commands["aws"].Run(ctx, &procedures.Invocation{
		Args: append([]string{"aws"}, words...), Stdin: t.in, Stdout: t.out, Stderr: t.err, Env: os.LookupEnv,
		Files: workingFolder{}, Now: time.Now, Note: note,
	})
	if status != 0 {
		return exitError(status)
	}
	return nil
}

// wordsOf are words that were typed: all of each is known.
func wordsOf(line []string) []procedures.Word {
	words := make([]procedures.Word, len(line))
	for i, text := range line {
		words[i] = procedures.Word{Text: text, Known: true, Source: text}
	}
	return words
}
