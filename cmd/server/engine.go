package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// engine carries commands out in one environment.
type engine struct {
	environment procedures.Environment
	sandbox     *sandbox.Sandbox // nil outside the sandbox
	commands    map[string]procedures.Command
}

// newEngine makes the commands of an environment. named says which hosts the runbooks name.
func newEngine(e procedures.Environment, named func(host string) bool, faults []string) (*engine, error) {
	g := &engine{environment: e}
	table := commands.Options{Guard: commands.Guard{Named: named, Allowed: e.Hosts}}
	call := aws.Options{Environment: e}
	if e.Sandbox() {
		g.sandbox = sandbox.New(sandbox.Options{})
		table.Transport, call.Transport = g.sandbox.Web(), g.sandbox.Transport()
	}
	for _, name := range faults {
		if g.sandbox == nil {
			return nil, procedures.Errorf(procedures.CodeInvalid, "faults can be switched on in the sandbox only; this is the environment %s", e.Name)
		}
		if err := g.sandbox.SetFault(name, true); err != nil {
			return nil, procedures.Errorf(procedures.CodeInvalid, "%w", err)
		}
	}
	g.commands = commands.Table(table)
	g.commands["aws"] = aws.New(call)
	return g, nil
}

// command looks a command up by name.
func (g *engine) command(name string) (procedures.Command, bool) {
	c, ok := g.commands[name]
	return c, ok
}

// here are the files of the folder in which opsbook was started, for commands typed by hand.
type here struct{}

func (here) Open(name string) (fs.File, error) { return os.Open(name) } //nolint:gosec // the user's own files
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

// stateFolder is where opsbook keeps its data unless it is told otherwise.
func stateFolder(t terminal) string {
	if dir := t.getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "opsbook")
	}
	return filepath.Join(t.getenv("HOME"), ".local", "state", "opsbook")
}

var _ = time.Now
var _ = fmt.Sprint
