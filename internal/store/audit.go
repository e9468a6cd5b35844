package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/opsbook/opsbook/internal/audit"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store/database"
)

// Record keeps an entry of the audit log, in a transaction of its own. It has a place in the chain after [DB.ChainAudit].
func (db *DB) Record(ctx context.Context, e audit.Entry) error {
	if e.At.IsZero() {
		e.At = time.Now()
	}
	return db.Update(ctx, func(tx procedures.Tx) error { return db.record(ctx, tx, e) })
}

// recorded numbers the entries of this process, so that those of one moment keep their order.
var recorded atomic.Int64

// record keeps an entry in a transaction of what it tells. The chain is not touched: whoever adds to that waits for all others.
func (db *DB) record(ctx context.Context, tx procedures.Tx, e audit.Entry) error {
	r, err := audit.NewRecord(e.Complete(ctx))
	if err != nil {
		return err
	}
	id := fmt.Sprintf("%013d-%09d-%s", time.Now().UnixMilli(), recorded.Add(1)%1e9, rand.Text()[:8])
	err = in(tx).InsertPendingAudit(ctx, database.InsertPendingAuditParams{
		ID: id, At: r.At, Kind: string(r.Kind), Result: r.Result, Environment: r.Environment, Procedure: r.Procedure, Run: r.Run,
		Who: r.Who, Body: r.Body, Digest: r.Digest,
	})
	db.audited.Store(true)
	return explain("record what was done", err)
}

