package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/internal/scripts/commands"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
)

// runCommand is `opsbook run`.
type runCommand struct {
	Procedure string            `arg:"" help:"An identifier of list, or any end of one; with #STEP one step."`
	Set       map[string]string `help:"Value of a parameter; may be repeated." placeholder:"NAME=VALUE" mapsep:"none"`
	Format    string            `help:"text (what is printed), or json (what happens)." enum:"text,json" default:"text"`
	Corrected bool              `help:"Run the corrected line in place of a mistaken one."`
	Fault     []string          `help:"Switch a fault of the sandbox on; may be repeated." placeholder:"NAME" sep:"none"`
	Yes       bool              `help:"Agree to changes beforehand; never ticks or approvals."`
	Record    bool              `help:"Keep the run in the portal's database."`
	DryRun    bool              `help:"Print the exact calls, and make none that changes anything."`
}

// Run carries the procedure out. Standard output is what the script prints, verdicts go to standard error.
func (c *runCommand) Run(ctx context.Context, o *options, t terminal) error {
	lib, e, err := o.library()
	if err != nil {
		return err
	}
	procedure, step, err := lib.Find(c.Procedure)
	if err != nil {
		return err
	}
	if err := procedure.Refusal(e); err != nil {
		return err
	}
	hosts := hostsOf(lib)
	var world *sandbox.Sandbox
	if e.Sandbox() {
		world = sandbox.New(sandbox.Options{})
	}
	if err := switchOn(ctx, world, c.Fault); err != nil {
		return err
	}
	environments, err := o.environments()
	if err != nil {
		return err
	}
	executes := newEngine(e, world, func(host string) bool { return hosts[host] }, commands.NewProgramEffects(environments))
	folder, _, err := o.runbookFolder()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "opsbook-run-")
	if err != nil {
		return fmt.Errorf("make the run's folder: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open the run's folder: %w", err)
	}
	defer root.Close()
	s := &session{
		command: c, terminal: t, library: lib, procedure: procedure, engine: executes, files: &interpret.Folder{Own: root, Over: folder}, state: &procedures.ScriptState{}, input: bufio.NewReader(t.in),
	}
	steps := procedure.Steps
	if step != nil {
		steps, s.single = []*procedures.Step{step}, true
	}
	if s.parameters, err = engine.Parameters(procedure, steps, c.Set, e.Variables); err != nil {
		return err
	}
	if c.Record && c.DryRun {
		return procedures.Errorf(procedures.CodeInvalid, "--dry-run carries nothing out that could be kept with --record")
	}
	if c.Record {
		if s.record, err = newRecord(ctx, o, t, s); err != nil {
			return err
		}
		defer s.record.close()
	}
	return s.run(ctx, steps)
}

// hostsOf are the hosts that the runbooks name.
func hostsOf(lib *runbook.Library) map[string]bool {
	hosts := map[string]bool{}
	for _, p := range lib.Procedures() {
		for _, s := range p.Steps {
			for _, h := range s.Analysis.Hosts {
				name, _, _ := strings.Cut(h, ":")
				hosts[name] = true
			}
		}
	}
	return hosts
}

// session is one run of `opsbook run`.
type session struct {
	command    *runCommand
	terminal   terminal
	library    *runbook.Library
	procedure  *procedures.Procedure
	engine     *environmentEngine
	files      procedures.Files
	state      *procedures.ScriptState
	parameters map[string]string
	input      *bufio.Reader
	single     bool    // one step was asked for
	record     *record // nil unless it is kept in the database

	mu       sync.Mutex // of what follows
	number   int64
	verdicts []procedures.Verdict
	skipped  []string // manual steps
}

func (s *session) run(ctx context.Context, steps []*procedures.Step) error {
	s.emit(procedures.Event{Kind: procedures.EventRunStarted, Text: s.procedure.Title, By: "the command line", Parameters: s.parameters})
	if s.command.DryRun {
		return s.dryRun(ctx, steps)
	}
	for i := 0; i < len(steps); {
		step := steps[i]
		if step.Kind == procedures.KindManual || step.Annotations.Manual {
			s.skipped = append(s.skipped, step.Title)
			s.emit(procedures.Event{Kind: procedures.EventMarkedSkipped, Step: step.ID, Text: "a person does this", By: "the command line"})
			i++
			continue
		}
		if !s.single && engine.Alternative(s.procedure, i) {
			s.say(s.terminal.err, "- %s: one of several alternatives; run it by itself: opsbook run %s#%s", step.Title, s.procedure.ID, step.ID)
			i++
			continue
		}
		if !s.single && step.Bake != nil && step.Bake.Endless() {
			s.say(s.terminal.err, "- %s: somebody has to end it; run it by itself: opsbook run %s#%s", step.Title, s.procedure.ID, step.ID)
			i++
			continue
		}
		if why := s.stops(ctx, step); why != "" {
			s.say(s.terminal.err, "Stopped before %s: %s.", step.Title, why)
			s.verdicts = append(s.verdicts, procedures.Unavailable)
			break
		}
		if step.Effect().Changes() {
			if err := s.change(ctx, step); err != nil {
				return err
			}
			i++
			continue
		}
		n := s.reading(steps[i:], i)
		s.together(ctx, steps[i:i+n])
		i += n
	}
	for _, title := range s.skipped {
		s.say(s.terminal.err, "○ by hand: %s", title)
	}
	worst := procedures.Worst(s.verdicts...)
	s.emit(procedures.Event{Kind: procedures.EventRunFinished, Judgement: &procedures.Judgement{Verdict: worst}})
	if err := s.record.finish(ctx, worst); err != nil {
		return err
	}
	status := 0
	for _, v := range s.verdicts {
		status = max(status, v.Exit())
	}
	if status != 0 {
		return exitError(status)
	}
	return nil
}

