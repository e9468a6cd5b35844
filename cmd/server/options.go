package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Exit statuses of opsbook's own commands; `aws` has the AWS CLI's.
const (
	exitFailed  = 1
	exitRefused = 2 // something could not be executed, or was refused
	exitUsage   = 3
	exitByHand  = 4 // nothing failed, and a step is left to be done by hand
)

// options are what all commands take, by flags and variables.
type options struct {
	Runbooks, Environment, Account, Config, Database, Data string

	now    func() time.Time // of runs, in tests; nil for time.Now
	policy access.Policy    // of the portal, in tests; nil for access.Loopback

	logRequests bool   // of the portal
	url         string // where browsers find the portal, as the command line says
}

// flags implements flagged.
func (o *options) flags(f *pflag.FlagSet) {
	f.StringVar(&o.Runbooks, "runbooks", "", "`DIR` Folder of runbooks, in place of the shipped ones.")
	f.StringVar(&o.Environment, "environment", "", "`NAME` Environment of opsbook.yaml that calls go to.")
	f.Var(&choice{value: &o.Account, of: []string{"sandbox", "aws"}, orNone: true}, "account", "`sandbox|aws` Simulated or real.")
	f.StringVar(&o.Config, "config", "", "`FILE` Configuration; opsbook.yaml here by default.")
	f.StringVar(&o.Database, "database", "", "`postgres://…` PostgreSQL, in place of SQLite in --data.")
	f.StringVar(&o.Data, "data", "", "`DIR` Folder of the database and the server's key.")
	variables(f, "runbooks", "environment", "account", "config", "database", "data")
}

// exitError is the exit status that a command ends with.
type exitError int

// Error implements error; it is never printed.
func (e exitError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// run executes one command line and returns its exit status, so that tests can call the program. Errors are printed
// here and nowhere else: a bad command line or configuration gives exitUsage, another error exitRefused.
func run(ctx context.Context, args []string, t terminal) int {
	getenv, err := withFiles(t.getenv)
	if err != nil {
		fmt.Fprintf(t.err, "opsbook: %v\n", err)
		return exitUsage
	}
	t.getenv = getenv
	l := newCommandLine(t.getenv)
	if err := l.parse(args); err != nil {
		fmt.Fprintln(t.err, l.usage(err))
		return exitUsage
	}
	if l.help {
		if _, err := io.WriteString(t.out, l.helpText()); err != nil {
			return exitRefused
		}
		return 0
	}
	err = l.command.action.run(ctx, &l.options, t, l.words)
	var exit exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return int(exit)
	}
	fmt.Fprintf(t.err, "opsbook: %s\n", mask.Text(err.Error()))
	if code := procedures.CodeOf(err); code == procedures.CodeInvalid || code == procedures.CodeNotFound {
		return exitUsage
	}
	return exitRefused
}

// absolute returns the folder that a name means, for messages.
func absolute(dir string) string {
	if full, err := filepath.Abs(dir); err == nil {
		return full
	}
	return dir
}

// portalPolicy decides what people may do in the portal: what the roles of the configuration say, else everybody everything.
func (o *options) portalPolicy() (access.Policy, error) {
	if o.policy != nil {
		return o.policy, nil
	}
	roles, err := o.roles()
	if roles == nil || err != nil {
		return access.Loopback{}, err
	}
	return roles, nil
}

// roles are those of the configuration; nil where it has none.
func (o *options) roles() (*access.Roles, error) {
	c, err := readConfiguration(o.Config)
	if err != nil || c.Roles == nil {
		return nil, err
	}
	return access.NewRoles(c.rules()), nil
}
