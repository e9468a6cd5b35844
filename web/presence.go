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

// presence knows who has which page open in this process. Nothing of it is written to the journal, or at all: it is what is
// true at the moment.
type presence struct {
	mu     sync.Mutex
	places map[string]*visited
}

// visited is a place with those who are there.
type visited struct {
	tabs     map[access.Person]int
	watchers map[chan struct{}]struct{}
}

// change changes a place under the lock, forgets it where nothing is left of it, and tells its watchers.
func (p *presence) change(name string, do func(*visited)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	v := p.places[name]
	if v == nil {
		if p.places == nil {
			p.places = map[string]*visited{}
		}
		v = &visited{tabs: map[access.Person]int{}, watchers: map[chan struct{}]struct{}{}}
		p.places[name] = v
	}
	do(v)
	if len(v.tabs)+len(v.watchers) == 0 {
		delete(p.places, name)
	}
	for ch := range v.watchers {
		select {
		case ch <- struct{}{}:
		default: // it has a hint that it has not followed yet
		}
	}
}

// enter says that somebody opened a page; leave that they closed it.
func (p *presence) enter(place string, who access.Person) (leave func()) {
	if place == "" {
		return func() {}
	}
	p.change(place, func(v *visited) { v.tabs[who]++ })
	return func() {
		p.change(place, func(v *visited) {
			if v.tabs[who]--; v.tabs[who] == 0 {
				delete(v.tabs, who)
			}
		})
	}
}

// watch returns a channel that receives after somebody came to a place or left it.
func (p *presence) watch(place string) (moved <-chan struct{}, stop func()) {
	if place == "" {
		return nil, func() {}
	}
	ch := make(chan struct{}, 1)
	p.change(place, func(v *visited) { v.watchers[ch] = struct{}{} })
	return ch, func() { p.change(place, func(v *visited) { delete(v.watchers, ch) }) }
}

// pace is how long to wait between two looks at who is there: the more there are, the longer, because all are told.
func (p *presence) pace(place string) time.Duration {
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

// here is who has a page of a place open.
func (p *presence) here(place string) templates.Here {
	p.mu.Lock()
	defer p.mu.Unlock()
	v := p.places[place]
	if v == nil {
		return templates.Here{}
	}
	var h templates.Here
	for who, n := range v.tabs {
		if who.Name == "" {
			h.Nameless += n
			continue
		}
		h.People = append(h.People, templates.Visitor{Name: who.Name, Claimed: who.Claimed})
	}
	slices.SortFunc(h.People, func(a, b templates.Visitor) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Title(), b.Title()))
	})
	if h.More = max(0, len(h.People)-maxPeople); h.More > 0 {
		h.People = h.People[:maxPeople]
	}
	return h
}
