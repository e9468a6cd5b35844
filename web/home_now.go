package web

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/schedules"
	"github.com/opsbook/opsbook/web/templates"
)

// How much the first page lists of each kind; what is left out is counted, and led to.
const (
	listedRed   = 10
	listedOpen  = 12
	listedDue   = 6
	listedDone  = 6
	listedTiles = 12
	dueWithin   = 24 * time.Hour // how far ahead a planned time is listed
)

// homeRun is a procedure with its newest run, and what that waits for.
type homeRun struct {
	procedure *procedures.Procedure
	run       *procedures.Run
	doing     doing
}

// fillNow fills in what needs somebody, what runs, what is due and what was done in the page's environment. shelf has the procedures that
// may be listed; of what was never run, and of runs that are over and were good, nothing is read but what is in memory.
func (s *Server) fillNow(
	ctx context.Context, page *templates.Home, shelf []*procedures.Procedure, latest map[string]*procedures.Run, asking map[string]bool,
	timings map[string]schedules.Timing,
) error {
	var open, red, done []homeRun
	for _, p := range shelf {
		switch run := latest[p.ID]; {
		case run == nil:
		case run.State == procedures.RunOpen:
			open = append(open, homeRun{procedure: p, run: run})
		case templates.Tone(run.Verdict) == "fail":
			red = append(red, homeRun{procedure: p, run: run})
			done = append(done, homeRun{procedure: p, run: run})
		default:
			done = append(done, homeRun{procedure: p, run: run})
		}
	}
	// What waits for an approval goes before what was used last: it is the one that others wait for.
	slices.SortStableFunc(open, func(a, b homeRun) int {
		return cmp.Or(boolean(asking[b.run.ID])-boolean(asking[a.run.ID]), b.run.UpdatedAt.Compare(a.run.UpdatedAt))
	})
	newest := func(a, b homeRun) int { return b.run.FinishedAt.Compare(a.run.FinishedAt) }
	slices.SortStableFunc(red, newest)
	slices.SortStableFunc(done, newest)
	page.MoreOpen, page.MoreRed = max(0, len(open)-listedOpen), max(0, len(red)-listedRed)
	open, red = open[:min(len(open), listedOpen)], red[:min(len(red), listedRed)]
	for _, list := range [][]homeRun{open, red} {
		for i := range list {
			var err error
			if list[i].doing, err = s.doing(ctx, list[i].run, list[i].procedure); err != nil {
				return err
			}
		}
	}
	for _, of := range []func(homeRun) []templates.Need{redNeeds, approvalNeeds, bakeNeeds, handNeeds} {
		for _, list := range [][]homeRun{open, red} {
			for _, r := range list {
				page.Needs = append(page.Needs, of(r)...)
			}
		}
	}
	page.Needs = append(page.Needs, dueOf(page, shelf, timings, s.reads.Now())...)
	if len(page.Needs) > 0 {
		page.Needs[0].First = true
	}
	for _, r := range open {
		if !r.doing.Running && !r.doing.Left() {
			continue // it waits for somebody to finish it, which hurries nobody
		}
		page.Running = append(page.Running, runningOf(r))
	}
	for _, r := range done[:min(len(done), listedDone)] {
		page.Done = append(page.Done, templates.HomeDone{Title: r.procedure.Title, Run: r.run})
	}
	return nil
}

// doing is what a run waits for. A run whose record is damaged takes no other from the page.
func (s *Server) doing(ctx context.Context, run *procedures.Run, p *procedures.Procedure) (doing, error) {
	d, err := s.standings.doing(ctx, run, p)
	if err == nil {
		return d, nil
	}
	if ctx.Err() != nil || procedures.CodeOf(err) == procedures.CodeUnavailable {
		return d, err
	}
	s.Logger.Error("a run's record cannot be read", "run", run.ID, "error", err)
	return doing{Standing: templates.Standing{Open: run.State == procedures.RunOpen, Verdict: procedures.Unavailable}}, nil
}

// need is what all lines of a run have.
func (r homeRun) need(step *procedures.Step, number int) templates.Need {
	out := templates.Need{
		Title: r.procedure.Title, Href: templates.ProcedureURL(r.procedure.ID), At: r.run.UpdatedAt, By: r.run.StartedBy, Verb: "Open",
	}
	if step != nil {
		out.Title, out.Href = step.Title, templates.StepURL(r.procedure.ID, step.ID)
		out.Where, out.Verb = fmt.Sprintf("%s, step %d", r.procedure.Title, number), "Open step"
	}
	return out
}

