package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/internal/scripts"
)

// runCommand is `opsbook run`.
type runCommand struct {
	Procedure string            `arg:"" help:"Procedure, or PROCEDURE#STEP: an identifier of list, or any end of one that names one thing."`
	Set       map[string]string `help:"Value of a parameter." placeholder:"NAME=VALUE" mapsep:"none"`
	Format    string            `help:"text: what the script prints. json: the journal's events." enum:"text,json" default:"text"`
	Corrected bool              `help:"Run the corrections of mistaken lines."`
	Fault     []string          `help:"Switch a fault of the sandbox on." placeholder:"NAME" sep:"none"`
	Yes       bool              `help:"Agree to changes beforehand."`
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
	hosts := hostsOf(lib)
	var world *sandbox.Sandbox
	if e.Sandbox() {
		world = sandbox.New(sandbox.Options{})
	}
	if err := switchOn(world, c.Fault); err != nil {
		return err
	}
	engine := newEngine(e, world, func(host string) bool { return hosts[host] })
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
		command: c, terminal: t, library: lib, procedure: procedure, engine: engine, files: &scripts.Folder{Own: root, Over: folder}, state: &scripts.State{}, input: bufio.NewReader(t.in),
	}
	steps := procedure.Steps
	if step != nil {
		steps, s.single = []*procedures.Step{step}, true
	}
	if s.parameters, err = runs.Parameters(procedure, steps, c.Set, e.Variables); err != nil {
		return err
	}
	return s.run(ctx, steps)
}

// hostsOf are the hosts that the runbooks name.
func hostsOf(lib *procedures.Library) map[string]bool {
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
	library    *procedures.Library
	procedure  *procedures.Procedure
	engine     *engine
	files      procedures.Files
	state      *scripts.State
	parameters map[string]string
	input      *bufio.Reader
	single     bool // one step was asked for
	number     int64
	verdicts   []procedures.Verdict
	skipped    []string // manual steps
}

func (s *session) run(ctx context.Context, steps []*procedures.Step) error {
	s.emit(procedures.Event{Kind: procedures.EventRunStarted, Text: s.procedure.ID, Parameters: s.parameters})
	stopped := ""
	for i, step := range steps {
		switch {
		case ctx.Err() != nil:
			stopped = "interrupted"
		case step.Kind == procedures.KindManual || step.Annotations.Manual:
			s.skipped = append(s.skipped, step.Title)
			s.emit(procedures.Event{Kind: procedures.EventSkipped, Step: step.ID, Text: "a person does this"})
			continue
		case !s.single && runs.Alternative(s.procedure, i):
			s.say("- %s: one of several alternatives; run it by itself: opsbook run %s#%s", step.Title, s.procedure.ID, step.ID)
			continue
		case step.Effect().Changes() && !s.single && len(s.skipped) > 0:
			stopped = fmt.Sprintf("%s changes something, and these wait to be done by hand: %s", step.Title, strings.Join(s.skipped, ", "))
		case step.Effect().Changes() && !s.single && procedures.Worst(s.verdicts...).Exit() > 0:
			stopped = fmt.Sprintf("%s changes something, and something before it failed", step.Title)
		}
		if stopped != "" {
			s.say("Stopped before %s: %s.", step.Title, stopped)
			s.verdicts = append(s.verdicts, procedures.Unavailable)
			break
		}
		if err := s.step(ctx, step); err != nil {
			return err
		}
	}
	for _, title := range s.skipped {
		s.say("○ by hand: %s", title)
	}
	worst := procedures.Worst(s.verdicts...)
	s.emit(procedures.Event{Kind: procedures.EventRunFinished, Judgement: &procedures.Judgement{Verdict: worst}})
	status := 0
	for _, v := range s.verdicts {
		status = max(status, v.Exit())
	}
	if status != 0 {
		return exitError(status)
	}
	return nil
}

