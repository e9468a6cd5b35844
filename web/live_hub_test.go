package web

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/opsbook/opsbook/internal/access"
)

// counter is a source whose state is a number: a change says from where to where it went, and what brings a page to it from
// anywhere says it whole.
type counter struct {
	goal    atomic.Int64
	now     int64
	changed chan struct{}
}

func (*counter) topics() []string { return []string{"numbers"} }
func (*counter) place() string    { return "numbers" }

func (c *counter) read(context.Context) (func() (change, error), error) {
	goal := c.goal.Load()
	if c.now > 0 && c.now == goal {
		return nil, nil
	}
	return func() (change, error) {
		from := c.now
		c.now = min(goal, from+3)
		return change{html: parts{fmt.Appendf(nil, "+%d-%d", from, c.now)}, to: position{"n", c.now}}, nil
	}, nil
}

func (c *counter) since(position) (parts, error) { return parts{fmt.Appendf(nil, "=%d", c.now)}, nil }

func (c *counter) to(goal int64) {
	c.goal.Store(goal)
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

func numbers(c *counter) func() *hub {
	return func() *hub {
		return &hub{
			source: c, logger: slog.New(slog.DiscardHandler), people: &Presence{},
			listen: func(...string) (<-chan struct{}, func()) { return c.changed, func() {} },
		}
	}
}

var saying = regexp.MustCompile(`data: (?:\+(\d+)-(\d+)|=(\d+))\n`)

// follow reads a hub until a page has come to goal, and fails where a change does not begin where the page is.
func follow(t *testing.T, h *hub, goal int64) (messages, whole int) {
	at, peopleVersion := position{}, int64(0)
	for at.number < goal {
		n, wake, err := h.next(at, peopleVersion)
		if err != nil {
			t.Error(err)
			return
		}
		if n.message == nil && n.people == nil {
			<-wake
			continue
		}
		if n.message != nil {
			messages++
			switch m := saying.FindSubmatch(n.message); {
			case m == nil:
				t.Errorf("a message says %q", n.message)
				return
			case len(m[3]) > 0:
				whole++
				if string(m[3]) != strconv.FormatInt(n.to.number, 10) {
					t.Errorf("brought to %s and told %d", m[3], n.to.number)
				}
			case string(m[1]) != strconv.FormatInt(at.number, 10):
				t.Errorf("a page at %d is told of %s to %s", at.number, m[1], m[2])
				return
			}
			if n.to.number <= at.number {
				t.Errorf("from %d to %d", at.number, n.to.number)
				return
			}
		}
		at, peopleVersion = n.to, n.peopleVersion
	}
	return messages, whole
}

func TestEverybodyIsBroughtTheSameInTheSameOrder(t *testing.T) {
	const goal, readers = 3000, 40
	c := &counter{changed: make(chan struct{}, 1)}
	c.goal.Store(1)
	s := &Server{}
	var all sync.WaitGroup
	for range readers {
		h, leave := s.hubs.join("numbers", numbers(c))
		all.Go(func() {
			defer leave()
			follow(t, h, goal)
		})
	}
	for n := int64(2); n <= goal; n++ {
		c.to(n)
	}
	all.Wait()
	if len(s.hubs.known) != 0 {
		t.Errorf("%d hubs are left after their last reader", len(s.hubs.known))
	}
}

func TestWhoIsFarBehindIsBroughtOnAtOnce(t *testing.T) {
	const goal = 9 * keepFrames
	c := &counter{changed: make(chan struct{}, 1)}
	c.goal.Store(1)
	s := &Server{}
	h, leave := s.hubs.join("numbers", numbers(c))
	defer leave()
	if !h.waitReady(t.Context()) {
		t.Fatal("it never looked")
	}
	c.to(goal)
	follow(t, h, goal) // somebody quick
	h.mu.Lock()
	kept, held := len(h.frames), h.held
	h.mu.Unlock()
	if kept > keepFrames || held > keepBytes {
		t.Errorf("%d changes are kept, of %d bytes", kept, held)
	}
	if messages, whole := follow(t, h, goal); messages != 1 || whole != 1 {
		t.Errorf("a page from long ago got %d messages, %d of them whole", messages, whole)
	}
	if n, _, err := h.next(position{"n", goal + 5}, 0); err != nil || n.message != nil {
		t.Errorf("a page that has seen more is told %q, %v", n.message, err)
	}
}

func TestWhoIsHere(t *testing.T) {
	var p Presence
	moved, stop := p.watch("a")
	ada := access.Person{Name: "Ada Lovelace", Claimed: true}
	first, second := p.enter("a", ada), p.enter("a", ada)
	p.enter("b", access.Person{Name: "elsewhere"})
	nameless := p.enter("a", access.Person{Claimed: true})
	select {
	case <-moved:
	default:
		t.Error("nobody was told")
	}
	h := p.visitors("a")
	if len(h.People) != 1 || h.People[0].Initials() != "AL" || h.WithoutName != 1 || h.More != 0 {
		t.Errorf("here: %+v", h)
	}
	first()
	if h = p.visitors("a"); len(h.People) != 1 {
		t.Error("with a second tab open she is gone")
	}
	second()
	nameless()
	stop()
	if h = p.visitors("a"); len(h.People)+h.WithoutName > 0 || p.places["a"] != nil {
		t.Errorf("after all left: %+v", h)
	}
	for i := range 2 * maxPeople {
		p.enter("many", access.Person{Name: fmt.Sprintf("person %d", i)})
	}
	if h = p.visitors("many"); len(h.People) != maxPeople || h.More != maxPeople {
		t.Errorf("of many %d are listed and %d not", len(h.People), h.More)
	}
}

func TestPositionsAreRead(t *testing.T) {
	for text, ok := range map[string]bool{
		"run.5": true, ".0": true, "run": false, "run.-1": false, "run.x": false, "run.99999999999999999999": false,
	} {
		p, err := parsePosition(text)
		if (err == nil) != ok || ok && p.String() != text {
			t.Errorf("%q became %v, %v", text, p, err)
		}
	}
}
