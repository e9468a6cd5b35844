package runs

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
)

// Engine carries steps out in one environment.
type Engine struct {
	Environment procedures.Environment
	// Commands looks a command up by name.
	Commands func(name string) (procedures.Command, bool)
	// Effects says what a program's line does, and Programs finds the program of one that may run, in Workspace; nil for what is
	// known of programs, for none, and for none.
	Effects   func(words []procedures.Word) procedures.Effect
	Programs  func(args []string) (procedures.Command, bool)
	Workspace *interpret.Workspace
	// Account returns the account that calls go to, twelve digits, verified against the configuration.
	Account func(ctx context.Context) (string, error)
	// Identity returns the ARN of whoever the calls are made by; nil where nobody knows.
	Identity func(ctx context.Context) (string, error)
}

// Carry is one carrying out of a step.
type Carry struct {
	Step       *procedures.Step
	Scripts    func(path string) (procedures.Script, bool) // of the library
	State      *procedures.ScriptState
	Parameters map[string]string
	Secrets    []string // values that no event may hold: see Secrets
	Files      procedures.Files
	Corrected  bool
	// Agreed are the calls that were agreed to; nil for a step that only reads.
	Agreed []procedures.PlannedCall
	// Made are the script's first changing calls, which an execution before this one has made.
	Made   []procedures.MadeCall
	Now    func() time.Time
	Stdout io.Writer // what the script prints, unmasked; nil for nobody
	Stderr io.Writer
	Emit   func(procedures.Event)
	Bake   Baking // what a bake goes on from

	planning bool // no changing call is made
}

// Result is how a step ended.
type Result struct {
	Judgement procedures.Judgement
	Status    int // exit status of the script
	// Began is when a bake began, maybe in another process; zero for everything else.
	Began time.Time
	// Rest reports that the step ended before a call whose values were only known then: Made are the calls that were made, with
	// which another execution goes on.
	Rest bool
	Made []procedures.MadeCall
	// State is what the step left for the next one; nil when it was not carried to its end.
	State *procedures.ScriptState
}

// Do carries a step out and judges it: as often as its annotations say.
func (g *Engine) Do(ctx context.Context, c Carry) Result {
	if c.Step.Bake != nil {
		return g.bake(ctx, c)
	}
	began := time.Now()
	var r Result
	if repeats(c.Step) {
		r = g.repeat(ctx, c)
	} else {
		r, _ = g.once(ctx, c)
	}
	r.Judgement = r.Judgement.Within(time.Since(began), c.Step.Annotations.Target.Of(c.Parameters))
	return r
}

// DryRun does of a step what only reads, and tells with c.Emit which changing calls it would make, as far as their values are
// known; none is made. Nothing is waited for.
func (g *Engine) DryRun(ctx context.Context, c Carry) Result {
	c.planning = true
	r, _ := g.once(ctx, c)
	return r
}

// once carries a step out and judges it by the calls that it made.
func (g *Engine) once(ctx context.Context, c Carry) (Result, []procedures.Call) {
	var calls []procedures.Call
	if err := g.Environment.Refusal(c.Step.Title, c.Step.Effect()); err != nil {
		return Result{Status: 2, Judgement: procedures.Judgement{Verdict: procedures.Errored, Reason: sentence(err)}}, nil
	}
	var last lastLine
	step := c.Step.Filled(c.Parameters)
	e := g.execution(c)
	e.Planning = c.planning
	e.Emit = func(event procedures.Event) {
		if event.Call != nil {
			call := *event.Call
			call.Judgement = procedures.JudgeCall(step, &call)
			event.Call = &call
			calls = append(calls, call)
		}
		if event.Kind == procedures.EventOutput && event.Stream == "stdout" {
			last.add(event.Text)
		}
		if c.Emit != nil {
			c.Emit(event)
		}
	}
	outcome, err := interpret.Run(ctx, e)
	r := Result{Status: outcome.Status, State: outcome.State, Rest: outcome.Rest, Made: outcome.Made}
	switch {
	case outcome.Rest:
		r.Judgement = procedures.Judgement{
			Verdict: procedures.Warned, Reason: "Not whole yet: what follows uses what the calls that were made have answered, and is asked about by itself.", Advice: "Go on: see the rest, with its values, and agree to it.",
		}
	case outcome.Refused != "":
		r.Judgement = procedures.Judgement{Verdict: procedures.Errored, Reason: outcome.Refused}
	case err != nil:
		r.Judgement = procedures.Judgement{Verdict: procedures.Errored, Reason: err.Error()}
	case outcome.Unavailable != "":
		r.Judgement = procedures.Judgement{
			Verdict: procedures.Unavailable, Reason: strings.TrimSuffix(outcome.Unavailable, ".") + " (" + g.Environment.Name + ").",
			Advice: "Run it by hand and mark the step as done.",
		}
	default:
		r.Judgement = procedures.Judge(step, calls, outcome.Status, last.text())
	}
	return r, calls
}

