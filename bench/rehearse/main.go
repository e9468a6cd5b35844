// Command rehearse runs what a folder of runbooks reads on the sandbox, each procedure from its beginning with its fields filled by
// their defaults and examples, and prints what answered: the estate, what has grown from a name, a sample, nothing; and what the
// steps came to. A procedure runs as far as its first step that is not read only; with -changes its changes are made too.
//
//	go run ./bench/rehearse [-each] [-changes] [-fault NAME,NAME] DIR
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/bench/report"
	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/confined"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/commands"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
)

// patience is how long one step may take.
const patience = 5 * time.Second

func main() {
	each := flag.Bool("each", false, "print each call that nothing answered, and each verdict")
	fault := flag.String("fault", "", "faults of the sandbox that are on, separated by commas; all for each that breaks a resource")
	changes := flag.Bool("changes", false, "make changes too")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: rehearse [-each] [-changes] [-fault NAME] DIR")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Stdout, flag.Arg(0), *fault, *each, *changes); err != nil {
		fmt.Fprintln(os.Stderr, "rehearse:", err)
		os.Exit(1)
	}
}

// rehearsal is one run over a folder.
type rehearsal struct {
	engine   *engine.Engine
	library  *runbook.Library
	out      io.Writer
	each     bool
	changes  bool
	answered map[string]int // calls, by what answered
	verdicts map[string]int // steps
	judged   map[string]int // of these, those that call AWS
	missing  map[string]int // operations that the sandbox does not have
}

// run rehearses all procedures of a folder, and prints the figures.
func run(ctx context.Context, out io.Writer, folder, fault string, each, changes bool) error {
	environment := procedures.Environment{Name: "sandbox", Account: "sandbox"}
	effects := commands.NewProgramEffects([]procedures.Environment{environment})
	world := sandbox.New(sandbox.Options{})
	if err := breakAll(ctx, world, fault); err != nil {
		return err
	}
	table := commands.Table(commands.Options{Guard: commands.Guard{Named: func(string) bool { return true }}, Transport: world.Web()})
	table["aws"] = aws.New(aws.Options{Environment: environment, Transport: world.Transport()})
	command := func(name string) (procedures.Command, bool) { c, ok := table[name]; return c, ok }
	library, err := runbook.Open(confined.Dir(folder), runbook.Options{Analyser: &analyse.Analyser{Effects: effects.Of, Command: command}})
	if err != nil {
		return err
	}
	r := &rehearsal{
		engine: &engine.Engine{
			Environment: environment, Commands: command, Effects: effects.Of, Prepared: interpret.NewScriptCache(command, effects.Of),
		},
		library: library, out: out, each: each, changes: changes, judged: map[string]int{},
		answered: map[string]int{}, verdicts: map[string]int{}, missing: map[string]int{},
	}
	for _, p := range library.Procedures() {
		if err := r.procedure(ctx, p); err != nil {
			return err
		}
	}
	return r.report()
}

// breakAll switches faults on: "all" is each that breaks resources, not the account as a whole.
func breakAll(ctx context.Context, world *sandbox.Sandbox, names string) error {
	list := strings.Split(names, ",")
	if names == "all" {
		faults, err := world.Faults(ctx)
		if err != nil {
			return err
		}
		list = nil
		for _, f := range faults {
			if !slices.Contains([]string{"throttled", "denied", "read-only", "slow", "expired-token"}, f.Name) {
				list = append(list, f.Name)
			}
		}
	}
	for _, name := range list {
		if name == "" {
			continue
		}
		if err := world.SetFault(ctx, name, true); err != nil {
			return err
		}
	}
	return nil
}

