package main

import (
	"bufio"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/user"
	"strings"
	"sync"

	"github.com/spf13/pflag"

	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/confined"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/scripts/commands"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
)

// runCommand is `opsbook run`.
type runCommand struct {
	Set       map[string]string
	SetFile   map[string]string
	Format    string
	Corrected bool
	Fault     []string
	Yes       bool
	Record    bool
	DryRun    bool
}

// flags implements flagged.
func (c *runCommand) flags(f *pflag.FlagSet) {
	c.Set, c.SetFile, c.Format = map[string]string{}, map[string]string{}, "text"
	f.Var(assignments{c.Set, "NAME=VALUE"}, "set", "`NAME=VALUE` Value of a parameter; may be repeated.")
	f.Var(assignments{c.SetFile, "NAME=FILE"}, "set-file", "`NAME=FILE` Value of a parameter, read from a file; - is standard input.")
	f.Var(&choice{value: &c.Format, of: []string{"text", "json"}}, "format", "`text|json` What is printed, or what happens.")
	f.BoolVar(&c.Corrected, "corrected", false, "Run the corrected line in place of one with a mistake.")
	f.StringArrayVar(&c.Fault, "fault", nil, "`NAME` Switch a fault of the sandbox on; may be repeated.")
	f.BoolVar(&c.Yes, "yes", false, "Confirm changes beforehand; never marks or approvals.")
	f.BoolVar(&c.Record, "record", false, "Keep the run in the portal's database.")
	f.BoolVar(&c.DryRun, "dry-run", false, "Print the exact calls, and make none that changes anything.")
}

// run executes the procedure. Standard output is what the script prints, verdicts go to standard error. The exit
// status is the worst of the verdicts. The files of the run are in a temporary folder, over those of the runbooks,
// and are deleted with it.
func (c *runCommand) run(ctx context.Context, o *options, t terminal, words []string) error {
	m := new(mask.Mask)
	return m.Error(c.carryOut(mask.NewContext(ctx, m), o, t, words))
}

// carryOut is run; what is secret may stand in its error.
func (c *runCommand) carryOut(ctx context.Context, o *options, t terminal, words []string) error {
	lib, e, err := o.library()
	if err != nil {
		return err
	}
	procedure, step, err := o.find(ctx, lib, words[0])
	if err != nil {
		return err
	}
	if page, _, _ := strings.Cut(words[0], "#"); lib.Now(page) != "" {
		fmt.Fprintf(t.err, "opsbook: %s is called %s now\n", page, procedure.ID)
	}
	if err := procedure.Refusal(e); err != nil {
		return err
	}
	hosts := hostsOf(lib)
	var world *sandbox.Sandbox
	if e.Sandbox() {
		world = sandbox.New(sandbox.Options{Named: namedIn(func() *runbook.Library { return lib })})
	}
	if err := switchOn(ctx, world, c.Fault); err != nil {
		return err
	}
	environments, err := o.environments()
	if err != nil {
		return err
	}
	executes := newEngine(e, world, hosts.has, commands.NewProgramEffects(environments))
	folder, _, err := o.runbookFolder()
	if err != nil {
		return err
	}
	// Two runs at the same time do not see each other’s files.
	confined.RemoveLeft(slog.New(slog.DiscardHandler))
	dir, err := confined.NewRunFolder()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	// A root keeps the script’s paths inside of the folder.
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open the run's folder: %w", err)
	}
	defer root.Close()
	s := &session{
		command: c, terminal: t, library: lib, procedure: procedure, engine: executes,
		files: &interpret.Folder{Own: root, Over: folder}, root: root, over: folder,
		state: &procedures.ScriptState{}, input: bufio.NewReader(t.in),
	}
	steps := procedure.Steps
	if step != nil {
		steps, s.single = []*procedures.Step{step}, true
	}
	given, err := c.given(t, procedure)
	if err != nil {
		return err
	}
	if s.parameters, err = engine.Parameters(procedure, steps, given, e.Values(procedure)); err != nil {
		return err
	}
	s.secrets = mask.FromContext(ctx).Knowing(s.state, engine.Secrets(procedure, s.parameters)...)
	if c.Record && c.DryRun {
		return procedures.Errorf(procedures.CodeInvalid, "--dry-run executes nothing that --record could keep")
	}
	if c.Record {
		if s.record, err = newRecord(ctx, o, t, s); err != nil {
			return err
		}
		defer s.record.close()
	}
	return s.run(ctx, steps)
}

// hostNames are names of hosts, in lower case.
type hostNames map[string]bool

// has reports whether a host is among them.
func (h hostNames) has(host string) bool { return h[strings.ToLower(host)] }

// hostsOf are the hosts that the runbooks name. Ports are left out.
func hostsOf(lib *runbook.Library) hostNames {
	hosts := hostNames{}
	for _, p := range lib.Procedures() {
		for _, s := range p.Steps {
			for _, h := range s.Analysis.Hosts {
				name, _, _ := strings.Cut(h, ":")
				hosts[strings.ToLower(name)] = true
			}
		}
	}
	return hosts
}