// lastLine is the last line that a script printed, as far as a sentence has room for it.
type lastLine struct{ end string }

// maxLine bounds a line that becomes a reason, in bytes.
const maxLine = 200

func (l *lastLine) add(text string) {
	if l.end += text; len(l.end) > 8*maxLine {
		l.end = l.end[len(l.end)-4*maxLine:]
	}
}

// text is that line; empty where it is too long, or no sentence but a table's or a document's.
func (l *lastLine) text() string {
	lines := strings.Split(strings.TrimRight(l.end, " \t\r\n"), "\n")
	line := strings.TrimSpace(lines[len(lines)-1])
	if len(line) > maxLine || strings.ContainsAny(line, "|\t{}[]") || strings.HasPrefix(line, "+-") || strings.HasPrefix(line, "--") || !utf8.ValidString(line) {
		return ""
	}
	return line
}

// Plan finds out what a changing step would do: it reads what the step reads first, and makes no changing call.
func (g *Engine) Plan(ctx context.Context, c Carry) ([]procedures.PlannedCall, error) {
	if err := g.Environment.Refusal(c.Step.Title, c.Step.Effect()); err != nil {
		return nil, err
	}
	planned := []procedures.PlannedCall{}
	failed := ""
	c.Stdout, c.Stderr = nil, nil
	e := g.execution(c)
	e.Planning = true
	e.Emit = func(event procedures.Event) {
		if event.Call != nil && event.Call.Planned != nil {
			planned = append(planned, *event.Call.Planned)
		} else if event.Call != nil && event.Call.Status != 0 && event.Call.Effect.Changes() {
			failed = event.Call.Error
		}
	}
	outcome, err := interpret.Run(ctx, e)
	if err != nil {
		return nil, fmt.Errorf("find out what %s would do: %w", c.Step.Title, err)
	}
	if outcome.Refused != "" {
		return nil, procedures.Errorf(procedures.CodeRefused, "%s", outcome.Refused)
	}
	for _, call := range planned {
		if err := g.Environment.Refusal(journal.PlannedLine(call), call.Effect); err != nil {
			return nil, err
		}
	}
	if len(planned) == 0 && failed != "" {
		return nil, procedures.Errorf(procedures.CodeInvalid, "%s cannot be carried out, and nothing was changed: %s", c.Step.Title, failed)
	}
	return planned, nil
}

// execution is a step's script with what it is given. Agreed is never nil, so that a change which nobody was asked about is
// not made: neither one that the analysis took for a reading, nor one that the planning did not come by.
func (g *Engine) execution(c Carry) *interpret.Execution {
	e := &interpret.Execution{
		Script: forEach(c.Step), State: c.State, Parameters: c.Parameters, Secrets: c.Secrets, Files: g.Workspace.Over(c.Files), Commands: g.Commands, Effects: g.Effects, Programs: g.Programs, Workspace: g.Workspace, Scripts: c.Scripts, Now: c.Now,
		Sequential: c.Step.Annotations.Parallel != nil && !*c.Step.Annotations.Parallel, Corrected: c.Corrected, Agreed: append([]procedures.PlannedCall{}, c.Agreed...), Made: c.Made, Rehearse: g.Environment.Sandbox(), Limit: g.Environment.Limit, Changing: c.Step.Effect().Changes(),
		Stdout: c.Stdout, Stderr: c.Stderr, Limits: interpret.Limits{Time: c.Step.Annotations.Timeout},
	}
	for i := 1; c.Parameters[fmt.Sprint(i)] != ""; i++ {
		e.Args = append(e.Args, c.Parameters[fmt.Sprint(i)])
	}
	return e
}

// Typed returns what has to be typed before these calls are made: the name of what is
// destroyed, or what the step's annotation asks for; empty for nothing.
func Typed(step *procedures.Step, calls []procedures.PlannedCall) string {
	if step.Annotations.Confirm != "" {
		return step.Annotations.Confirm
	}
	for _, c := range calls {
		if c.Effect == procedures.EffectDestroy && c.Resource != "" {
			return c.Resource
		}
	}
	if step.Effect() == procedures.EffectDestroy {
		return "destroy"
	}
	return ""
}

// sentence is an error as a reason on a page.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
