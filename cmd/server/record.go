package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/internal/runs/ledger"
	"github.com/opsbook/opsbook/internal/store"
)

// record keeps a run of the command line in the portal's database. Events are kept in memory and written at the end
// in one transaction: a run that is killed leaves its head alone. The session’s lock guards them.
type record struct {
	db     *store.DB
	run    *procedures.Run
	events []procedures.Event
}

// newRecord begins a record. A database that a server holds is an error that names the server. AWS is asked for the
// account, as a run is recorded with one. The caller closes the record.
func newRecord(ctx context.Context, o *options, t terminal, s *session) (*record, error) {
	folder, err := o.dataFolder(t)
	if err != nil {
		return nil, err
	}
	db, err := o.openDatabase(ctx, folder)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	markdown, _ := s.library.Markdown(s.procedure.File)
	account, err := s.engine.verify(ctx)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	r := &record{db: db, run: &procedures.Run{
		ID: runs.NewID(), Procedure: s.procedure.ID, Title: s.procedure.Title, Digest: s.procedure.Digest,
		Environment: s.engine.environment.Name, Account: account,
		State: procedures.RunFinished, StartedBy: "the command line", StartedAt: now, UpdatedAt: now, FinishedAt: now, Markdown: markdown,
	}}
	err = r.update(ctx, func(tx procedures.Tx) error { return db.InsertRun(ctx, tx, r.run, s.procedure.File) })
	if err != nil {
		return nil, errors.Join(fmt.Errorf("record the run: %w", err), db.Close())
	}
	return r, nil
}

// update writes, and tells the servers of the database what has changed: their pages show it at once.
func (r *record) update(ctx context.Context, fn func(procedures.Tx) error) error {
	return r.db.Update(ctx, func(tx procedures.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return r.db.NotifyIn(ctx, tx, ledger.TopicsOf(r.run)...)
	})
}

// add keeps an event until finish.
func (r *record) add(e procedures.Event) { r.events = append(r.events, e) }

// finish writes the record. A nil record is none.
func (r *record) finish(ctx context.Context, v procedures.Verdict) error {
	if r == nil {
		return nil
	}
	ctx = context.WithoutCancel(ctx) // also of a run that was interrupted
	now := time.Now()
	err := r.update(ctx, func(tx procedures.Tx) error {
		if err := r.db.Append(ctx, tx, r.run.ID, now, r.events); err != nil {
			return err
		}
		if err := r.db.SetVerdict(ctx, tx, r.run.ID, v); err != nil {
			return err
		}
		return r.db.FinishRun(ctx, tx, r.run.ID, now)
	})
	if err != nil {
		return fmt.Errorf("record the run: %w", err)
	}
	return nil
}

// close closes the database.
func (r *record) close() { _ = r.db.Close() }
