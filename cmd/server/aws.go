package main

import (
	"context"
	"os"
	"time"

	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/procedures"
)

// awsCommand is `opsbook aws …`: one call.
type awsCommand struct {
	Args []string `arg:"" optional:"" passthrough:""`
}

// Run makes the call. Its exit status is the AWS CLI's.
func (c *awsCommand) Run(ctx context.Context, o *options, t terminal) error {
	e, err := o.environment()
	if err != nil {
		return err
	}
	g := newEngine(e, sandbox.New(sandbox.Options{}), nil)
	status := g.commands["aws"].Run(ctx, &procedures.Invocation{
		Args: append([]string{"aws"}, c.Args...), Stdin: t.in, Stdout: t.out, Stderr: t.err, Env: os.LookupEnv, Files: here{}, Now: time.Now,
	})
	if status != 0 {
		return exitError(status)
	}
	return nil
}
