// Package streams sends the audit log to where nobody who may write to the database can alter it: a file, a syslog receiver, a bucket.
// What is sent is what the chain has, in its order; after each batch an anchor tells the chain's head. A receiver that is away misses
// nothing: how far a stream has come is in the database. An entry may be sent twice where an answer was lost, and is known by its hash.
package streams

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/audit"
	"github.com/opsbook/opsbook/internal/procedures"
)

// How many entries a batch has at most, how soon new ones are looked for, how long one batch may take, how long a replica keeps a
// stream to itself without sending, and after which time, at most, a failed attempt is made again.
const (
	atOnce    = 500
	lookEvery = 2 * time.Second
	sendTime  = 20 * time.Second
	holdTime  = 45 * time.Second
	mostPause = time.Minute
)

// Store keeps how far streams have come.
type Store interface {
	// HoldAuditStream keeps a stream for a replica until a time, and returns the last entry that its receiver has; false where another
	// replica has it.
	HoldAuditStream(ctx context.Context, name, holder string, now, until time.Time) (number int64, held bool, err error)
	AuditAfter(ctx context.Context, number int64, limit int) ([]audit.Record, error)
	MoveAuditStream(ctx context.Context, name string, number int64, hash string, at time.Time) error
	FailAuditStream(ctx context.Context, name, why string, at time.Time) error
}

// Sender sends a batch as a whole. Its error says what to do; what was sent of a batch that failed is sent again.
type Sender interface {
	Send(ctx context.Context, b *Batch) error
	// Place is where it sends to, for people.
	Place() string
}

// Batch is some entries in their order, at least one.
type Batch struct {
	Records []audit.Record
	Lines   [][]byte // an event of OCSF each, as JSON on one line, of ASCII alone
	Anchor  Anchor   // the last of them
}

// Anchor is the head of the chain at a time: kept elsewhere, it shows that later the chain was cut off or made anew.
type Anchor struct {
	Number int64     `json:"number"`
	Hash   string    `json:"hash"`
	At     time.Time `json:"at,omitzero"`
}

// line is an anchor as it is sent.
func (a Anchor) line() []byte {
	data, _ := json.Marshal(map[string]Anchor{"anchor": a}) //nolint:errchkjson // a time of this millennium
	return data
}

// Text is the batch as JSON lines, with its anchor.
func (b *Batch) Text() []byte {
	return append(append(bytes.Join(b.Lines, []byte("\n")), '\n'), append(b.Anchor.line(), '\n')...)
}

// Runner sends one stream.
type Runner struct {
	Name    string
	Sender  Sender
	Store   Store
	Holder  string // this replica
	Version string // of the product
	Now     func() time.Time
	Logger  *slog.Logger
	// Look is how soon new entries are looked for; 0 for the usual time.
	Look time.Duration
}

// RunAll sends all streams until ctx ends.
func RunAll(ctx context.Context, all []*Runner) {
	var wait sync.WaitGroup
	for _, r := range all {
		wait.Go(func() { r.Run(ctx) })
	}
	wait.Wait()
}

