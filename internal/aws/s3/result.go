package s3

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/aws/wire"
	"github.com/opsbook/opsbook/internal/procedures"
)

// results prints what becomes of transfers, in the order in which they were begun though several
// run at once, and counts.
// It is safe for concurrent use; its lock also guards the session's Tally and its output.
type results struct {
	session *Session

	mu      sync.Mutex
	next    int            // the first that is not printed
	waiting map[int]result // done before an earlier one
	begun   int
	pieces  int64 // bytes of transfers that are not done

	of, ofBytes int64     // what was found to be done
	all         bool      // nothing more will be found
	moving      time.Time // since when
}

// result is a line, "" for none, and whether it is an error.
type result struct {
	text  string
	error bool
}

// begin takes a place in the order.
// Each place must be given to done once, otherwise everything behind it is never printed.
func (r *results) begin() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begun++
	return r.begun - 1
}

// done takes the result of a place, and prints it with those that waited for it.
func (r *results) done(place int, x result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting == nil {
		r.waiting = map[int]result{}
	}
	r.waiting[place] = x
	for {
		x, ok := r.waiting[r.next]
		if !ok {
			return
		}
		delete(r.waiting, r.next)
		r.next++
		r.print(x)
	}
}

// print writes a line where --quiet and --only-show-errors let it.
// A dry run's lines are printed in spite of --only-show-errors, as they are its result.
func (r *results) print(x result) {
	l := r.session.line
	w := r.session.Stdout
	if x.error {
		w = r.session.Stderr
	}
	if x.text == "" || l.flags["quiet"] || !x.error && l.flags["only-show-errors"] && !l.DryRun() {
		return
	}
	fmt.Fprintln(w, x.text)
}

// say prints a line outside of the order.
func (r *results) say(x result) {
	place := r.begin()
	r.done(place, x)
}

// count counts one call, also one that failed.
func (r *results) count(response *wire.Response) {
	retries := 0
	if response != nil {
		retries = response.Retries
	}
	r.requests(1, retries)
}

func (r *results) requests(n, retries int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.session.Tally.Requests += n
	r.session.Tally.Retries += retries
}

// How often progress is told: after a second for the first time, then as often as a hundredth of what has passed lets it, and
// at least four times a minute. An hour's transfer makes some five hundred events, of which a page shows the newest.
const (
	soonest = time.Second
	latest  = 15 * time.Second
)

// moved counts bytes of a transfer that goes on.
func (r *results) moved(n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pieces += n
}

// transferred counts one thing that is done; pieces of it were counted by moved.
func (r *results) transferred(kind string, size, pieces int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := &r.session.Tally
	if kind == "delete" {
		t.Deleted++
	} else {
		t.Transferred++
		t.Bytes += size
	}
	r.pieces -= pieces
}

// found counts one thing that is to be transferred.
func (r *results) found(w work) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of++; r.of == 1 {
		r.moving = time.Now()
	}
	if w.kind != "delete" {
		r.ofBytes += w.item.size
	}
}

// counted says that no more will be found.
func (r *results) counted() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = true
}

// tell tells how far it is until ctx ends.
func (r *results) tell(ctx context.Context) {
	began := time.Now()
	for wait := soonest; ; wait = min(max(soonest, time.Since(began)/100), latest) {
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
			r.session.Progress(r.progress())
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// progress is how far the transfers are. What is found late may exceed what was counted, so the totals are never less
// than what is done.
func (r *results) progress() procedures.Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	elapsed := time.Duration(0)
	if !r.moving.IsZero() {
		elapsed = time.Since(r.moving)
	}
	t := r.session.Tally
	done, bytes := int64(t.Transferred+t.Deleted+t.Failed), t.Bytes+r.pieces
	return procedures.Progress{
		Done: done, Of: max(r.of, done), Bytes: bytes, OfBytes: max(r.ofBytes, bytes), Counting: !r.all, Elapsed: elapsed,
	}
}

// plural is a number with its noun, its thousands set apart: 12,400 objects.
func plural(n int, noun string) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	if n == 1 {
		return text + " " + noun
	}
	return text + " " + noun + "s"
}

// warn prints a warning and counts something skipped, which makes the status 2.
func (r *results) warn(format string, args ...any) {
	r.mu.Lock()
	r.session.Tally.Skipped++
	r.mu.Unlock()
	r.say(result{"warning: " + fmt.Sprintf(format, args...), true})
}

// fail counts a failed transfer. The first one's text is kept for the verdict: the others mostly fail alike.
func (r *results) fail(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.session.Tally.Failed++; r.session.Tally.Failed == 1 {
		r.session.Tally.FirstFailure = text
	}
}

// status is the exit status: 1 where a transfer failed, 2 where one was skipped.
// https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-returncodes.html
func (r *results) status() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.session.Tally.Failed > 0:
		return 1
	case r.session.Tally.Skipped > 0:
		return 2
	}
	return 0
}

// Sentence says what a transfer came to.
func (t Tally) Sentence() string {
	text := plural(t.Transferred, "object") + " transferred, " + humanSize(t.Bytes)
	if t.Transferred == 0 && t.Deleted == 0 {
		text = "Nothing was to be transferred"
	}
	if t.Deleted > 0 {
		text = plural(t.Deleted, "object") + " deleted"
		if t.Transferred > 0 {
			text = plural(t.Transferred, "object") + " transferred, " + humanSize(t.Bytes) + "; " + text
		}
	}
	if t.Skipped > 0 {
		text += "; " + strconv.Itoa(t.Skipped) + " skipped"
	}
	if t.Failed > 0 {
		text += "; " + strconv.Itoa(t.Failed) + " failed: " + t.FirstFailure
	}
	return text + "."
}
