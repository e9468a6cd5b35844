package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/alecthomas/kong"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Exit statuses of opsbook's own commands; `aws` has the AWS CLI's.
const (
	exitFailed  = 1
	exitRefused = 2 // something could not be executed, or was refused
	exitUsage   = 3
)

// options are what all commands take.
type options struct {
	Runbooks    string `group:"all" help:"Folder of runbooks, in place of the shipped ones." placeholder:"DIR" env:"OPSBOOK_RUNBOOKS"`
	Environment string `group:"all" help:"Environment of opsbook.yaml that calls go to." placeholder:"NAME" env:"OPSBOOK_ENVIRONMENT"`

	Account string `group:"all" help:"Simulated or real." placeholder:"sandbox|aws" enum:"sandbox,aws," default:"" env:"OPSBOOK_ACCOUNT"`

	Config string `group:"all" help:"Configuration; opsbook.yaml here by default." placeholder:"FILE" env:"OPSBOOK_CONFIG"`

	Database string `group:"all" help:"PostgreSQL, in place of SQLite in --data." placeholder:"postgres://…" env:"OPSBOOK_DATABASE"`

	Data string `group:"all" help:"Folder of the database and the server's key." placeholder:"DIR" env:"OPSBOOK_DATA"`

	Serve   serveCommand   `cmd:"" default:"withargs" help:"Serve the portal; what opsbook does when not told otherwise."`
	List    listCommand    `cmd:"" help:"List chapters, procedures, steps and mistakes."`
	Run     runCommand     `cmd:"" help:"Run a procedure, or one step of it."`
	AWS     awsCommand     `cmd:"" name:"aws" passthrough:"" help:"Make one call, printing what the AWS CLI prints."`
	Sandbox sandboxCommand `cmd:"" help:"Serve the simulated AWS account on a loopback address."`
	Version versionCommand `cmd:"" help:"Print the version of the product and of the API models."`

	now func() time.Time // of runs, in tests; nil for time.Now
}

// exitError is the exit status that a command ends with.
type exitError int

// Error implements error; it is never printed.
func (e exitError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// run executes one command line and returns its exit status, so that tests can call the program. Errors are printed
// here and nowhere else: a bad command line or configuration gives exitUsage, another error exitRefused.
func run(ctx context.Context, args []string, t terminal) int {
	var o options
	// kong calls its Exit after --help, and then returns: what it wanted as a status is kept.
	done := -1
	parser, err := kong.New(&o, append(helpOptions(), kong.Name("opsbook"), kong.Description(about),
		kong.Writers(t.out, t.err), kong.Exit(func(status int) {
			done = status
		}),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(t), kong.Bind(&o))...)
	if err != nil {
		fmt.Fprintln(t.err, "opsbook:", err)
		return exitRefused
	}
	command, err := parser.Parse(args)
	if done >= 0 {
		return done
	}
	if err != nil {
		fmt.Fprintln(t.err, usage(parser, args, err))
		return exitUsage
	}
	err = command.Run()
	var exit exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return int(exit)
	case procedures.CodeOf(err) == procedures.CodeInvalid || procedures.CodeOf(err) == procedures.CodeNotFound:
		fmt.Fprintf(t.err, "opsbook: %v\n", err)
		return exitUsage
	}
	fmt.Fprintf(t.err, "opsbook: %v\n", err)
	return exitRefused
}

// absolute returns the folder that a name means, for messages.
func absolute(dir string) string {
	if full, err := filepath.Abs(dir); err == nil {
		return full
	}
	return dir
}
