package web

import (
	"bytes"
	"context"
	"slices"

	"github.com/a-h/templ"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/ledger"
	"github.com/opsbook/opsbook/web/templates"
)

// readEvents is how many events are read from the journal at a time.
const readEvents = 500

// runSource is the page of a procedure, which shows its newest run, or the page of one run. What is behind it is
// guarded by the hub’s lock, see source. On the page of a procedure, run changes when somebody begins the next.
type runSource struct {
	server      *Server
	environment procedures.Environment
	fixed       bool             // the page is of one run
	rights      templates.Rights // of those who share it

	procedure *procedures.Procedure
	run       *procedures.Run // nil as long as there is none
	history   []*procedures.Run
	timing    templates.Timing
	earlier   map[string]*templates.Earlier
	view      *journal.View
	touched   map[string]int64  // by step: the number of the newest event that changed it
	queue     map[string]string // what steps wait for, as far as it was asked
	noticed   string            // of what notice was drawn last
	drawn     map[string][]byte // parts of the page that are sent when they changed, by where they go
	printed   screens
}

// topics are the procedure’s, which tells of runs that begin and end, and the run’s, which tells of its events.
func (s *runSource) topics() []string {
	var topics []string
	for _, name := range s.server.namesOfProcedure(s.procedure.ID) { // an open run may have begun under another
		topics = append(topics, ledger.Topic(s.environment.Name, name))
	}
	if s.run != nil {
		topics = append(topics, s.run.ID)
	}
	return topics
}

// place is where those are who have this page open.
func (s *runSource) place() string {
	return s.server.whereabouts(s.environment, s.procedure, s.run, s.fixed)
}

// whereabouts is the place of those who have a page open: one for the page of a procedure and for that of its open run; an
// earlier run is a place of its own.
func (s *Server) whereabouts(e procedures.Environment, p *procedures.Procedure, run *procedures.Run, fixed bool) string {
	if fixed && run != nil && run.State == procedures.RunFinished {
		return run.ID
	}
	return ledger.Topic(e.Name, s.namesOfProcedure(p.ID)[0])
}

// read looks for events, and on the page of a procedure first for another run. Outputs and samples come often and
// change nothing around the steps: the run, the history and the time when it is due are read only for events of
// other kinds.
func (s *runSource) read(ctx context.Context) (func() (change, error), error) {
	if s.view == nil { // the first time
		if s.run == nil && !s.fixed {
			run, history, err := s.server.newest(ctx, s.environment, s.procedure)
			if err != nil {
				return nil, err
			}
			p, err := s.server.textOf(ctx, s.procedure, run)
			if err != nil {
				return nil, err
			}
			return s.show(ctx, p, run, history)
		}
		return s.switchTo(ctx, s.run)
	}
	// The page of a procedure follows the run that somebody else begins.
	if !s.fixed {
		open, err := s.server.reads.Open(ctx, s.procedure.ID, s.environment.Name)
		if err != nil {
			return nil, err
		}
		if open != nil && (s.run == nil || open.ID != s.run.ID) {
			return s.switchTo(ctx, open)
		}
		if open == nil { // one that only reads may have ended before anybody looked
			last, err := s.server.reads.History(ctx, s.procedure.ID, s.environment.Name, 1)
			if err != nil {
				return nil, err
			}
			if len(last) > 0 && !slices.ContainsFunc(s.history, func(run *procedures.Run) bool { return run.ID == last[0].ID }) {
				return s.switchTo(ctx, last[0])
			}
		}
	}
	if s.run == nil {
		return nil, nil
	}
	events, err := s.server.reads.Since(ctx, s.run.ID, s.view.Last, readEvents)
	if err != nil || len(events) == 0 {
		return nil, err
	}
	run, history, timing := s.run, s.history, s.timing
	if slices.ContainsFunc(events, func(e procedures.Event) bool {
		redraw := journal.Redraws(e.Kind)
		return redraw != journal.RedrawOutput && redraw != journal.RedrawSample
	}) {
		if run, err = s.server.reads.Run(ctx, s.run.ID); err != nil {
			return nil, err
		}
		if history, err = s.server.history(ctx, s.procedure.ID, s.environment.Name); err != nil {
			return nil, err
		}
		if timing, err = s.server.timed(ctx, s.environment, s.procedure, run); err != nil {
			return nil, err
		}
	}
	return func() (change, error) {
		s.run, s.history, s.timing = run, history, timing
		html, err := s.apply(events)
		return change{html: html, to: position{run.ID, s.view.Last}}, err
	}, nil
}

