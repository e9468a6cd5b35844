package ledger

import "sync"

// maxChanges bounds the topics that Changes gathers; more of them are all.
const maxChanges = 10000

// Changes gathers what has changed, for who holds something in memory and reads again what is asked for.
type Changes struct {
	mu     sync.Mutex
	topics map[string]struct{}
	all    bool
}

// Follow returns what changes from now on: topics as of [Ledger.Subscribe], here and in other replicas. It is called before the ledger
// is used.
func (l *Ledger) Follow() *Changes {
	c := &Changes{topics: map[string]struct{}{}}
	l.readers.mu.Lock()
	defer l.readers.mu.Unlock()
	l.readers.following = append(l.readers.following, c)
	return c
}

// Take returns what has changed since the last call. all says that it may be anything: notifications may have been missed.
func (c *Changes) Take() (topics map[string]struct{}, all bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	topics, all = c.topics, c.all
	c.topics, c.all = map[string]struct{}{}, false
	return topics, all
}

// add gathers topics.
func (c *Changes) add(topics ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, topic := range topics {
		c.topics[topic] = struct{}{}
	}
	if len(c.topics) > maxChanges {
		c.topics, c.all = map[string]struct{}{}, true
	}
}

// everything says that anything may have changed.
func (c *Changes) everything() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = true
}