// session is one run of `opsbook run`. Steps that run at the same time share it: they change what stands under mu
// only.
type session struct {
	command    *runCommand
	terminal   terminal
	library    *runbook.Library
	procedure  *procedures.Procedure
	engine     *environmentEngine
	files      procedures.Files
	root       *os.Root // the run's own files, and what they lie over
	over       fs.FS
	state      *procedures.ScriptState
	parameters map[string]string
	input      *bufio.Reader
	single     bool    // one step was asked for
	record     *record // nil unless it is kept in the database

	mu       sync.Mutex // of what follows
	number   int64
	secrets  *mask.Mask
	verdicts []procedures.Verdict
	judged   map[string]procedures.Verdict // of each step that was executed, by its id
	skipped  []string                      // manual steps
}

// run executes the steps in the order of the page: those that only read together, each that makes changes by itself.
// Manual steps are skipped and listed at the end; alternatives and watches without an end are left to be run by
// themselves. It stops before a change for which something is missing.
func (s *session) run(ctx context.Context, steps []*procedures.Step) error {
	acting := procedures.Acting{Who: terminalUser(), Procedure: s.procedure.ID}
	if s.record != nil {
		acting.Run = s.record.run.ID
	}
	ctx = procedures.WithActing(ctx, acting)
	s.emit(procedures.Event{Kind: procedures.EventRunStarted, Text: s.procedure.Title, By: "the command line", Parameters: s.parameters})
	if s.command.DryRun {
		return s.dryRun(ctx, steps)
	}
	for i := 0; i < len(steps); {
		step := steps[i]
		if !s.single && (step.OnDemand || s.procedure.Outside(step, "")) {
			s.say(s.terminal.err, "- %s: done on demand; run it by itself: opsbook run %s#%s", step.Title, s.procedure.ID, step.ID)
			i++
			continue
		}
		if step.Kind == procedures.KindManual || step.Annotations.Manual {
			s.skipped = append(s.skipped, step.Title)
			s.emit(procedures.Event{Kind: procedures.EventMarkedSkipped, Step: step.ID, Text: "a person does this", By: "the command line"})
			i++
			continue
		}
		if !s.single && engine.Alternative(s.procedure, i) {
			s.say(s.terminal.err, "- %s: one of several alternatives; run it by itself: opsbook run %s#%s", step.Title,
				s.procedure.ID, step.ID)
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
		if needed := s.unmet(step); needed != "" {
			s.say(s.terminal.err, "- %s: waiting for “%s” to pass; not run", step.Title, needed)
			s.emit(procedures.Event{Kind: procedures.EventMarkedSkipped, Step: step.ID, Text: "“" + needed + "” has not passed",
				By: "the command line"})
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
	if n := len(s.skipped); n > 0 {
		s.say(s.terminal.err, "Not done: %s to be done by hand.", waiting(n))
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
	if status == 0 && len(s.skipped) > 0 {
		status = exitByHand
	}
	if status != 0 {
		return exitError(status)
	}
	return nil
}

// waiting says of a number of steps that they wait.
func waiting(n int) string {
	if n == 1 {
		return "1 step is"
	}
	return fmt.Sprintf("%d steps are", n)
}

// terminalUser is who sits at the terminal, as far as the system says it.
func terminalUser() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "the command line"
}

// stops says why the run ends before a step; empty when it goes on. A step that was asked for by itself is stopped
// by an interruption only.
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

// reading returns how many of the steps may be executed together, at least one: they only read, and none depends on
// another. A step that changes something, a manual one and an alternative end the group.
func (s *session) reading(steps []*procedures.Step, at int) int {
	n := 1
	for n < len(steps) && !s.single {
		next := steps[n]
		if next.Kind != procedures.KindScript || next.Annotations.Manual || next.Effect().Changes() ||
			engine.Alternative(s.procedure, at+n) || next.OnDemand || s.procedure.Outside(next, "") || s.unmet(next) != "" {
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

// together executes steps at the same time. What they print comes in the order of the page. Each begins with the
// state before all of them; their own changes of it are merged in the order of the page.
func (s *session) together(ctx context.Context, steps []*procedures.Step) {
	before := *s.state // as the first that is merged changes it
	// Each step has its own place, so that no lock is needed before all have ended.
	results := make([]engine.Result, len(steps))
	l := newLanes(len(steps), s.stdout(), s.terminal.err)
	var all sync.WaitGroup
	for i, step := range steps {
		all.Go(func() {
			defer l.done(i)
			results[i] = s.execute(ctx, step, s.execution(step, l.writer(i, false), l.writer(i, true)))
		})
	}
	all.Wait()
	for _, r := range results {
		s.state.Merge(&before, r.State)
		s.verdicts = append(s.verdicts, r.Judgement.Verdict)
	}
}