// number is a step's number on the page of a run.
func (r homeRun) number(step *procedures.Step) int {
	return 1 + slices.IndexFunc(r.procedure.Steps, func(s *procedures.Step) bool { return s.ID == step.ID })
}

// redNeeds is the step at which a run is red.
func redNeeds(r homeRun) []templates.Need {
	d := r.doing
	if d.Failed == nil {
		return nil
	}
	n := r.need(d.Failed, d.Number)
	n.Tone, n.Sign, n.Word, n.Says = "fail", templates.Glyph(d.FailedAs), templates.Word(d.FailedAs), d.Reason
	return []templates.Need{n}
}

// approvalNeeds is the change that waits for other people.
func approvalNeeds(r homeRun) []templates.Need {
	d := r.doing
	if d.asked == nil {
		return nil
	}
	n := r.need(d.asked, r.number(d.asked))
	n.Tone, n.Sign, n.Word = "warn", "◷", "waiting for approval"
	n.Says = fmt.Sprintf("%s asks; %d of %d given", templates.Someone(d.request.By), len(d.request.Approvals), d.request.Needed)
	n.At, n.By, n.Until, n.Verb = d.request.At, "", d.request.Until, "Review"
	return []templates.Need{n}
}

// bakeNeeds is the step that watches.
func bakeNeeds(r homeRun) []templates.Need {
	b := r.doing.bakes
	if b == nil {
		return nil
	}
	n := r.need(b.step, b.number)
	n.Tone, n.Sign, n.Word, n.Says, n.Verb, n.Until = "run", "◔", "baking", b.samples, "Watch", b.ends
	if b.tone == "fail" || b.tone == "warn" {
		n.Tone = b.tone
	}
	return []templates.Need{n}
}

// handNeeds is what people have to do by hand in a run that does nothing else at the moment.
func handNeeds(r homeRun) []templates.Need {
	d := r.doing
	if len(d.hand) == 0 || d.Running || d.Done == 0 {
		return nil
	}
	step, word := d.hand[0], "to do by hand"
	if d.ended != nil {
		step, word = d.ended, "time is up"
	}
	n := r.need(step, r.number(step))
	n.Tone, n.Sign, n.Word = "warn", "☐", word
	if more := len(d.hand) - 1; more > 0 {
		n.Says = templates.Plural(more, "more step by hand", "more steps by hand")
	}
	return []templates.Need{n}
}

// dueOf lists what is due, and returns what is late as what needs somebody. What is due comes before what is planned.
func dueOf(
	page *templates.Home, shelf []*procedures.Procedure, timings map[string]schedules.Timing, now time.Time,
) (late []templates.Need) {
	var due, next []templates.HomeDue
	for _, p := range shelf {
		raw, ok := timings[p.ID]
		if !ok || !p.For(page.Environment) {
			continue
		}
		switch t := timing(raw); {
		case t.Tone == "fail":
			late = append(late, templates.Need{
				Tone: "warn", Sign: "!", Title: p.Title, Word: t.Word, Says: t.Why, Href: templates.ProcedureURL(p.ID), At: t.At,
				Where: string(p.Rhythm), Verb: "Open",
			})
		case t.Word != "":
			due = append(due, templates.HomeDue{Procedure: p, Timing: t})
		case !t.Next.IsZero() && t.Next.Sub(now) < dueWithin:
			next = append(next, templates.HomeDue{Procedure: p, Timing: t})
		}
	}
	slices.SortStableFunc(next, func(a, b templates.HomeDue) int { return a.Timing.Next.Compare(b.Timing.Next) })
	slices.SortStableFunc(late, func(a, b templates.Need) int { return a.At.Compare(b.At) })
	page.MoreLate = max(0, len(late)-listedRed)
	due = append(due, next...)
	page.Due, page.MoreDue = due[:min(len(due), listedDue)], max(0, len(due)-listedDue)
	return late[:min(len(late), listedRed)]
}

// runningOf is the card of a run that is open.
func runningOf(r homeRun) templates.HomeRunning {
	d := r.doing
	out := templates.HomeRunning{Title: r.procedure.Title, Procedure: r.procedure.ID, Run: r.run, Standing: d.Standing}
	out.Standing.Waiting = d.asked != nil
	if d.bakes != nil {
		out.Until = d.bakes.ends
	}
	return out
}

// boolean is a truth as a number, for sorting.
func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}
