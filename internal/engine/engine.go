package engine

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
)

// Engine executes steps in one environment. It is safe for concurrent use.
type Engine struct {
	Environment procedures.Environment
	// Commands looks a command up by name.
	Commands func(name string) (procedures.Command, bool)
	// Effects says what a program's line does; nil for what is known of programs.
	Effects func(words []procedures.Word) procedures.Effect
	// Prepared keeps scripts prepared from one execution to the next; nil for none. It is that of Commands and Effects.
	Prepared *interpret.ScriptCache
	// Pool is the memory that all steps share; nil bounds each alone.
	Pool *limits.Pool
	// Programs finds the program of a line that may run in Workspace; nil allows none.
	Programs  func(args []string) (procedures.Command, bool)
	Workspace *interpret.Workspace // nil for none
	// Account returns the account that calls go to, twelve digits, verified against the configuration; nil for the configured one.
	Account func(ctx context.Context) (string, error)
	// Identity returns the ARN of the caller; nil where it is not known.
	Identity func(ctx context.Context) (string, error)
}

// Execution is one execution of a step: what it is given, and who is told.
// What it points to belongs to the caller and must not change while the step is executed.
type Execution struct {
	Step       *procedures.Step
	Scripts    func(path string) (procedures.Script, bool) // of the library
	State      *procedures.ScriptState                     // that earlier steps of the run left; see [Snapshot]
	Parameters map[string]string
	Files      procedures.Files
	Corrected  bool // lines with a known correction run as corrected
	// Confirmed are the calls that were confirmed; nil for a step that only reads.
	Confirmed []procedures.PlannedCall
	// Made are the script's first changing calls, which an earlier execution has made.
	Made []procedures.MadeCall
	// Answers are what the step's reading lines answered when it was planned: until a change is sent they are answered so again.
	Answers []procedures.KeptAnswer
	// Resuming reports, while planning, that Answers are those of the execution that is resumed.
	Resuming bool
	// Salt is the plan's: see procedures.Execution.
	Salt string
	// Begin keeps, before a changing call is sent, that it begins, and returns the context that it is sent in; ended is called when
	// it was. With an error nothing is sent. Nil emits the event.
	Begin  func(context.Context, mask.Event) (sending context.Context, ended func(), err error)
	Now    func() time.Time
	Stdout io.Writer // what the script prints, masked; nil for nobody
	Stderr io.Writer
	// Out is the only way out: it knows what is secret (see [Secrets]), masks each event, and tells it. nil tells nobody.
	Out  *mask.Emitter
	Bake Baking // from where a bake resumes

	planning bool // no changing call is made
	forgets  bool // what the calls answered is not kept: nobody asks for it behind the step
}

// Result is how an execution ended.
type Result struct {
	Judgement procedures.Judgement
	Status    int // exit status of the script
	// Began is when a bake began, maybe in another process; zero for everything else.
	Began time.Time
	// Resumable reports that the step ended before a call whose values were only known then. Another execution resumes it
	// after Made, the calls that were made.
	Resumable bool
	Made      []procedures.MadeCall
	// Answers are what a resumable step's reading lines answered.
	Answers []procedures.KeptAnswer
	// State is what the step left for the next one; nil when it did not come to its end.
	State *procedures.ScriptState
}

// Execute executes a step and judges it: as often as its annotations say.
// Only steps that read are repeated. Its duration is compared with the step's target.
func (g *Engine) Execute(ctx context.Context, x Execution) Result {
	x = x.closed()
	if x.Step.Bake != nil {
		r := g.bake(ctx, x)
		r.Judgement = x.Out.Mask().Judgement(r.Judgement)
		return r
	}
	began := time.Now()
	var r Result
	if a := x.Step.Annotations; (a.Until != "" || a.Retry > 0) && !x.Step.Effect().Changes() { // else it is a finding of the runbook
		r = g.repeat(ctx, x)
	} else {
		x.forgets = true
		r, _ = g.once(ctx, x)
	}
	r.Judgement = x.Out.Mask().Judgement(r.Judgement.Within(time.Since(began), x.Step.Annotations.Target.Of(x.Parameters)))
	return r
}

// DryRun makes only the calls of a step that read, and emits which changing calls it would make, as far as their values
// are known. It waits for nothing.
func (g *Engine) DryRun(ctx context.Context, x Execution) Result {
	x = x.closed()
	x.planning, x.forgets = true, true
	r, _ := g.once(ctx, x)
	r.Judgement = x.Out.Mask().Judgement(r.Judgement)
	return r
}