// switchTo shows another run, with the text that it began with. It reads without the lock; what it returns is folded
// in with it.
func (s *runSource) switchTo(ctx context.Context, run *procedures.Run) (func() (change, error), error) {
	p, err := s.server.reads.Procedure(ctx, run)
	if err != nil {
		return nil, err
	}
	history, err := s.server.history(ctx, p.ID, s.environment.Name)
	if err != nil {
		return nil, err
	}
	return s.show(ctx, p, run, history)
}

// show draws the whole page of a run, or of a procedure that was not run. The first time it publishes no message:
// pages draw themselves, and are caught up from the positions that they come with.
func (s *runSource) show(ctx context.Context, p *procedures.Procedure, run *procedures.Run,
	history []*procedures.Run) (func() (change, error), error) {
	view, to := journal.NewView(), positionOfText(p)
	if run != nil {
		var err error
		if view, err = s.server.reads.View(ctx, run.ID); err != nil {
			return nil, err
		}
		to = position{run.ID, view.Last}
	}
	timing, err := s.server.timed(ctx, s.environment, p, run)
	if err != nil {
		return nil, err
	}
	earlier, err := s.server.earlier(ctx, s.environment.Name, p, run)
	if err != nil {
		return nil, err
	}
	return func() (change, error) {
		s.earlier = earlier
		first, same := s.view == nil, s.procedure.Digest == p.Digest
		s.procedure, s.run, s.history, s.view, s.timing = p, run, history, view, timing
		s.touched, s.drawn, s.printed = map[string]int64{}, map[string][]byte{}, screens{}
		for _, step := range p.Steps {
			s.touched[step.ID] = max(view.StateChanged, view.Step(step.ID).Last)
			for _, before := range waitsFor(p, step) {
				s.touched[step.ID] = max(s.touched[step.ID], view.Step(before).Last)
			}
		}
		if first { // nobody has been shown anything by this hub
			return change{to: to, whole: true}, nil
		}
		if same { // pages that were at the newest have the same steps at the same places
			html, err := s.inPlace()
			return change{html: html, to: to, whole: true}, err
		}
		html, err := s.since(position{})
		return change{html: html, to: to, whole: true}, err
	}, nil
}

// notice implements noticing: that the runbook was edited since the open run began.
func (s *runSource) notice() (html []templ.Component, changed bool) {
	if s.view == nil || s.run == nil {
		return nil, false
	}
	at := s.run.ID + string(s.run.State)
	if now := s.server.newestText(s.run); now != nil {
		at += now.ID + now.Digest
	}
	if at == s.noticed {
		return nil, false
	}
	s.noticed = at
	return []templ.Component{partial("#edited", "outerMorph", templates.EditNotice(s.page()))}, true
}

// page is what the parts of the page are drawn from. Its steps are drawn one by one.
func (s *runSource) page() *templates.RunPage {
	page := &templates.RunPage{
		Frame:     templates.Frame{Environment: s.environment, Environments: s.server.Environments, Rights: s.rights},
		Procedure: s.procedure, Run: s.run, Fixed: s.fixed, Chapter: s.server.chapter(s.procedure), History: s.history, Timing: s.timing,
		Waiting: s.queue, Earlier: s.earlier,
	}
	page.Here = page.URL()
	if s.run != nil {
		page.Edit = s.server.edited(s.run, s.procedure)
	}
	s.server.outline(page, s.view)
	return page
}

