package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store/database"
)

// InsertOutgoing puts a message into the outbox, in the transaction of what it tells. Of o, what is not known before the first attempt
// is not read.
func (db *DB) InsertOutgoing(ctx context.Context, tx procedures.Tx, o *procedures.Outgoing) error {
	alert, err := json.Marshal(o.Alert)
	if err != nil {
		return fmt.Errorf("keep a notification: %w", err)
	}
	return explain("keep a notification", in(tx).InsertOutgoing(ctx, database.InsertOutgoingParams{
		ID: o.ID, Target: o.Target, Topic: text(o.Alert.Repeats()), Alert: text(string(alert)),
		CreatedAt: millis(o.CreatedAt), DueAt: millis(o.DueAt),
	}))
}

// LastOutgoing is when the newest message of what repeats was put into the outbox for a target; the zero time for never.
func (db *DB) LastOutgoing(ctx context.Context, tx procedures.Tx, repeats, target string) (time.Time, error) {
	at, err := in(tx).LastOfTopic(ctx, database.LastOfTopicParams{Topic: text(repeats), Target: target})
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return instant(at), explain("read the notifications", err)
}

// Outgoing returns a message of the outbox.
func (db *DB) Outgoing(ctx context.Context, id string) (*procedures.Outgoing, error) {
	row, err := db.reading().Outgoing(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, procedures.Errorf(procedures.CodeNotFound, "there is no notification %s", id)
	}
	if err != nil {
		return nil, explain("read the notification", err)
	}
	return outgoing(row)
}

// outgoing reads a row.
func outgoing(row database.Outbox) (*procedures.Outgoing, error) {
	o := &procedures.Outgoing{
		ID: row.ID, Target: row.Target, Message: []byte(row.Message), State: procedures.OutgoingState(row.State),
		Attempts: int(row.Attempts), Error: row.Error,
		CreatedAt: instant(row.CreatedAt), DueAt: instant(row.DueAt), TriedAt: instant(row.TriedAt),
	}
	if err := json.Unmarshal([]byte(row.Alert), &o.Alert); err != nil {
		return nil, fmt.Errorf("read the notification %s: %w", row.ID, err)
	}
	return o, nil
}

// KeepMessage keeps what a message says: all attempts send the same.
func (db *DB) KeepMessage(ctx context.Context, tx procedures.Tx, id string, message []byte) error {
	return explain("keep a notification", in(tx).KeepMessage(ctx, database.KeepMessageParams{ID: id, Message: text(string(message))}))
}

// KeepAttempt keeps what an attempt came to: the members of o that are not fixed from the beginning.
func (db *DB) KeepAttempt(ctx context.Context, tx procedures.Tx, o *procedures.Outgoing) error {
	return explain("keep a notification", in(tx).KeepAttempt(ctx, database.KeepAttemptParams{
		ID: o.ID, State: string(o.State), Attempts: int64(o.Attempts), Error: text(o.Error),
		DueAt: millis(o.DueAt), TriedAt: millis(o.TriedAt),
	}))
}

// OutgoingDue returns messages that wait and were due by a time.
func (db *DB) OutgoingDue(ctx context.Context, by time.Time, limit int) ([]string, error) {
	ids, err := db.reading().OutgoingDue(ctx, database.OutgoingDueParams{DueAt: millis(by), Limit: int32(limit)})
	return ids, explain("read the notifications", err)
}

// OutgoingTroubled returns messages since a time of which an attempt has failed, the newest first.
func (db *DB) OutgoingTroubled(ctx context.Context, since time.Time, limit int) ([]*procedures.Outgoing, error) {
	rows, err := db.reading().OutgoingTroubled(ctx, database.OutgoingTroubledParams{
		CreatedAt: millis(since), Limit: int32(limit),
	})
	if err != nil {
		return nil, explain("read the notifications", err)
	}
	out := make([]*procedures.Outgoing, len(rows))
	for i, row := range rows {
		if out[i], err = outgoing(row); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// DropOutgoing deletes messages from before a time, whatever became of them.
func (db *DB) DropOutgoing(ctx context.Context, tx procedures.Tx, before time.Time) error {
	return explain("tidy the notifications", in(tx).DropOutgoing(ctx, millis(before)))
}