// once executes a step one time and judges it by the calls that it made.
// An environment that does not permit the effect refuses it before anything runs, with status 2.
func (g *Engine) once(ctx context.Context, x Execution) (Result, []procedures.Call) {
	var calls []procedures.Call
	if err := g.Environment.Refusal(x.Step.Title, x.Step.Effect()); err != nil {
		return Result{Status: 2, Judgement: procedures.Judgement{Verdict: procedures.Errored, Reason: sentence(err)}}, nil
	}
	last := lastLine{room: 8 * maxLine}
	if x.Step.ShowsStates() {
		last.room = maxCompared
	}
	step := x.Step
	if len(step.Annotations.Expect)+len(step.Annotations.Warn) > 0 {
		step = step.Filled(x.Parameters)
	}
	script := g.script(ctx, x)
	script.Planning = x.planning
	script.Watch = func(event procedures.Event) procedures.Event {
		if event.Call != nil {
			call := *event.Call
			call.Judgement = procedures.JudgeCall(step, &call)
			event.Call = &call
			kept := call
			if x.forgets { // what it says was judged, and it may be large; the event has it
				kept.Document = nil
			}
			calls = append(calls, kept)
		}
		if event.Kind == procedures.EventOutput && event.Stream == "stdout" {
			last.add(event.Text)
		}
		return event
	}
	outcome, err := interpret.Run(ctx, script)
	r := Result{Status: outcome.Status, State: outcome.State, Resumable: outcome.Resumable, Made: outcome.Made}
	if r.Resumable {
		r.Answers = outcome.Answers
	}
	switch {
	case outcome.Resumable:
		r.Judgement = procedures.Judgement{
			Verdict: procedures.Warned,
			Reason:  "Incomplete: the remaining changes use what the first ones returned, and need their own review.",
			Advice:  "Resume: review the remaining changes and confirm them.",
		}
	case outcome.Refused != "":
		r.Judgement = procedures.Judgement{Verdict: procedures.Errored, Reason: outcome.Refused}
	case err != nil:
		r.Judgement = procedures.Judgement{Verdict: procedures.Errored, Reason: procedures.Said(err)}
	case outcome.Unavailable != "":
		r.Judgement = procedures.Judgement{
			Verdict: procedures.Unavailable, Reason: strings.TrimSuffix(outcome.Unavailable, ".") + " (" + g.Environment.Name + ").",
			Advice: "Run it by hand and mark the step as done.",
		}
	default:
		r.Judgement = procedures.Judge(step, calls, outcome.Status, last.text())
		uses := x.State.UsesSample(step.Analysis, outcome.Files)
		if outcome.Status == 0 && !uses && !procedures.HasSample(calls) {
			r.Judgement = step.ByExpected(r.Judgement, last.all(), len(calls))
			if !g.Environment.Sandbox() || onlyAWS(calls) { // what another host says is not known on the sandbox
				r.Judgement = step.ByShown(r.Judgement, last.all(), calls)
			}
		}
		if uses && len(calls) == 0 { // all that it says is about that
			r.Judgement = r.Judgement.EndOfSample()
		}
		if uses || procedures.HasSample(calls) {
			r.Judgement = r.Judgement.OfSample()
			r.State.Sample(step.Analysis, outcome.Files, x.State)
		}
	}
	return r, calls
}

// onlyAWS reports whether all calls are of AWS.
func onlyAWS(calls []procedures.Call) bool {
	return !slices.ContainsFunc(calls, func(c procedures.Call) bool { return c.Program != "aws" })
}

// lastLine is the last line that a script printed, as far as a sentence has room for it.
type lastLine struct {
	end  string
	room int  // bytes that are kept at most; half of them are where more is printed
	cut  bool // more was printed before it
}

// maxLine bounds a line that becomes a reason, in bytes.
// The buffer holds a few times as much, as a line may arrive in parts.
const maxLine = 200

// maxCompared bounds an output that is compared with the one that its document shows, in bytes.
const maxCompared = 64 << 10

// add takes a part of the output.
func (l *lastLine) add(text string) {
	if l.end += text; len(l.end) > l.room {
		l.end, l.cut = l.end[len(l.end)-l.room/2:], true
	}
}

// all is all that was printed; empty where it is more than some lines.
func (l *lastLine) all() string {
	if l.cut {
		return ""
	}
	return l.end
}

// text is that line; empty where it is too long, or part of a table or a document.
func (l *lastLine) text() string {
	lines := strings.Split(strings.TrimRight(l.end, " \t\r\n"), "\n")
	line := strings.TrimSpace(lines[len(lines)-1])
	if len(line) > maxLine || strings.ContainsAny(line, "|\t{}[]") || strings.HasPrefix(line, "+-") || strings.HasPrefix(line, "--") ||
		!utf8.ValidString(line) {
		return ""
	}
	return line
}