// apply folds events in and draws the parts of the page that they change: lines are added to an output, and a step
// that began, ended or was marked is drawn again, with those that wait for it. The order of the parts is that of the
// page: a step’s output before its progress, then what stands around the steps, then new entries of the timeline. A
// step that is drawn again is drawn without the output that the page has: that stays where it is.
func (s *runSource) apply(events []procedures.Event) (parts, error) {
	printed, before := map[string][]journal.Piece{}, map[string]journal.Output{} // output by step
	redrawn, moved, sampled := map[string]bool{}, map[string]bool{}, map[string]bool{}
	entries := len(s.view.Timeline)
	ended := false
	for _, step := range s.procedure.Steps {
		before[step.ID] = s.view.Step(step.ID).Output
	}
	for _, e := range events {
		s.view.Apply(e)
		if e.Step == "" {
			ended = ended || journal.Redraws(e.Kind) == journal.RedrawRun
			continue
		}
		switch redraw := journal.Redraws(e.Kind); redraw {
		case journal.RedrawOutput, journal.RedrawSample:
			if piece, ok := journal.PieceOf(e); ok && s.view.Step(e.Step).Execution == e.Execution {
				printed[e.Step] = append(printed[e.Step], piece)
				sampled[e.Step] = sampled[e.Step] || redraw == journal.RedrawSample
			}
		case journal.RedrawProgress:
			moved[e.Step] = true
		case journal.RedrawStep, journal.RedrawRun:
			redrawn[e.Step] = true
		}
	}
	// A step may wait for one that was just marked: its button changes.
	s.waiting(redrawn)
	page := s.page()
	var drawn, added []templ.Component
	for i, step := range s.procedure.Steps {
		v, pieces, had := s.view.Step(step.ID), printed[step.ID], before[step.ID]
		// The page has what was printed before, where that is of the same execution.
		has := had.Size > 0 && had.Size+sizeOf(pieces) == v.Output.Size
		draws := ended || redrawn[step.ID] || len(pieces) > 0 && !has // the first line shows what was hidden
		if draws || len(pieces) > 0 {
			s.touched[step.ID] = s.view.Last
		}
		if draws {
			card := s.server.step(page, s.view, step, i+1)
			card.Printed = has
			drawn = append(drawn, partial("#"+step.ID, "outerMorph", templates.StepCard(card)))
		} else if sampled[step.ID] {
			if state := bakeState(s.view, step); state != nil {
				drawn = append(drawn, partial("#bake-"+step.ID, "innerMorph", templates.BakeLine(state)))
			}
		}
		if has && len(pieces) > 0 {
			added = append(added, s.printed.more(step.ID, v.Execution, had, pieces)...)
		}
		if !draws && moved[step.ID] && v.Progress != nil && v.Running() {
			s.touched[step.ID] = s.view.Last
			drawn = append(drawn, partial("#progress-"+step.ID, "innerHTML", templates.Progress(v.Progress)))
		}
	}
	if len(redrawn) > 0 || ended {
		changed, err := s.around(page)
		if err != nil {
			return nil, err
		}
		drawn = append(drawn, changed...)
	}
	if fresh := len(s.view.Timeline) - entries; fresh > 0 {
		how := "afterbegin"
		if entries == 0 || fresh > len(page.Timeline) {
			how = "innerHTML"
		} else if fresh < len(page.Timeline) {
			page.Timeline = page.Timeline[len(page.Timeline)-fresh:]
		}
		added = append(added, partial("#timeline", how, templates.Timeline(page)))
	}
	return divided(append(drawn, added...)...)
}

// waiting adds the steps that say what they wait for to those that are drawn again.
func (s *runSource) waiting(redrawn map[string]bool) {
	for _, step := range s.procedure.Steps {
		if slices.ContainsFunc(waitsFor(s.procedure, step), func(before string) bool { return redrawn[before] }) {
			redrawn[step.ID] = true
		}
	}
}