// auditEvents records those events of a run that are more than its output.
func (db *DB) auditEvents(ctx context.Context, tx procedures.Tx, run string, events []procedures.Event) error {
	var place *database.RunPlaceRow
	for i := range events {
		if _, ok := audit.OfEvent(&events[i], "", "", ""); !ok {
			continue
		}
		if place == nil {
			row, err := in(tx).RunPlace(ctx, run)
			if err != nil {
				return explain("record what was done", err)
			}
			place = &row
		}
		e, _ := audit.OfEvent(&events[i], place.Environment, place.ProcedureID, place.TextDigest)
		if err := db.record(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

// chainAtOnce is how many entries one transaction puts into the chain.
const chainAtOnce = 500

// ChainAudit gives the entries that were recorded since their places in the chain, and reports whether there were any. Several
// replicas may do it at the same time: one after another.
func (db *DB) ChainAudit(ctx context.Context) (some bool, err error) {
	db.audited.Store(false)
	waiting, err := db.reading().PendingAudit(ctx, 1)
	if err != nil || len(waiting) == 0 {
		return false, explain("read the audit log", err)
	}
	err = db.Update(ctx, func(tx procedures.Tx) error {
		last, err := db.lockAudit(ctx, tx)
		if err != nil {
			return err
		}
		pending, err := in(tx).PendingAudit(ctx, chainAtOnce)
		if err != nil {
			return explain("read the audit log", err)
		}
		some = len(pending) > 0
		for _, p := range pending {
			last = audit.Record{
				At: p.At, Kind: audit.Kind(p.Kind), Result: p.Result, Environment: p.Environment, Procedure: p.Procedure, Run: p.Run,
				Who: p.Who, Body: p.Body, Digest: p.Digest,
			}.Chain(last)
			if err := insertAudit(ctx, tx, last); err != nil {
				return err
			}
			if err := in(tx).DropPendingAudit(ctx, p.ID); err != nil {
				return explain("add to the audit log", err)
			}
		}
		return moveAudit(ctx, tx, last)
	})
	if len(waiting) > 0 && err != nil {
		db.audited.Store(true)
	}
	return some, err
}

// Unchained reports whether this process has recorded entries that may have no place in the chain.
func (db *DB) Unchained() bool { return db.audited.Load() }

// lockAudit keeps others from adding to the chain until the transaction ends, and returns its last entry, as far as the next one needs it.
func (db *DB) lockAudit(ctx context.Context, tx procedures.Tx) (audit.Record, error) {
	if err := in(tx).BeginAuditHead(ctx); err != nil {
		return audit.Record{}, explain("add to the audit log", err)
	}
	head, err := in(tx).LockAuditHead(ctx)
	return audit.Record{Number: head.Number, Hash: head.Hash}, explain("add to the audit log", err)
}

func moveAudit(ctx context.Context, tx procedures.Tx, to audit.Record) error {
	return explain("add to the audit log", in(tx).MoveAuditHead(ctx, database.MoveAuditHeadParams{Number: to.Number, Hash: to.Hash}))
}

func insertAudit(ctx context.Context, tx procedures.Tx, r audit.Record) error {
	return explain("add to the audit log", in(tx).InsertAudit(ctx, database.InsertAuditParams{
		Number: r.Number, At: r.At, Kind: string(r.Kind), Result: r.Result, Environment: r.Environment, Procedure: r.Procedure,
		Run: r.Run, Who: r.Who, Body: r.Body, Digest: r.Digest, Previous: r.Previous, Hash: r.Hash,
	}))
}

// EraseAudit erases the text of an entry, which stays with its hash, and adds an entry that says who did so and why.
func (db *DB) EraseAudit(ctx context.Context, number int64, reason string, by audit.Origin) error {
	return db.Update(ctx, func(tx procedures.Tx) error {
		last, err := db.lockAudit(ctx, tx)
		if err != nil {
			return err
		}
		rows, err := in(tx).AuditAfter(ctx, database.AuditAfterParams{Number: number - 1, Limit: 1})
		switch {
		case err != nil:
			return explain("read the audit log", err)
		case len(rows) == 0 || rows[0].Number != number:
			return procedures.Errorf(procedures.CodeNotFound, "there is no entry %d in the audit log. Nothing was erased", number)
		case audit.Kind(rows[0].Kind) == audit.Erased:
			return procedures.Errorf(procedures.CodeInvalid, "entry %d says what was erased, and why: it stays. Nothing was erased", number)
		}
		gone, err := in(tx).EraseAudit(ctx, number)
		if err != nil {
			return explain("erase the entry", err)
		}
		if gone == 0 {
			return procedures.Errorf(procedures.CodeConflict, "the text of entry %d was erased before", number)
		}
		r, err := audit.NewRecord(audit.Entry{
			At: time.Now(), Kind: audit.Erased, Result: "erased", Origin: by, Text: audit.ErasureText(number, reason),
		})
		if err != nil {
			return err
		}
		r = r.Chain(last)
		if err := insertAudit(ctx, tx, r); err != nil {
			return err
		}
		return moveAudit(ctx, tx, r)
	})
}

// AuditBefore returns entries before a number, the newest first; at most limit. 0 is from the newest on.
func (db *DB) AuditBefore(ctx context.Context, number int64, limit int) ([]audit.Record, error) {
	if number <= 0 {
		number = 1 << 62
	}
	rows, err := db.reading().AuditBefore(ctx, database.AuditBeforeParams{Number: number, Limit: int32(limit)})
	return auditRecords(rows), explain("read the audit log", err)
}

// AuditAfter returns entries after a number, in their order; at most limit.
func (db *DB) AuditAfter(ctx context.Context, number int64, limit int) ([]audit.Record, error) {
	rows, err := db.reading().AuditAfter(ctx, database.AuditAfterParams{Number: number, Limit: int32(limit)})
	return auditRecords(rows), explain("read the audit log", err)
}

func auditRecords(rows []database.Audit) []audit.Record {
	out := make([]audit.Record, len(rows))
	for i, r := range rows {
		out[i] = audit.Record{
			Number: r.Number, At: r.At, Kind: audit.Kind(r.Kind), Result: r.Result, Environment: r.Environment, Procedure: r.Procedure,
			Run: r.Run, Who: r.Who, Body: r.Body, Digest: r.Digest, Previous: r.Previous, Hash: r.Hash,
		}
	}
	return out
}

// verifyAtOnce is how many entries are read at a time.
const verifyAtOnce = 5000

// VerifyAudit reads the whole chain, beside servers that add to it, and returns how many entries it has, the hash of the last, and
// what is wrong: nothing where all is well.
func (db *DB) VerifyAudit(ctx context.Context) (last audit.Record, problems []string, err error) {
	return db.VerifyAuditBy(ctx, &audit.Verifier{})
}

// VerifyAuditBy is VerifyAudit with a verifier that may know anchors.
func (db *DB) VerifyAuditBy(ctx context.Context, v *audit.Verifier) (last audit.Record, problems []string, err error) {
	var head database.AuditHeadRow
	for {
		if err := db.verifyFrom(ctx, v); err != nil {
			return last, nil, err
		}
		before := head
		if head, err = db.reading().AuditHead(ctx); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return last, nil, explain("read the audit log", err)
		}
		if head.Number <= v.Last().Number || head == before { // all that was added while it was read has been read
			return v.Last(), v.End(head.Number, head.Hash), nil
		}
	}
}

// verifyFrom adds to a verifier what comes after its last record. It reads ahead, as hashing and reading take about as long.
func (db *DB) verifyFrom(ctx context.Context, v *audit.Verifier) error {
	from := v.Last().Number
	batches, failed := make(chan []audit.Record, 1), make(chan error, 1)
	go func() {
		defer close(batches)
		for after := from; ; {
			rows, err := db.AuditAfter(ctx, after, verifyAtOnce)
			if err != nil {
				failed <- err
				return
			}
			if len(rows) == 0 {
				return
			}
			after = rows[len(rows)-1].Number
			batches <- rows
		}
	}()
	for rows := range batches {
		for _, r := range rows {
			v.Add(r)
		}
	}
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// OpenToRead opens a database for reading, beside servers that use it. from is as for [Backup].
func OpenToRead(ctx context.Context, from string) (*DB, error) { return openToRead(ctx, from) }