// procedure runs the reading steps at the beginning of a procedure.
func (r *rehearsal) procedure(ctx context.Context, p *procedures.Procedure) error {
	given := map[string]string{}
	for i := range p.Parameters {
		q := &p.Parameters[i]
		given[q.Name] = valueOf(q)
	}
	values, err := engine.Parameters(p, p.Steps, given, nil)
	if err != nil {
		r.verdicts["(procedures whose fields want other values)"]++
		return nil
	}
	folder, err := os.MkdirTemp("", "rehearse")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	own, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer own.Close()
	state := &procedures.ScriptState{}
	files := &interpret.Folder{Own: own, Over: confined.Dir(folder)}
	for _, s := range p.Steps {
		if s.Kind != procedures.KindScript {
			continue
		}
		if s.Effect().Changes() && !r.changes || s.Bake != nil {
			return nil
		}
		x := engine.Execution{
			Step: s, Scripts: r.library.Script, State: state, Parameters: values, Files: files, Now: time.Now, Stdout: io.Discard,
			Stderr: io.Discard, Out: mask.NewEmitter(nil, func(e mask.Event) { r.call(p, s, e.Open()) }),
		}
		within, done := context.WithTimeout(ctx, patience)
		result := r.engine.Execute(within, x)
		late := within.Err() != nil
		done()
		if late { // it watches or follows, and would go on
			r.verdicts["(still running)"]++
			return nil
		}
		if result.State != nil {
			state = result.State
		}
		r.verdicts[string(result.Judgement.Verdict)]++
		if s.Effect() == procedures.EffectRead && len(s.Analysis.Calls) > 0 {
			r.judged[string(result.Judgement.Verdict)]++
		}
		if r.each {
			fmt.Fprintf(r.out, "%-12s %s#%s: [%s] %s\n", result.Judgement.Verdict, p.ID, s.ID, strings.Join(s.Analysis.Calls, ", "),
				result.Judgement.Reason)
		}
	}
	return nil
}

// masked are the beginnings of examples that stand for an id, with one that a person would type.
var masked = map[string]string{
	"i-": "i-0123456789abcdef0", "vpc-": "vpc-0123456789abcdef0", "sg-": "sg-0123456789abcdef0", "vol-": "vol-0123456789abcdef0",
	"subnet-": "subnet-0123456789abcdef0", "E": "E1A2B3C4D5E6F7",
}

// valueOf is what a person would type into a field: its default, its example where that is no mask, else something of its name.
func valueOf(q *procedures.Parameter) string {
	value := cmp.Or(q.Default, q.Example)
	if value == "" && len(q.Choices) > 0 {
		value = q.Choices[0]
	}
	mask := strings.Contains(strings.ToLower(value), "xxx") || strings.ContainsAny(value, "<[{") || strings.Contains(value, "...")
	if value != "" && !mask {
		return value
	}
	for prefix, id := range masked {
		if strings.HasPrefix(value, prefix) {
			return id
		}
	}
	switch name := strings.ToLower(q.Name); {
	case strings.Contains(name, "start"), strings.Contains(name, "from"):
		return time.Now().UTC().Add(-time.Hour).Format(time.RFC3339)
	case strings.Contains(name, "end"), strings.Contains(name, "time"), strings.Contains(name, "date"):
		return time.Now().UTC().Format(time.RFC3339)
	case strings.Contains(name, "region"):
		return "us-east-1"
	case strings.Contains(name, "account"):
		return procedures.SandboxAccount
	case strings.Contains(name, "instance"):
		return masked["i-"]
	}
	return "orders"
}

// call counts who answered a call.
func (r *rehearsal) call(p *procedures.Procedure, s *procedures.Step, e procedures.Event) {
	c := e.Call
	if e.Kind != procedures.EventCall || c == nil || c.Program != "aws" {
		return
	}
	by := cmp.Or(c.Simulated, "estate")
	operation := c.Command
	switch {
	case c.Status == 0:
	case c.Code == "SandboxNotImplemented":
		by = "not simulated"
		r.missing[operation]++
	case strings.Contains(c.Error, "is not supported here"):
		by = "nobody: by hand"
	case strings.HasPrefix(c.Error, "An error occurred (") && !strings.HasPrefix(c.Error, "An error occurred (ParamValidation)"):
		by += ", with an error" // what a service says of what is not there, or not allowed
	default:
		by = "nobody: not sent" // a mistake of the line, or of the value that it was given here
	}
	r.answered[by]++
	if r.each && c.Status != 0 {
		fmt.Fprintf(r.out, "%-12s %s#%s: %s: %s\n", by, p.ID, s.ID, operation, c.Error)
	}
}

// report prints the figures.
func (r *rehearsal) report() error {
	rows := [][]string{{"", "number"}}
	add := func(what string, of map[string]int) {
		keys := slices.SortedFunc(maps.Keys(of), func(a, b string) int { return cmp.Or(of[b]-of[a], cmp.Compare(a, b)) })
		for _, key := range keys {
			rows = append(rows, []string{what + key, strconv.Itoa(of[key])})
		}
	}
	add("calls answered by: ", r.answered)
	add("steps: ", r.verdicts)
	add("steps that read from AWS: ", r.judged)
	add("not simulated: ", r.missing)
	return report.Table(r.out, rows)
}