// stops says why the run ends before a step; empty when it goes on.
func (s *session) stops(ctx context.Context, step *procedures.Step) string {
	switch {
	case ctx.Err() != nil:
		return "interrupted"
	case s.single || !step.Effect().Changes():
		return ""
	case s.engine.environment.Limit(step.Effect()) != "":
		return step.Title + " changes something, and " + s.engine.environment.Limit(step.Effect())
	case len(s.skipped) > 0:
		return step.Title + " changes something, and these wait to be done by hand: " + strings.Join(s.skipped, ", ")
	case procedures.Worst(s.verdicts...).Exit() > 0:
		return step.Title + " changes something, and something before it failed"
	}
	return ""
}

// reading returns how many of the steps may be carried out together, at least one: they only read, and none
// depends on another.
func (s *session) reading(steps []*procedures.Step, at int) int {
	n := 1
	for n < len(steps) && !s.single {
		next := steps[n]
		if next.Kind != procedures.KindScript || next.Annotations.Manual || next.Effect().Changes() || engine.Alternative(s.procedure, at+n) {
			break
		}
		for _, before := range steps[:n] {
			if !engine.Independent(before, next) {
				return n
			}
		}
		n++
	}
	return n
}

// together carries steps out at the same time. What they print comes in the order of the page.
func (s *session) together(ctx context.Context, steps []*procedures.Step) {
	before := s.state
	results := make([]engine.Result, len(steps))
	l := newLanes(len(steps), s.stdout(), s.terminal.err)
	var all sync.WaitGroup
	for i, step := range steps {
		all.Go(func() {
			defer l.done(i)
			results[i] = s.carryOut(ctx, step, s.carry(step, l.writer(i, false), l.writer(i, true)))
		})
	}
	all.Wait()
	for _, r := range results {
		s.state.Merge(before, r.State)
		s.verdicts = append(s.verdicts, r.Judgement.Verdict)
	}
}

// change carries a changing step out, after it was agreed to: what uses an answer of its first calls is asked about by itself.
func (s *session) change(ctx context.Context, step *procedures.Step) error {
	c := s.carry(step, s.stdout(), s.terminal.err)
	now := time.Now() // what is computed is computed once, before the question
	c.Now = func() time.Time { return now }
	for {
		agreed, ok, err := s.agree(ctx, step, c)
		if err != nil {
			return err
		}
		if !ok {
			s.verdicts = append(s.verdicts, procedures.Unavailable)
			return nil
		}
		c.Confirmed = agreed
		r := s.carryOut(ctx, step, c)
		if r.State != nil {
			s.state = r.State
		}
		if !r.Resumable {
			s.verdicts = append(s.verdicts, r.Judgement.Verdict)
			return nil
		}
		c.Made = r.Made
	}
}

// carryOut carries a step out and says what it came to.
func (s *session) carryOut(ctx context.Context, step *procedures.Step, c engine.Execution) engine.Result {
	started := time.Now()
	execution := runs.NewID()
	emit := func(e procedures.Event) {
		e.Step, e.Execution = step.ID, execution
		s.emit(e)
	}
	c.Emit = emit
	emit(procedures.Event{Kind: procedures.EventStepRequested, By: "the command line", Corrected: c.Corrected})
	emit(procedures.Event{Kind: procedures.EventStepStarted})
	var changes []procedures.Change
	if len(c.Confirmed) > 0 {
		changes = s.engine.engine().Inspect(ctx, c, c.Confirmed)
	}
	r, changed := s.engine.engine().Apply(ctx, c, changes)
	finished := procedures.Event{Kind: procedures.EventStepFinished, Judgement: &r.Judgement, Status: r.Status, Duration: time.Since(started)}
	emit(finished)
	s.sayChanges(c.Stderr, changed, true)
	s.say(c.Stderr, "%s", journal.TerminalLine(step.Title, finished))
	return r
}

