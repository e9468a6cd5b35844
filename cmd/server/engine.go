package main

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
)

// environmentEngine executes commands in one environment.
type environmentEngine struct {
	environment procedures.Environment
	sandbox     *sandbox.Sandbox // nil outside the sandbox
	commands    map[string]procedures.Command
	aws         *aws.Command // of commands
	effects     commands.ProgramEffects
	programs    *commands.Programs   // nil where none runs
	workspace   *interpret.Workspace // nil without one

	mu       sync.Mutex
	account  string    // that AWS said it is
	identity string    // the ARN of who calls, as AWS said it
	verified time.Time // when
}

// newEngine makes the commands of an environment. world is the simulated account, which only an
// environment on the sandbox needs; named says which hosts the runbooks name, effects what programs do.
func newEngine(e procedures.Environment, world *sandbox.Sandbox, named func(host string) bool, effects commands.ProgramEffects) *environmentEngine {
	g := &environmentEngine{environment: e, effects: effects}
	table := commands.Options{Guard: commands.Guard{Named: named, Allowed: e.Hosts}}
	call := aws.Options{Environment: e}
	if e.Sandbox() {
		g.sandbox = world
		table.Transport, call.Transport = world.Web(), world.Transport()
	}
	g.commands = commands.Table(table)
	calls := aws.New(call)
	g.aws, g.commands["aws"] = calls, calls
	if e.Workspace == "" || e.Sandbox() {
		return g
	}
	g.workspace = &interpret.Workspace{Path: filepath.Clean(e.Workspace), Files: checkout(e.Workspace)}
	g.programs = &commands.Programs{Allowed: e.Programs, Effects: effects, Workspace: g.workspace.Path, AWS: calls.Variables, Getenv: os.Getenv}
	return g
}

// checkout is the files of a folder, and of nothing that its links lead to outside.
type checkout string

// Open implements fs.FS.
func (c checkout) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	return os.OpenInRoot(string(c), filepath.FromSlash(name))
}

// switchOn switches faults of the sandbox on.
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

// verifyAgain is how long an account is taken for the one that was verified: credentials may be exchanged meanwhile.
const verifyAgain = 5 * time.Minute

// verify asks AWS which account calls go to, and compares it with the configuration.
func (g *environmentEngine) verify(ctx context.Context) (string, error) {
	if g.environment.Sandbox() {
		return procedures.SandboxAccount, nil
	}
	account, _, err := g.caller(ctx)
	return account, err
}

// who is the ARN of whoever calls are made by, as AWS says it.
func (g *environmentEngine) who(ctx context.Context) (string, error) {
	_, identity, err := g.caller(ctx)
	return identity, err
}

// caller asks AWS who calls, and of which account that is.
func (g *environmentEngine) caller(ctx context.Context) (account, identity string, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if time.Since(g.verified) < verifyAgain {
		return g.account, g.identity, nil
	}
	var out, problem bytes.Buffer
	advice := ""
	status := g.commands["aws"].Run(ctx, &procedures.Invocation{
		Args: []string{"aws", "sts", "get-caller-identity", "--query", "[Account,Arn]", "--output", "text"}, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &problem,
		Env: os.LookupEnv, Files: here{}, Now: time.Now, Note: func(string) {}, Report: func(c procedures.Call) { advice = c.Advice },
	})
	account, identity, _ = strings.Cut(strings.TrimSpace(out.String()), "\t")
	switch {
	case status != 0:
		text := strings.TrimSpace(problem.String())
		if advice != "" {
			text += " " + advice
		}
		return "", "", procedures.Errorf(procedures.CodeUnavailable, "nothing was called: the account of the environment %s could not be asked: %s", g.environment.Name, text)
	case len(g.environment.Account) == 12 && account != g.environment.Account:
		return "", "", procedures.Errorf(procedures.CodeRefused, "nothing was called: the environment %s is for the account %s, and the credentials are of %s", g.environment.Name, g.environment.Account, account)
	}
	g.account, g.identity, g.verified = account, identity, time.Now()
	return account, identity, nil
}

// engine is what executes steps in the environment.
func (g *environmentEngine) engine() *engine.Engine {
	out := &engine.Engine{Environment: g.environment, Commands: g.command, Effects: g.effects.Of, Workspace: g.workspace, Account: g.verify, Identity: g.who}
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

// here are the files of the folder in which opsbook was started, for commands typed by hand.
type here struct{}

func (here) Open(name string) (fs.File, error) { return os.Open(name) }
func (here) Create(name string, appending bool) (io.WriteCloser, error) {
	flags := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if appending {
		flags = os.O_WRONLY | os.O_CREATE | os.O_APPEND
	}
	return os.OpenFile(name, flags, 0o666) //nolint:gosec // as a shell would
}
func (here) Stat(name string) (fs.FileInfo, error)      { return os.Stat(name) }
func (here) ReadDir(name string) ([]fs.DirEntry, error) { return os.ReadDir(name) }
func (here) Remove(name string) error                   { return os.Remove(name) }
func (here) Mkdir(name string) error                    { return os.Mkdir(name, 0o777) } //nolint:gosec // as a shell would
func (here) Chtimes(name string, at time.Time) error    { return os.Chtimes(name, at, at) }
