package web

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Replicas tell each other who is at their places: what changed at once, and everything from time to time, so that one which
// begins or was cut off knows it soon. A replica that ends says so; one that was killed sends no notes any more.
const (
	// noteAgain is how often everything is told.
	noteAgain = 2 * time.Second
	// forget is how long the people of a replica are shown after its newest note: three notes may be lost.
	forget = 3*noteAgain + noteAgain/2
	// maxPlaces bounds the places that a replica tells of. Who has yet another one open is shown to those of this replica alone.
	maxPlaces = 200
	// maxNoted bounds the people who are told of a place, in bytes of their JSON; the others are counted.
	maxNoted = 2000
	// placeSubject begins the subject of a note that says who is at a place.
	placeSubject = "here "
)

// present is who is at a place, as replicas tell each other. Members may be added: a replica of an older version
// ignores what it does not know. They are never renamed.
type present struct {
	People   []presentPerson `json:"people,omitempty"`
	More     int             `json:"more,omitempty"`
	Nameless int             `json:"nameless,omitempty"`
}

// presentPerson is a person as replicas tell of them: what a page shows, without the subject that a proxy knows.
type presentPerson struct {
	Name    string `json:"name"`
	Claimed bool   `json:"claimed,omitempty"`
}

// Share tells the other replicas who is here, until ctx ends. It blocks. One goroutine may run it; without Note it
// returns at once.
func (p *Presence) Share(ctx context.Context) {
	if p.Note == nil {
		return
	}
	p.mu.Lock()
	p.moved = make(chan struct{}, 1)
	moved := p.moved
	p.mu.Unlock()
	all := time.NewTicker(noteAgain)
	defer all.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-all.C:
			p.note(true)
			p.forgetOld(time.Now())
		case <-moved:
			p.note(false)
			p.mu.Lock()
			// The pace is that of the pages, see pace.
			rest := 50*time.Millisecond + time.Duration(p.tabs)*100*time.Microsecond
			p.mu.Unlock()
			select { // a thousand who come at once are told together
			case <-time.After(rest):
			case <-ctx.Done():
			}
		}
	}
}

// note tells the others who is here: everything, or only what changed. Note is called without the lock.
func (p *Presence) note(everything bool) {
	for _, n := range p.fresh(everything) {
		p.Note(placeSubject+n[0], n[1])
	}
}

// fresh are the places of which the others are to be told, with what they are told. A place that is empty now is
// told of once, with an empty text, and is forgotten then. Above maxPlaces the first by name are told of, so that
// each time the same are.
func (p *Presence) fresh(everything bool) (notes [][2]string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	told := 0
	for _, name := range slices.Sorted(maps.Keys(p.places)) {
		v := p.places[name]
		text := ""
		if len(v.tabs) > 0 && told < maxPlaces {
			told++
			text = v.note()
		}
		if text == v.noted && (text == "" || !everything) {
			continue
		}
		notes = append(notes, [2]string{name, text})
		v.noted = text
		p.tidy(name, v)
	}
	return notes
}

// note is who is at a place in this process, as the others are told. PostgreSQL’s NOTIFY takes less than 8000 bytes:
// maxNoted leaves room for the rest of a notification.
func (v *visited) note() string {
	h := v.local()
	list(&h, maxPeople)
	n := present{More: h.More, Nameless: h.WithoutName}
	size := 0
	for _, q := range h.People {
		if size += len(q.Name) + strings.Count(q.Name, `"`) + strings.Count(q.Name, `\`) +
			len(`{"name":"","claimed":true},`); size > maxNoted {
			n.More++
			continue
		}
		n.People = append(n.People, presentPerson{q.Name, q.Claimed})
	}
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(n) //nolint:errchkjson // of texts and numbers alone, into memory
	return out.String()
}

// Notify takes in what another replica tells. It is called for each notification of the database; those with notes
// of other subjects are none of its business. An ended replica’s people are gone at once.
func (p *Presence) Notify(n procedures.Notification) {
	if n.Ended {
		p.drop(func(replica string, _ remote) bool { return replica == n.From })
		return
	}
	now := time.Now()
	for subject, text := range n.Notes {
		place, ok := strings.CutPrefix(subject, placeSubject)
		if !ok {
			continue
		}
		p.receive(place, n.From, text, now)
	}
}

// receive takes in who is at a place in another replica; nobody where the text is empty. A repeated note only proves
// that the replica lives: the watchers are not woken. Names are cleaned again, because an older replica may have
// cleaned them less.
func (p *Presence) receive(place, replica, text string, now time.Time) {
	p.mu.Lock()
	known := remote{}
	if v := p.places[place]; v != nil {
		before, ok := v.others[replica]
		if known = before; ok && known.text == text {
			known.received = now
			v.others[replica] = known
		}
	}
	p.mu.Unlock()
	if known.text == text { // as it was, or nobody as before
		return
	}
	var who present
	if text != "" && json.Unmarshal([]byte(text), &who) != nil {
		return // another version says it in another way
	}
	for i := range who.People {
		who.People[i].Name = access.CleanName(who.People[i].Name)
	}
	p.change(place, func(v *visited) {
		if text == "" {
			delete(v.others, replica)
			return
		}
		v.others[replica] = remote{text, who, now}
	})
}

// forgetOld forgets people of replicas whose newest note is older than forget.
func (p *Presence) forgetOld(now time.Time) {
	p.drop(func(_ string, o remote) bool { return now.Sub(o.received) > forget })
}

// drop forgets those notes of other replicas of which gone reports true.
func (p *Presence) drop(gone func(replica string, o remote) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for name, v := range p.places {
		n := len(v.others)
		maps.DeleteFunc(v.others, gone)
		if len(v.others) < n {
			p.tell(name, v)
		}
	}
}
