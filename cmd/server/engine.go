package main

import (
	"context"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/confined"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
)

// environmentEngine executes commands in one environment. It is safe for use by several executions at once.
type environmentEngine struct {
	environment procedures.Environment
	sandbox     *sandbox.Sandbox // nil outside the sandbox
	commands    map[string]procedures.Command
	aws         *aws.Command // of commands
	effects     commands.ProgramEffects
	prepared    *interpret.ScriptCache // of commands and effects
	programs    *commands.Programs     // nil where none runs
	pool        *limits.Pool           // of all environments; nil where one step runs at a time
	workspace   *interpret.Workspace   // nil without one

	patience time.Duration // how long a press waits until AWS says who calls
	// caller is who AWS said calls are made by when that was verified last; nil before.
	caller atomic.Pointer[aws.Caller]
}

// newEngine makes the commands of an environment. world is the simulated account, which only an environment on the
// sandbox needs; named says which hosts the runbooks name, effects what programs do. An environment on the sandbox
// runs no programs and has no workspace: they would reach the machine.
func newEngine(e procedures.Environment, world *sandbox.Sandbox, named func(host string) bool,
	effects commands.ProgramEffects) *environmentEngine {
	g := &environmentEngine{environment: e, effects: effects, patience: verifyTime}
	// A web request may go to hosts that the runbooks name, and to those of the environment.
	guard := commands.Guard{Named: named, Allowed: e.Hosts}
	table := commands.Options{Guard: guard}
	call := aws.Options{Environment: e, Addresses: addresses{guard}}
	if e.Sandbox() {
		g.sandbox = world
		table.Transport, call.Transport = world.Web(), world.Transport()
	}
	g.commands = commands.Table(table)
	calls := aws.New(call)
	g.aws, g.commands["aws"] = calls, calls
	g.prepared = interpret.NewScriptCache(g.command, effects.Of, wrappersOf(e)...)
	if e.Workspace == "" || e.Sandbox() {
		return g
	}
	g.workspace = &interpret.Workspace{Path: filepath.Clean(e.Workspace), Files: confined.Dir(e.Workspace)}
	g.programs = &commands.Programs{
		Allowed: e.Programs, Effects: effects, Workspace: g.workspace.Path, AWS: calls.Variables, Getenv: os.Getenv,
	}
	return g
}

// addresses are those that a line may name for its calls: what curl may reach.
type addresses struct{ commands.Guard }

// Named implements session.Addresses.
func (a addresses) Named(address string) error { return a.Address(address) }

// Transport implements session.Addresses.
func (a addresses) Transport() http.RoundTripper { return a.RoundTripper() }

// switchOn switches faults of the sandbox on. A nil world is an error when there is a fault to switch on.
func switchOn(ctx context.Context, world *sandbox.Sandbox, faults []string) error {
	for _, name := range faults {
		if world == nil {
			return procedures.Errorf(procedures.CodeInvalid, "faults can be switched on in the sandbox only")
		}
		if err := world.SetFault(ctx, name, true); err != nil {
			return err
		}
	}
	return nil
}

// verifyTime is the usual patience: a page waits half a minute for a plan.
const verifyTime = 20 * time.Second

// verify asks AWS which account calls go to, and compares it with the configuration. The sandbox has its one account
// and is not asked.
func (g *environmentEngine) verify(ctx context.Context) (string, error) {
	if g.environment.Sandbox() {
		return procedures.SandboxAccount, nil
	}
	caller, err := g.verified(ctx)
	return caller.Account, err
}

// identity is the ARN that calls are made by, as AWS says it.
func (g *environmentEngine) identity(ctx context.Context) (string, error) {
	caller, err := g.verified(ctx)
	return caller.ARN, err
}

// verified asks AWS who calls are made by, within patience, and keeps the answer for account.
func (g *environmentEngine) verified(ctx context.Context) (aws.Caller, error) {
	ctx, cancel := context.WithTimeout(ctx, g.patience)
	defer cancel()
	caller, err := g.aws.Caller(ctx)
	if err == nil {
		g.caller.Store(&caller)
	}
	return caller, err
}

// account is the environment's account as far as it is known without asking AWS, and whether AWS has said that it
// is. It never waits, so that pages can show it.
func (g *environmentEngine) account() (account string, verified bool) {
	if caller := g.caller.Load(); caller != nil {
		return caller.Account, true
	}
	return g.environment.Account, g.environment.Sandbox()
}

// engine is the engine as it executes steps. It is made for each use: it holds no state of its own.
func (g *environmentEngine) engine() *engine.Engine {
	out := &engine.Engine{
		Environment: g.environment, Commands: g.command, Effects: g.effects.Of, Prepared: g.prepared,
		Workspace: g.workspace, Account: g.verify, Identity: g.identity, Pool: g.pool,
	}
	if g.programs != nil {
		out.Programs = g.programs.Command
	}
	return out
}

// command looks a command up by name.
func (g *environmentEngine) command(name string) (procedures.Command, bool) {
	c, ok := g.commands[name]
	return c, ok
}

// workingFolder are the files of the folder in which opsbook was started, for commands typed by hand. Unlike those
// of a run they are not bounded to a folder: the person could use a shell as well.
type workingFolder struct{}

// Open opens a file for reading.
func (workingFolder) Open(name string) (fs.File, error) { return os.Open(name) }

// Create makes a file or empties it; appending leaves what is in it. The umask bounds its permissions.
func (workingFolder) Create(name string, appending bool) (io.WriteCloser, error) {
	flags := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if appending {
		flags = os.O_WRONLY | os.O_CREATE | os.O_APPEND
	}
	return os.OpenFile(name, flags, 0o666) //nolint:gosec // as a shell would
}

// Stat describes a file, following links.
func (workingFolder) Stat(name string) (fs.FileInfo, error) { return os.Stat(name) }

// ReadDir lists a folder by name.
func (workingFolder) ReadDir(name string) ([]fs.DirEntry, error) { return os.ReadDir(name) }

// Remove deletes a file or an empty folder.
func (workingFolder) Remove(name string) error { return os.Remove(name) }

// Mkdir makes one folder, whose parent has to exist.
func (workingFolder) Mkdir(name string) error { return os.Mkdir(name, 0o777) } //nolint:gosec // as a shell would
// Chtimes sets when a file was read and written last.
func (workingFolder) Chtimes(name string, at time.Time) error { return os.Chtimes(name, at, at) }

// notify takes in what another replica tells. The engines slow down for limits that calls of others have met.
func (a *engines) notify(n procedures.Notification) {
	for _, g := range a.byName {
		g.aws.Notify(n)
	}
}

// of is the engine of an environment, as package runs asks for it.
func (a *engines) of(environment string) (*engine.Engine, error) {
	g, ok := a.byName[environment]
	if !ok {
		return nil, procedures.Errorf(procedures.CodeNotFound, "there is no environment %s", environment)
	}
	return g.engine(), nil
}

// account is the account of an environment as far as it is known without asking AWS, and whether AWS has said that it is.
func (a *engines) account(environment string) (account string, verified bool) {
	g := a.byName[environment]
	if g == nil {
		return "", false
	}
	return g.account()
}
