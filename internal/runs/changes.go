package runs

import (
	"maps"
	"slices"
	"sync"
)

// changes tells readers that there may be something new. It says nothing of what: they read the journal.
type changes struct {
	mu      sync.Mutex
	readers map[string]map[chan struct{}]struct{} // by topic
}

// Subscribe returns a channel that receives after something of the topic changed: a run's id, or
// Topic of a procedure (a run began or ended). stop ends it.
func (s *Service) Subscribe(topics ...string) (changed <-chan struct{}, stop func()) {
	c := &s.changes
	ch := make(chan struct{}, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.readers == nil {
		c.readers = map[string]map[chan struct{}]struct{}{}
	}
	for _, topic := range topics {
		if c.readers[topic] == nil {
			c.readers[topic] = map[chan struct{}]struct{}{}
		}
		c.readers[topic][ch] = struct{}{}
	}
	return ch, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, topic := range topics {
			delete(c.readers[topic], ch)
			if len(c.readers[topic]) == 0 {
				delete(c.readers, topic)
			}
		}
	}
}

// Topic is what changes when a run of a procedure begins or ends in an environment; an empty
// procedure means any.
func Topic(environment, procedure string) string { return environment + "\x00" + procedure }

// tell lets readers here and in other replicas know that something changed.
func (s *Service) tell(topics ...string) {
	s.changes.tell(topics)
	s.Store.Notify(topics...)
}

func (c *changes) tell(topics []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, topic := range topics {
		for ch := range c.readers[topic] {
			select {
			case ch <- struct{}{}:
			default: // it has a hint that it has not read yet
			}
		}
	}
}

// tellAll lets all readers look again.
func (c *changes) tellAll() {
	c.mu.Lock()
	topics := slices.Collect(maps.Keys(c.readers))
	c.mu.Unlock()
	c.tell(topics)
}