// waitsFor are the steps whose marks and verdicts a step says something of.
func waitsFor(p *procedures.Procedure, step *procedures.Step) []string {
	out := slices.Concat(step.After, step.Annotations.Needs)
	if !step.Effect().Changes() { // what has failed offers to roll back what was changed before it
		for _, before := range changesBefore(p, step) {
			out = append(out, before.ID)
		}
	}
	return out
}

// sizeOf is how much pieces add to an output, in bytes.
func sizeOf(list []journal.Piece) (n int) {
	for _, p := range list {
		n += len(p.Text)
	}
	return n
}

// around draws the title, the progress and the like, each only where it is not what was sent before. drawn remembers
// what went to each place; a page that was caught up in between has the same, since since draws all of them.
func (s *runSource) around(page *templates.RunPage) ([]templ.Component, error) {
	var parts []templ.Component
	for _, p := range []struct {
		target, how string
		component   templ.Component
	}{
		{"#head", "outerMorph", templates.Head(page)}, {"#meter", "outerMorph", templates.MeterBar(page)},
		{"#history", "innerHTML", templates.History(page)},
		{inNavigation, "outerHTML", verdictOf(page)},
	} {
		html, err := markup(p.component)
		if err != nil {
			return nil, err
		}
		if bytes.Equal(html, s.drawn[p.target]) {
			continue
		}
		s.drawn[p.target] = html
		parts = append(parts, partial(p.target, p.how, templ.Raw(string(html))))
	}
	return parts, nil
}

// inPlace draws all that another run of the same text changes, part by part, so that a page stays usable meanwhile.
func (s *runSource) inPlace() (parts, error) {
	page := s.page()
	drawn := []templ.Component{
		partial("#head", "outerMorph", templates.Head(page)), partial("#meter", "outerMorph", templates.MeterBar(page)),
		partial("#parameters", "outerMorph", templates.Parameters(page)),
	}
	for i, step := range s.procedure.Steps {
		drawn = append(drawn, partial("#"+step.ID, "outerMorph", templates.StepCard(s.server.step(page, s.view, step, i+1))))
	}
	drawn = append(drawn, partial("#bottom", "outerMorph", templates.Bottom(page)),
		partial("#timeline", "innerHTML", templates.Timeline(page)), partial("#history", "innerHTML", templates.History(page)), dot(page))
	return divided(drawn...)
}

// positionOfText is the position of a page that shows no run: all that can be known of it is its text.
func positionOfText(p *procedures.Procedure) position { return position{of: "text-" + p.Digest} }

// since draws what changed after a position: the cards of the steps that events changed since then, or the whole
// page where the position is of another run. What stands around the steps is always sent: it is small, and its
// changes are not numbered. Morphing keeps what a person has typed or opened.
func (s *runSource) since(from position) (parts, error) {
	page := s.page()
	number := func(step *procedures.Step) int { return slices.Index(s.procedure.Steps, step) + 1 }
	if s.run == nil || from.of != s.run.ID {
		page.Steps = map[string]*templates.Step{}
		for _, step := range s.procedure.Steps {
			page.Steps[step.ID] = s.server.step(page, s.view, step, number(step))
		}
		return divided(partial("#page", "innerMorph", templates.Content(page)),
			partial("#timeline", "innerHTML", templates.Timeline(page)),
			partial("#history", "innerHTML", templates.History(page)), dot(page))
	}
	var drawn []templ.Component
	for _, step := range s.procedure.Steps {
		if s.touched[step.ID] > from.number {
			drawn = append(drawn, partial("#"+step.ID, "outerMorph", templates.StepCard(s.server.step(page, s.view, step, number(step)))))
		}
	}
	drawn = append(drawn, partial("#head", "outerMorph", templates.Head(page)),
		partial("#meter", "outerMorph", templates.MeterBar(page)), partial("#timeline", "innerHTML", templates.Timeline(page)),
		partial("#history", "innerHTML", templates.History(page)), dot(page))
	return divided(drawn...)
}
