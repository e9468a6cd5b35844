// Package recent keeps the results that were used last, within bounds.
package recent

import (
	"container/list"
	"sync"
)

// Cache keeps results by key, and drops those that were used longest ago. It is safe for concurrent use.
type Cache[V any] struct {
	entries, limit int // the bounds: how many, and bytes

	mu           sync.Mutex
	byKey        map[string]*list.Element // of *entry[V]
	order        list.List                // the one used last in front
	bytes        int
	hits, misses int
}

type entry[V any] struct {
	key   string
	size  int
	value V
}

// New returns an empty cache of at most so many entries and bytes.
func New[V any](entries, bytes int) *Cache[V] {
	return &Cache[V]{entries: entries, limit: bytes, byKey: map[string]*list.Element{}}
}

// Get returns what was kept under a key. The caller must not change what it points to.
func (c *Cache[V]) Get(key string) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.byKey[key]
	if !ok {
		c.misses++
		var none V
		return none, false
	}
	c.hits++
	c.order.MoveToFront(found)
	return found.Value.(*entry[V]).value, true
}

// Put keeps a value that takes about size bytes besides its key. One that is larger than an eighth of the cache is not kept,
// so that it does not displace all others.
func (c *Cache[V]) Put(key string, size int, value V) {
	size += len(key)
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.byKey[key]; ok {
		c.drop(old)
	}
	if size > c.limit/8 {
		return
	}
	c.byKey[key] = c.order.PushFront(&entry[V]{key, size, value})
	c.bytes += size
	for c.order.Len() > c.entries || c.bytes > c.limit {
		c.drop(c.order.Back())
	}
}

func (c *Cache[V]) drop(e *list.Element) {
	old := c.order.Remove(e).(*entry[V])
	delete(c.byKey, old.key)
	c.bytes -= old.size
}

// Stats are what a cache holds, and how often Get found something.
type Stats struct{ Entries, Bytes, Hits, Misses int }

// Stats returns what the cache holds now.
func (c *Cache[V]) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Stats{c.order.Len(), c.bytes, c.hits, c.misses}
}