// Run sends what comes until ctx ends.
func (r *Runner) Run(ctx context.Context) {
	look := r.Look
	if look == 0 {
		look = lookEvery
	}
	pause, failing := look, false
	for {
		more, err := r.Once(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			pause = min(2*pause, mostPause)
			if !failing {
				r.Logger.WarnContext(ctx, "a stream of the audit log fails; nothing is lost, and it is sent when its receiver is back",
					"stream", r.Name, "error", err)
			}
		case failing:
			r.Logger.InfoContext(ctx, "a stream of the audit log goes on", "stream", r.Name)
			pause = look
		default:
			pause = look
		}
		failing = err != nil
		if more {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// Once sends the next batch, and reports whether there may be more.
func (r *Runner) Once(ctx context.Context) (more bool, err error) {
	now := r.Now()
	after, held, err := r.Store.HoldAuditStream(ctx, r.Name, r.Holder, now, now.Add(holdTime))
	if err != nil || !held {
		return false, err
	}
	rows, err := r.Store.AuditAfter(ctx, after, atOnce)
	if err != nil || len(rows) == 0 {
		return false, err
	}
	b, err := r.batch(rows)
	if err == nil {
		sending, cancel := context.WithTimeout(ctx, sendTime)
		err = r.Sender.Send(sending, b)
		cancel()
	}
	if err != nil {
		if ctx.Err() != nil {
			return false, err
		}
		if kept := r.Store.FailAuditStream(ctx, r.Name, procedures.Said(err), now); kept != nil {
			r.Logger.WarnContext(ctx, "that a stream fails cannot be kept", "stream", r.Name, "error", kept)
		}
		return false, err
	}
	return len(rows) == atOnce, r.Store.MoveAuditStream(ctx, r.Name, b.Anchor.Number, b.Anchor.Hash, r.Now())
}

func (r *Runner) batch(rows []audit.Record) (*Batch, error) {
	last := rows[len(rows)-1]
	b := &Batch{Records: rows, Anchor: Anchor{Number: last.Number, Hash: last.Hash, At: r.Now().UTC().Truncate(time.Millisecond)}}
	for _, row := range rows {
		event, err := audit.OCSF(row, r.Version)
		if err != nil {
			return nil, err
		}
		line, err := json.Marshal(event)
		if err != nil {
			return nil, fmt.Errorf("write entry %d of the audit log: %w", row.Number, err)
		}
		b.Lines = append(b.Lines, ascii(line))
	}
	return b, nil
}

// ascii is JSON with its characters beyond ASCII as escapes: syslog would want a mark before any other text (RFC 5424, 6.4).
func ascii(line []byte) []byte {
	var out bytes.Buffer
	for _, c := range string(line) {
		switch {
		case c < 0x80:
			out.WriteByte(byte(c))
		case c < 0x10000:
			fmt.Fprintf(&out, `\u%04x`, c)
		default: // two of them (RFC 8259, 7)
			fmt.Fprintf(&out, `\u%04x\u%04x`, 0xd800+(c-0x10000)>>10, 0xdc00+(c-0x10000)&0x3ff)
		}
	}
	return out.Bytes()
}

// Anchors reads the anchors of what a stream or an export has written, whatever stands before the JSON of a line: anchors, and entries,
// each of which tells its place and its hash. A line may also be a number and a hash. A text without any is an error.
func Anchors(from io.Reader) ([]Anchor, error) {
	var out []Anchor
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line struct {
			Anchor   *Anchor `json:"anchor"`
			Metadata struct {
				UID      string `json:"uid"`
				Sequence int64  `json:"sequence"`
			} `json:"metadata"`
		}
		text := lines.Text()
		if number, hash, ok := strings.Cut(strings.TrimSpace(text), " "); ok {
			if n, err := strconv.ParseInt(number, 10, 64); err == nil && len(hash) == 64 {
				out = append(out, Anchor{Number: n, Hash: hash})
				continue
			}
		}
		at := strings.IndexByte(text, '{')
		if at < 0 || json.Unmarshal([]byte(text[at:]), &line) != nil {
			continue // a receiver may write lines of its own
		}
		switch {
		case line.Anchor != nil && line.Anchor.Number > 0:
			out = append(out, *line.Anchor)
		case line.Metadata.Sequence > 0 && line.Metadata.UID != "":
			out = append(out, Anchor{Number: line.Metadata.Sequence, Hash: line.Metadata.UID})
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the anchors: %w", err)
	}
	if len(out) == 0 {
		return nil, procedures.Errorf(procedures.CodeInvalid, "there is no anchor in it: name what a stream of the audit log or an export "+
			"has written, or lines of a number and a hash")
	}
	return out, nil
}
