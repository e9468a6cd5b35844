package s3

import (
	"fmt"
	"io"
	"sync"

	"github.com/opsbook/opsbook/internal/aws/wire"
)

// results prints what becomes of transfers, in the order in which they were begun though several
// run at once, and counts.
type results struct {
	session *Session

	mu             sync.Mutex
	next           int            // the first that is not printed
	waiting        map[int]result // done before an earlier one
	begun          int
	failed, warned int
}

// result is a line, "" for none, and whether it is an error.
type result struct {
	text  string
	error bool
}

// begin takes a place in the order.
func (r *results) begin() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begun++
	return r.begun - 1
}

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
func (r *results) print(x result) {
	l := r.session.line
	var w io.Writer = r.session.Stdout
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

func (r *results) count(response *wire.Response) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.session.Requests++
	if response != nil {
		r.session.Retries += response.Retries
	}
}

func (r *results) warn(format string, args ...any) {
	r.mu.Lock()
	r.warned++
	r.mu.Unlock()
	r.say(result{"warning: " + fmt.Sprintf(format, args...), true})
}

func (r *results) fail() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed++
}

// status is the exit status: 1 where a transfer failed, 2 where one was skipped.
func (r *results) status() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.failed > 0:
		return 1
	case r.warned > 0:
		return 2
	}
	return 0
}
