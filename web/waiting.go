package web

import (
	"context"
	"slices"

	"github.com/a-h/templ"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// waits reports whether a step of a run was requested and has not begun.
func waits(p *procedures.Procedure, view *journal.View) bool {
	return slices.ContainsFunc(p.Steps, func(step *procedures.Step) bool {
		return view.Step(step.ID).State == procedures.ExecutionWaiting
	})
}

// waits implements queuing.
func (s *runSource) waits() bool { return s.run != nil && s.view != nil && waits(s.procedure, s.view) }

// line implements queuing: under the title of each step that waits stands for what, and how many are before it.
func (s *runSource) line(ctx context.Context) (func() []templ.Component, error) {
	waiting, err := s.server.reads.Waiting(ctx, s.run.ID)
	if err != nil {
		return nil, err
	}
	return func() []templ.Component {
		s.queue = waiting
		page := s.page()
		var parts []templ.Component
		for i, step := range s.procedure.Steps {
			if s.view.Step(step.ID).State == procedures.ExecutionWaiting {
				drawn := s.server.step(page, s.view, step, i+1)
				parts = append(parts, partial("#sub-"+step.ID, "innerHTML", templ.Raw(templ.EscapeString(drawn.Sub()))))
			}
		}
		return parts
	}, nil
}