// Planned is what a step would change, with what its reading lines answered meanwhile.
type Planned struct {
	Calls   []procedures.PlannedCall
	Answers []procedures.KeptAnswer
}

// Plan returns the changing calls that a step would make. It makes the step's reading calls, and no changing one.
// It returns an error where the environment refuses, the script cannot be planned, or a changing line fails already.
// An empty plan without an error means that nothing is to be changed now.
func (g *Engine) Plan(ctx context.Context, x Execution) (*Planned, error) {
	if err := g.Environment.Refusal(x.Step.Title, x.Step.Effect()); err != nil {
		return nil, err
	}
	x = x.closed()
	m := x.Out.Mask()
	out := &Planned{Calls: []procedures.PlannedCall{}}
	failed := ""
	x.Stdout, x.Stderr, x.Out = nil, nil, x.Out.To(nil)
	script := g.script(ctx, x)
	script.Planning, script.Resuming = true, x.Resuming
	script.OnPlanned = func(call procedures.PlannedCall) { out.Calls = append(out.Calls, call) }
	script.Watch = func(event procedures.Event) procedures.Event {
		if event.Call != nil && event.Call.Planned == nil && event.Call.Status != 0 && event.Call.Effect.Changes() {
			failed = event.Call.Error
		}
		return event
	}
	outcome, err := interpret.Run(ctx, script)
	if err != nil {
		return nil, fmt.Errorf("plan %s: %w", x.Step.Title, m.Error(err))
	}
	if outcome.Refused != "" {
		return nil, procedures.Errorf(procedures.CodeRefused, "%s", m.Text(outcome.Refused))
	}
	for _, call := range out.Calls {
		if err := g.Environment.Refusal(journal.PlannedLine(m.PlannedCall(call)), call.Effect); err != nil {
			return nil, err
		}
	}
	if len(out.Calls) == 0 && failed != "" {
		return nil, procedures.Errorf(procedures.CodeInvalid, "%s cannot run, and nothing was changed: %s", x.Step.Title, m.Text(failed))
	}
	out.Answers = outcome.Answers
	return out, nil
}

// script is a step's script with what it is given. Its confirmed calls are never nil, so that no change is made that was not
// confirmed: neither one that the analysis took for a reading, nor one that the planning did not reach.
func (g *Engine) script(ctx context.Context, x Execution) *interpret.Execution {
	parallel := x.Step.Annotations.Parallel
	script := &interpret.Execution{
		Script: x.Step.Script, State: x.State, Parameters: x.Parameters, Lists: x.Step.Lists,
		Configured: g.configured(x), Out: x.Out, Files: g.Workspace.Over(x.Files),
		Commands: g.Commands, Effects: g.Effects, Prepared: g.Prepared, Programs: g.Programs, Workspace: g.Workspace,
		Scripts: x.Scripts, Now: x.Now,
		Sequential: parallel != nil && !*parallel, Corrected: x.Corrected,
		Confirmed: append([]procedures.PlannedCall{}, x.Confirmed...), Made: x.Made, Rehearse: g.Environment.Sandbox(),
		Limit: g.Environment.Limit, Changing: x.Step.Effect().Changes(), Answers: x.Answers, Salt: x.Salt, Begin: x.Begin,
		Keeps: !x.forgets, Stdout: x.Stdout, Stderr: x.Stderr, Limits: interpret.Limits{Time: x.Step.Annotations.Timeout}, Pool: g.Pool,
	}
	if script.Changing {
		script.Place = g.place(ctx)
	}
	if len(x.Step.Annotations.For) > 0 {
		script.Script = forEach(x.Step)
	}
	// Positional parameters are those named 1, 2, 3 …, up to the first without a value.
	for i := 1; x.Parameters[fmt.Sprint(i)] != ""; i++ {
		script.Args = append(script.Args, x.Parameters[fmt.Sprint(i)])
	}
	return script
}

// configured are the names of variables that the environment sets and that are no field of the step: nobody typed them.
func (g *Engine) configured(x Execution) []string {
	var out []string
	for name, value := range g.Environment.Variables {
		if x.Parameters[name] == value && !slices.Contains(x.Step.Parameters, name) {
			out = append(out, name)
		}
	}
	return out
}

// Typed returns what a person has to type before these calls are made: the name of what is destroyed, or what the step's
// annotation asks for; empty for nothing.
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
	text := procedures.Said(err)
	return procedures.Capital(text) + "."
}
