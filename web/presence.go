package web

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/web/templates"
)

// maxPeople is how many people a page lists.
const maxPeople = 12

// Presence knows who has which page open, here and in the other replicas. Nothing of it is written to the journal,
// or at all: it is what is true at the moment. The zero Presence knows of this process alone. It is safe for use by
// several goroutines. Share must run for it to tell others, and Notify must be called for it to know of them.
type Presence struct {
	// Note says something to the other replicas, which hear the newest note of a subject; nil where there are none.
	Note func(subject, text string)

	// mu guards what follows, and the places that it leads to.
	mu     sync.Mutex
	places map[string]*visited
	tabs   int           // open here, at all places
	moved  chan struct{} // has a message after somebody came or left; nil where it is not shared
}

// visited is a place with those who are there. One tab is one open stream: somebody with two tabs leaves with the
// second.
type visited struct {
	tabs     map[visitor]int
	others   map[string]remote // by replica
	watchers map[chan struct{}]struct{}
	noted    string // what the others were told last
}

// visitor tells those who are at a place apart.
type visitor struct {
	name    string
	claimed bool
	key     string // of access.Person
}

// remote is who is at a place in another replica.
type remote struct {
	text     string
	who      present
	received time.Time
}

// change changes a place under the lock and tells its watchers.
func (p *Presence) change(name string, do func(*visited)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	v := p.places[name]
	if v == nil {
		if p.places == nil {
			p.places = map[string]*visited{}
		}
		v = &visited{tabs: map[visitor]int{}, others: map[string]remote{}, watchers: map[chan struct{}]struct{}{}}
		p.places[name] = v
	}
	do(v)
	p.tell(name, v)
}

// tell wakes those who watch a place. The lock is held.
func (p *Presence) tell(name string, v *visited) {
	p.tidy(name, v)
	for ch := range v.watchers {
		hint(ch)
	}
}

// tidy forgets a place where nothing is left of it, and the others know. The lock is held.
func (p *Presence) tidy(name string, v *visited) {
	if len(v.tabs)+len(v.others)+len(v.watchers) == 0 && v.noted == "" {
		delete(p.places, name)
	}
}

// hint sends to a channel that holds one message, or none where nobody listens: a nil channel takes nothing.
func hint(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default: // it has a hint that it has not followed yet
	}
}

// enter says that somebody opened a page; leave that they closed it. leave must be called once. A page without a
// place counts nowhere.
func (p *Presence) enter(place string, who access.Person) (leave func()) {
	if place == "" {
		return func() {}
	}
	here := visitor{name: who.Name, claimed: who.Claimed, key: who.Key()}
	p.change(place, func(v *visited) { v.tabs[here]++; p.counted(1) })
	return func() {
		p.change(place, func(v *visited) {
			p.counted(-1)
			if v.tabs[here]--; v.tabs[here] == 0 {
				delete(v.tabs, here)
			}
		})
	}
}

// counted counts tabs and wakes who shares. The lock is held.
func (p *Presence) counted(more int) {
	p.tabs += more
	hint(p.moved)
}

// watch returns a channel that receives after somebody came to a place or left it. One message stands for any number
// of movements. It is sent for those in other replicas, too; stop ends it.
func (p *Presence) watch(place string) (moved <-chan struct{}, stop func()) {
	if place == "" {
		return nil, func() {}
	}
	ch := make(chan struct{}, 1)
	p.change(place, func(v *visited) { v.watchers[ch] = struct{}{} })
	return ch, func() { p.change(place, func(v *visited) { delete(v.watchers, ch) }) }
}

// pace is how long to wait between two looks at who is there: the more there are, the longer, because all are told.
// With n tabs each movement costs n messages: a page that a thousand open at once is not told a thousand times of a
// thousand.
func (p *Presence) pace(place string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	if v := p.places[place]; v != nil {
		for _, tabs := range v.tabs {
			n += tabs
		}
	}
	return 50*time.Millisecond + time.Duration(n)*100*time.Microsecond
}

// visitors are who has a page of a place open, sorted by name, at most maxPeople of them. Somebody who is there in
// two replicas is listed once; of those who are not listed, each replica counts its own.
func (p *Presence) visitors(place string) templates.Visitors {
	p.mu.Lock()
	defer p.mu.Unlock()
	v := p.places[place]
	if v == nil {
		return templates.Visitors{}
	}
	h := v.local()
	for _, o := range v.others {
		h.More += o.who.More
		h.WithoutName += o.who.Nameless
		for _, q := range o.who.People {
			if q := (templates.Visitor{Name: q.Name, Claimed: q.Claimed}); !slices.Contains(h.People, q) {
				h.People = append(h.People, q)
			}
		}
	}
	list(&h, maxPeople)
	return h
}

// local is who is there in this process.
func (v *visited) local() templates.Visitors {
	var h templates.Visitors
	for who, n := range v.tabs {
		if who.name == "" {
			h.WithoutName += n
			continue
		}
		h.People = append(h.People, templates.Visitor{Name: who.name, Claimed: who.claimed})
	}
	return h
}

// list puts people in order and lists at most so many of them.
func list(h *templates.Visitors, most int) {
	slices.SortFunc(h.People, func(a, b templates.Visitor) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Title(), b.Title()))
	})
	if more := len(h.People) - most; more > 0 {
		h.People = h.People[:most]
		h.More += more
	}
}
