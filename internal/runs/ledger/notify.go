package ledger

import (
	"maps"
	"slices"
	"sync"

	"github.com/opsbook/opsbook/internal/procedures"
)

// readers are the channels of those who read along. A message says only that there may be something new: they read the journal.
type readers struct {
	mu      sync.Mutex
	byTopic map[string]map[chan struct{}]struct{}
	// following gather what has changed.
	following []*Changes
}

// Topic is what changes when a run of a procedure begins or ends in an environment; an empty procedure means any.
func Topic(environment, procedure string) string { return environment + "\x00" + procedure }

// Subscribe returns a channel that receives after something of a topic has changed: a run's id, or the [Topic] of a procedure.
// stop ends it.
func (l *Ledger) Subscribe(topics ...string) (changed <-chan struct{}, stop func()) {
	r := &l.readers
	ch := make(chan struct{}, 1)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byTopic == nil {
		r.byTopic = map[string]map[chan struct{}]struct{}{}
	}
	for _, topic := range topics {
		if r.byTopic[topic] == nil {
			r.byTopic[topic] = map[chan struct{}]struct{}{}
		}
		r.byTopic[topic][ch] = struct{}{}
	}
	return ch, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, topic := range topics {
			delete(r.byTopic[topic], ch)
			if len(r.byTopic[topic]) == 0 {
				delete(r.byTopic, topic)
			}
		}
	}
}

// Notify tells readers here and in other replicas that something of these topics has changed.
func (l *Ledger) Notify(topics ...string) {
	l.NotifyHere(topics...)
	l.Store.Notify(topics...)
}

// NotifyRun tells readers of a run, of its procedure and of all runs in its environment, and those of further topics.
func (l *Ledger) NotifyRun(run *procedures.Run, topics ...string) {
	l.Notify(append(topics, TopicsOf(run)...)...)
}

// TopicsOf are what changes with a run: the run, the runs of its procedure, and all of its environment.
func TopicsOf(run *procedures.Run) []string {
	return []string{run.ID, Topic(run.Environment, run.Procedure), Topic(run.Environment, "")}
}

// NotifyHere tells readers of this process only: another replica has notified.
func (l *Ledger) NotifyHere(topics ...string) {
	l.readers.mu.Lock()
	defer l.readers.mu.Unlock()
	for _, c := range l.readers.following {
		c.add(topics...)
	}
	for _, topic := range topics {
		for ch := range l.readers.byTopic[topic] {
			select {
			case ch <- struct{}{}:
			default: // it has a message that it has not read yet
			}
		}
	}
}

// NotifyAll lets all readers of this process read again, after a time in which notifications may have been missed.
func (l *Ledger) NotifyAll() {
	l.readers.mu.Lock()
	topics := slices.Collect(maps.Keys(l.readers.byTopic))
	for _, c := range l.readers.following {
		c.everything()
	}
	l.readers.mu.Unlock()
	l.NotifyHere(topics...)
}