var glyphs = map[procedures.Verdict]string{
	procedures.Passed: "✓", procedures.Failed: "✕", procedures.Warned: "!", procedures.Errored: "✕", procedures.NoData: "?", procedures.Info: "·", procedures.Unavailable: "–", procedures.Unknown: "?", procedures.Skipped: "○",
}

func (s *session) step(ctx context.Context, step *procedures.Step) error {
	c := s.carry(step)
	if step.Effect().Changes() {
		agreed, ok, err := s.agree(ctx, step, c)
		if err != nil {
			return err
		}
		if !ok {
			s.verdicts = append(s.verdicts, procedures.Unavailable)
			return nil
		}
		c.Agreed = agreed
	}
	started := time.Now()
	s.emit(procedures.Event{Kind: procedures.EventStepStarted, Step: step.ID})
	result := s.engine.runs().Do(ctx, c)
	judgement := result.Judgement
	if result.State != nil {
		s.state = result.State
	}
	s.verdicts = append(s.verdicts, judgement.Verdict)
	took := time.Since(started)
	s.emit(procedures.Event{Kind: procedures.EventStepFinished, Step: step.ID, Judgement: &judgement, Status: result.Status, Duration: took})
	s.say("%s %s: %s: %s (%s)", glyphs[judgement.Verdict], step.Title, judgement.Verdict, judgement.Reason, took.Round(time.Millisecond))
	if judgement.Advice != "" {
		s.say("  %s", judgement.Advice)
	}
	return nil
}

func (s *session) carry(step *procedures.Step) runs.Carry {
	c := runs.Carry{
		Step: step, Scripts: s.library.Script, State: s.state, Parameters: s.parameters, Files: s.files, Corrected: s.command.Corrected, Now: time.Now,
		Stdout: s.stdout(), Stderr: s.terminal.err, Emit: func(event procedures.Event) { event.Step = step.ID; s.emit(event) },
	}
	if step.Effect().Changes() { // what is computed is computed once, before the question
		now := time.Now()
		c.Now = func() time.Time { return now }
	}
	return c
}

// agree shows the exact calls of a changing step and asks.
func (s *session) agree(ctx context.Context, step *procedures.Step, c runs.Carry) ([]procedures.PlannedCall, bool, error) {
	planned, err := s.engine.runs().Plan(ctx, c)
	if procedures.CodeOf(err) == procedures.CodeRefused {
		s.say("✕ %s: %s", step.Title, err)
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if s.command.Yes || len(planned) == 0 && s.engine.environment.Sandbox() {
		return planned, true, nil
	}
	environment := s.engine.environment
	s.say("%s changes something in the environment %s (account %s):", step.Title, environment.Name, orElse(environment.Account, "of the profile"))
	for _, call := range planned {
		s.say("  %s", runs.Line(call))
		s.say("    %s", call.Does)
	}
	typed := runs.Typed(step, planned)
	file, ok := s.terminal.in.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		s.say("Refused: there is no terminal to ask at. --yes agrees beforehand.")
		return nil, false, nil
	}
	question, want := "Type yes to go on: ", "yes"
	if typed != "" {
		question, want = "This takes something away. Type its name, "+typed+", to go on: ", typed
	}
	fmt.Fprint(s.terminal.err, question)
	answer, err := s.input.ReadString('\n')
	if err != nil || strings.TrimSpace(answer) != want {
		s.say("Not agreed; nothing was changed.")
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

func (s *session) say(format string, args ...any) {
	fmt.Fprintf(visible{s.terminal.err}, format+"\n", args...)
}

// emit prints an event where they are asked for.
func (s *session) emit(e procedures.Event) {
	if s.command.Format != "json" {
		return
	}
	s.number++
	e.Number, e.At, e.Run = s.number, time.Now().UTC(), "local"
	if data, err := json.Marshal(e); err == nil {
		fmt.Fprintf(s.terminal.out, "%s\n", data)
	}
}
