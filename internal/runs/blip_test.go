package runs_test

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/internal/store"
)

// blips is a database that does not answer for a moment, at one of the things that it is asked while steps are executed.
type blips struct {
	*store.DB
	mu    sync.Mutex
	at    int // which of them, from 1; 0 for none
	asked int
	left  int  // how often it has still to fail
	late  bool // what is written is kept, and only the answer is lost
}

// arm lets the n-th thing fail once, and counts from now on.
func (b *blips) arm(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at, b.asked, b.left = n, 0, 1
}

// fails is the error of a moment without a database. Where answers are lost, only what is written counts.
func (b *blips) fails(writes bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.at == 0 || b.late && !writes {
		return nil
	}
	if b.asked++; b.asked >= b.at && b.left > 0 {
		b.left--
		return procedures.Errorf(procedures.CodeUnavailable, "the database does not answer; nothing was changed")
	}
	return nil
}

func (b *blips) Update(ctx context.Context, fn func(procedures.Tx) error) error {
	if err := b.fails(true); err != nil {
		if b.late {
			return errors.Join(b.DB.Update(ctx, fn), err)
		}
		return err
	}
	return b.DB.Update(ctx, fn)
}

func (b *blips) Head(ctx context.Context, tx procedures.Tx, id string) (*procedures.Run, error) {
	if err := b.fails(false); err != nil {
		return nil, err
	}
	return b.DB.Head(ctx, tx, id)
}

func (b *blips) Run(ctx context.Context, id string) (*procedures.Run, string, error) {
	if err := b.fails(false); err != nil {
		return nil, "", err
	}
	return b.DB.Run(ctx, id)
}

func (b *blips) Events(ctx context.Context, run string, after int64, limit int) ([]procedures.Event, error) {
	if err := b.fails(false); err != nil {
		return nil, err
	}
	return b.DB.Events(ctx, run, after, limit)
}

func (b *blips) Execution(ctx context.Context, tx procedures.Tx, id string) (*procedures.Execution, error) {
	if err := b.fails(false); err != nil {
		return nil, err
	}
	return b.DB.Execution(ctx, tx, id)
}

func (b *blips) Answers(ctx context.Context, tx procedures.Tx, execution string) ([]byte, error) {
	if err := b.fails(false); err != nil {
		return nil, err
	}
	return b.DB.Answers(ctx, tx, execution)
}

func (b *blips) Snapshot(ctx context.Context, tx procedures.Tx, run string) (map[string][]byte, error) {
	if err := b.fails(false); err != nil {
		return nil, err
	}
	return b.DB.Snapshot(ctx, tx, run)
}

// blipping puts blips before the database of a portal, where steps are executed.
func (p *portal) blipping() *blips {
	b := &blips{DB: p.db}
	p.options.Stores.Ledger, p.options.Stores.Executions, p.options.Stores.Snapshots, p.options.Stores.Work = b, b, b, b
	p.again()
	return b
}

// TestBlipIsNoVerdict lets each thing fail that the database is asked while a step is executed, one after the other: the step ends
// as without that, and its changes are made once.
func TestBlipIsNoVerdict(t *testing.T) { onEach(t, testBlipIsNoVerdict) }

func testBlipIsNoVerdict(t *testing.T) {
	book := enginetest.Fence("# Read\nX=$(aws lambda get-it)\n\n# Change\naws lambda update-it --name one\naws lambda update-it --name two")
	p := newPortal(t, book)
	b := p.blipping()
	for _, step := range []string{"read", "change"} {
		for n, asked := 1, 1; n <= asked; n++ {
			p.edit(book, runbook.Options{})
			request := p.request(step)
			if step == "change" {
				request.Confirmed = p.press(request).Plan.Execution
			}
			p.held = make(chan struct{})
			pressed := p.press(request)
			made := len(p.changing())
			// Its text is not the newest any more, and this process has not read it yet.
			p.edit(strings.Replace(book, "get-it", "get-other", 1), runbook.Options{})
			p.Service = runs.New(p.options)
			b.arm(n)
			close(p.held)
			p.work.Wait()
			b.mu.Lock()
			asked, b.at = b.asked, 0
			b.mu.Unlock()
			v := p.finished(pressed.Run, step).Step(step)
			if v.Verdict() != procedures.Passed {
				t.Errorf("%s is judged %+v where number %d of %d was a blip", step, v.Judgement, n, asked)
			}
			if made = len(p.changing()) - made; step == "change" && made != 2 {
				t.Errorf("%d changing calls were made where number %d of %d was a blip", made, n, asked)
			}
		}
	}
}

// TestLostAnswerIsNotWrittenTwice lets the answer be lost to each thing that is written while steps are executed, one after the
// other: the journal is as without that.
func TestLostAnswerIsNotWrittenTwice(t *testing.T) { onEach(t, testLostAnswerIsNotWrittenTwice) }

func testLostAnswerIsNotWrittenTwice(t *testing.T) {
	book := enginetest.Fence("# Read\nX=$(aws lambda get-it)\necho \"$X\"\n\n" +
		"# Change\naws lambda update-it --name one\naws lambda update-it --name two")
	p := newPortal(t, book)
	b := p.blipping()
	b.late = true
	for _, step := range []string{"read", "change"} {
		var want []string
		for n, asked := 0, 1; n <= asked; n++ {
			request := p.request(step)
			if step == "change" {
				request.Confirmed = p.press(request).Plan.Execution
			}
			p.held = make(chan struct{})
			pressed := p.press(request)
			b.arm(cmp.Or(n, math.MaxInt))
			close(p.held)
			p.work.Wait()
			p.finished(pressed.Run, step)
			b.mu.Lock()
			asked, b.at = b.asked, 0
			b.mu.Unlock()
			var got []string
			events, err := p.Since(t.Context(), pressed.Run, 0, 1000)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				if e.Execution == pressed.Execution || e.Execution == request.Confirmed && request.Confirmed != "" {
					got = append(got, string(e.Kind))
				}
			}
			slices.Sort(got) // what becomes of two calls is read at the same time
			if n == 0 {
				want = got
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: with the answer to write %d of %d lost its journal is %v, want %v", step, n, asked, got, want)
			}
		}
	}
}