// sayChanges says what is, or will be, different.
func (s *session) sayChanges(w io.Writer, changes []procedures.Change, made bool) {
	for _, c := range changes {
		isNew := made && !slices.ContainsFunc(c.Differences, func(d procedures.Difference) bool { return d.Before != "" })
		for _, d := range c.Differences {
			if isNew {
				break // that it is there now is said by the verdict
			}
			s.say(w, "    %s of %s: %s → %s", d.Path, orElse(c.Resource, c.Command), journal.OrAbsent(d.Before), journal.OrAbsent(d.After))
		}
		for _, line := range c.Rollback {
			s.say(w, "    way back: %s", line)
		}
		if len(c.Rollback) == 0 && c.NoRollback != "" {
			s.say(w, "    no way back: %s", c.NoRollback)
		}
		for _, warning := range c.Warnings {
			s.say(w, "    %s", warning)
		}
	}
}

func (s *session) carry(step *procedures.Step, stdout, stderr io.Writer) engine.Execution {
	return engine.Execution{
		Step: step, Scripts: s.library.Script, State: s.state, Parameters: s.parameters, Secrets: engine.Secrets(s.procedure, s.parameters), Files: s.files, Corrected: s.command.Corrected, Now: time.Now, Stdout: stdout, Stderr: stderr,
	}
}

// agree shows the exact calls of a changing step and asks.
func (s *session) agree(ctx context.Context, step *procedures.Step, c engine.Execution) ([]procedures.PlannedCall, bool, error) {
	planned, err := s.engine.engine().Plan(ctx, c)
	if procedures.CodeOf(err) == procedures.CodeRefused {
		s.say(s.terminal.err, "✕ %s: %s", step.Title, err)
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if n := procedures.Approvals(s.engine.environment, s.procedure, step); n > 0 && len(planned) > 0 {
		s.say(s.terminal.err, "Refused: %s needs the yes of another person (approvals: %d), which is given in the portal. --yes never gives it; nothing was changed.", step.Title, n)
		return nil, false, nil
	}
	if s.command.Yes || len(planned) == 0 && s.engine.environment.Sandbox() {
		return planned, true, nil
	}
	environment := s.engine.environment
	s.say(s.terminal.err, "%s changes something in the environment %s (account %s):", step.Title, environment.Name, orElse(environment.Account, "of the profile"))
	for _, call := range planned {
		s.say(s.terminal.err, "  %s", journal.PlannedLine(call))
		s.say(s.terminal.err, "    %s", call.Does)
	}
	s.sayChanges(s.terminal.err, s.engine.engine().Inspect(ctx, c, planned), false)
	typed := engine.Typed(step, planned)
	file, ok := s.terminal.in.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		s.say(s.terminal.err, "Refused: there is no terminal to ask at. --yes agrees beforehand.")
		return nil, false, nil
	}
	question, want := "Type yes to go on: ", "yes"
	if typed != "" {
		question, want = "This takes something away. Type its name, "+typed+", to go on: ", typed
	}
	fmt.Fprint(s.terminal.err, question)
	answer, err := s.input.ReadString('\n')
	if err != nil || strings.TrimSpace(answer) != want {
		s.say(s.terminal.err, "Not agreed; nothing was changed.")
		return nil, false, nil //nolint:nilerr // the end of the input is a no
	}
	return planned, true, nil
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// stdout is where a script prints: nowhere when events are printed, with control characters made visible on a terminal.
func (s *session) stdout() io.Writer {
	if s.command.Format == "json" {
		return io.Discard
	}
	if file, ok := s.terminal.out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return visible{file}
	}
	return s.terminal.out
}

// visible writes control characters as ^X, so that an answer cannot drive the terminal.
type visible struct{ io.Writer }

func (v visible) Write(p []byte) (int, error) {
	var out strings.Builder
	for _, r := range string(p) {
		switch {
		case r == '\n' || r == '\t':
			out.WriteRune(r)
		case r < ' ':
			out.WriteString("^" + string(r+'@'))
		case r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			fmt.Fprintf(&out, "<U+%04X>", r)
		default:
			out.WriteRune(r)
		}
	}
	if _, err := io.WriteString(v.Writer, out.String()); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (s *session) say(w io.Writer, format string, args ...any) {
	fmt.Fprintf(visible{w}, format+"\n", args...)
}

// emit prints an event, where they are asked for, and keeps it.
func (s *session) emit(e procedures.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.At = time.Now().UTC()
	if s.record != nil {
		s.record.add(e)
	}
	if s.command.Format != "json" {
		return
	}
	s.number++
	e.Number, e.Run = s.number, "local"
	if data, err := json.Marshal(e); err == nil {
		fmt.Fprintf(s.terminal.out, "%s\n", data)
	}
}
