package runs

import (
	"context"
	"io"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Evidence reads the whole journal of a run.
func (s *Service) Evidence(ctx context.Context, id string) (*journal.Evidence, error) {
	full, file, err := s.Store.Run(ctx, id)
	if err != nil {
		return nil, err
	}
	run, err := s.Run(ctx, id)
	if err != nil {
		return nil, err
	}
	p, err := s.Procedure(ctx, run)
	if err != nil {
		return nil, err
	}
	e := journal.NewEvidence(run, p, file, full.Markdown)
	if err := s.each(ctx, id, 0, e.Apply); err != nil {
		return nil, err
	}
	return e, nil
}

// Text is the runbook's text as it was when a run began.
func (s *Service) Text(ctx context.Context, id string) (string, error) {
	run, _, err := s.Store.Run(ctx, id)
	if err != nil {
		return "", err
	}
	return run.Markdown, nil
}

// each calls do with the events of a run up to a number, 0 for all of them.
func (s *Service) each(ctx context.Context, run string, to int64, do func(procedures.Event) error) error {
	for after := int64(0); ; {
		events, err := s.Store.Events(ctx, run, after, 1000)
		if err != nil {
			return err
		}
		for _, e := range events {
			if to > 0 && e.Number > to {
				return nil
			}
			if err := do(e); err != nil {
				return err
			}
			after = e.Number
		}
		if len(events) < 1000 {
			return nil
		}
	}
}

// WriteJournal writes the events of a run up to a number (0 for all), each as one line of JSON. Its SHA-256 is the
// Journal of an Evidence that was made when that event was the last.
func (s *Service) WriteJournal(ctx context.Context, run string, to int64, w io.Writer) error {
	return s.each(ctx, run, to, func(e procedures.Event) error { return journal.WriteEvent(w, e) })
}
