package runs_test

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/internal/store"
)

// quoting is a database whose driver quotes in an error what it was given, once.
type quoting struct {
	*store.DB
	quotes string
	said   atomic.Bool
}

func (q *quoting) Append(ctx context.Context, tx procedures.Tx, run string, now time.Time, events []procedures.Event) error {
	output := func(e procedures.Event) bool { return e.Kind == procedures.EventOutput }
	if slices.ContainsFunc(events, output) && q.said.CompareAndSwap(false, true) {
		return procedures.Errorf(procedures.CodeUnavailable, "insert: parameter $3 = '%s'", q.quotes)
	}
	return q.DB.Append(ctx, tx, run, now, events)
}

// lockedBuffer is a log that is read while it may be written.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

// TestLogsOfExecutionsAreMasked has a driver quote a secret that is known of the execution alone.
func TestLogsOfExecutionsAreMasked(t *testing.T) {
	t.Parallel()
	const secret = "hunter2-hunter2"
	p := newPortal(t, "---\nparams:\n  PIN: {secret: true}\n---\n"+
		enginetest.Fence("# Ask\necho \"$PIN\"; aws lambda get-it --name \"$PIN\""))
	db, log := &quoting{DB: p.db, quotes: "secret is " + secret}, &lockedBuffer{}
	p.options.Stores.Ledger, p.options.Logger = db, slog.New(mask.LogHandler(slog.NewTextHandler(log, nil)))
	p.Service = runs.New(p.options)
	r := p.request("ask")
	r.Parameters = map[string]string{"PIN": secret}
	p.finished(p.press(r).Run, "ask")
	p.work.Wait()
	said := log.String()
	if !db.said.Load() || !strings.Contains(said, mask.Hidden) || !strings.Contains(said, "insert: parameter") {
		t.Errorf("the log does not tell of it: %s", said)
	}
	if strings.Contains(said, secret) {
		t.Errorf("the log shows the secret: %s", said)
	}
}
