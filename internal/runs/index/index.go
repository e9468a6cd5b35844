// Package index lets people find words in what runs printed, and in what was said of them. It follows the journals: what is written is
// found a moment later, and what is deleted is not found any more.
package index

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/ledger"
)

const (
	every      = time.Second      // that is indexed what was written
	allEvery   = 10 * time.Minute // that all runs are looked through: who is killed between a commit and its notification tells nobody
	runsAtOnce = 1000
	eventsRead = 500
	partBytes  = 8 << 10 // of text that is found together
	restTimes  = 3       // how much longer than it took to index a run nothing is done before the next one, where all are looked through
)

// Store has the index.
type Store interface {
	Unindexed(ctx context.Context, limit int) ([]procedures.Unindexed, error)
	IndexedTo(ctx context.Context, run string) (procedures.Unindexed, error)
	Index(ctx context.Context, u procedures.Unindexed, parts []procedures.Indexed, to int64) error
	Search(ctx context.Context, words []string, before int64, limit int) ([]procedures.Hit, error)
}

// Index follows the journals. All replicas do; each part is indexed by one of them.
type Index struct {
	store   Store
	ledger  *ledger.Ledger
	changes *ledger.Changes
	logger  *slog.Logger
}

// New makes an index. It is called before the ledger is used.
func New(store Store, l *ledger.Ledger, logger *slog.Logger) *Index {
	return &Index{store: store, ledger: l, changes: l.Follow(), logger: logger}
}

// Watch indexes what is written until ctx ends, and before that what is not indexed yet.
func (x *Index) Watch(ctx context.Context) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	var all time.Time // when all runs were looked through
	for {
		err := x.Follow(ctx, time.Since(all) > allEvery)
		switch {
		case err == nil && time.Since(all) > allEvery:
			all = time.Now()
		case err != nil && ctx.Err() == nil:
			x.logger.WarnContext(ctx, "index what was written", "error", err)
			all = time.Time{}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Follow indexes what has changed since the last call, or what is not indexed of all runs.
func (x *Index) Follow(ctx context.Context, all bool) error {
	topics, missed := x.changes.Take()
	if !all && !missed {
		for topic := range topics {
			if strings.Contains(topic, "\x00") {
				continue // it is a procedure
			}
			u, err := x.store.IndexedTo(ctx, topic)
			if err != nil {
				return err
			}
			if err := x.index(ctx, u); err != nil {
				return err
			}
		}
		return nil
	}
	for {
		list, err := x.store.Unindexed(ctx, runsAtOnce)
		if err != nil {
			return err
		}
		for _, u := range list {
			began := time.Now()
			if err := x.index(ctx, u); err != nil {
				return err
			}
			select { // after an upgrade there are many, and others use the database
			case <-time.After(restTimes * time.Since(began)):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if len(list) < runsAtOnce {
			return ctx.Err()
		}
	}
}

// index indexes the events of one run that are not.
func (x *Index) index(ctx context.Context, u procedures.Unindexed) error {
	for u.Done < u.Newest {
		events, err := x.ledger.Store.Events(ctx, u.Run, u.Done, eventsRead)
		if err != nil || len(events) == 0 {
			return err
		}
		to := events[len(events)-1].Number
		if err := x.store.Index(ctx, u, parts(events), to); err != nil {
			return err
		}
		u.Done = to
	}
	return nil
}

// parts are what is found together: the events of one step that follow each other, up to partBytes of text.
func parts(events []procedures.Event) []procedures.Indexed {
	var out []procedures.Indexed
	var text strings.Builder
	end := func() {
		if text.Len() > 0 {
			last := &out[len(out)-1]
			if last.Words = procedures.Words(text.String()); len(last.Words) == 0 {
				out = out[:len(out)-1]
			}
		}
		text.Reset()
	}
	for _, e := range events {
		said := journal.Searched(e)
		if said == "" {
			continue
		}
		if text.Len() == 0 || text.Len() > partBytes || out[len(out)-1].Step != e.Step {
			end()
			out = append(out, procedures.Indexed{Step: e.Step, First: e.Number})
		}
		out[len(out)-1].Last = e.Number
		text.WriteString(said)
		text.WriteByte(' ')
	}
	end()
	return out
}
