package web

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
)

// wire hands notes from replica to replica, until one is cut off.
type wire struct {
	replicas map[string]*Presence

	mu      sync.Mutex
	cut     string // whose notes reach nobody
	notes   int
	longest int
}

func newWire(ctx context.Context, names ...string) *wire {
	w := &wire{replicas: map[string]*Presence{}}
	for _, name := range names {
		w.replicas[name] = &Presence{Note: func(subject, text string) {
			w.mu.Lock()
			w.notes++
			w.longest = max(w.longest, len(text))
			cut := w.cut == name
			w.mu.Unlock()
			if cut {
				return
			}
			for other, p := range w.replicas {
				if other != name {
					p.Notify(procedures.Notification{From: name, Notes: map[string]string{subject: text}})
				}
			}
		}}
	}
	for _, p := range w.replicas {
		go p.Share(ctx)
	}
	synctest.Wait()
	return w
}

// cutOff stops the notes of a replica; those of all arrive where the name is empty.
func (w *wire) cutOff(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = name
}

func shown(p *Presence, place string) string {
	h := p.visitors(place)
	var names []string
	for _, q := range h.People {
		names = append(names, q.Name)
	}
	return fmt.Sprintf("%s +%d ?%d", strings.Join(names, ","), h.More, h.WithoutName)
}

func TestPeopleOfOtherReplicasAreHere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		w := newWire(ctx, "a", "b")
		a, b := w.replicas["a"], w.replicas["b"]
		ada, grace := access.Person{Name: "Ada", Claimed: true}, access.Person{Name: "Grace", Claimed: true}
		want := func(what, inA, inB string) {
			t.Helper()
			time.Sleep(time.Second)
			synctest.Wait()
			if got := shown(a, "p"); got != inA {
				t.Errorf("%s: a shows %q, not %q", what, got, inA)
			}
			if got := shown(b, "p"); got != inB {
				t.Errorf("%s: b shows %q, not %q", what, got, inB)
			}
		}
		moved, unwatch := b.watch("p")
		leaveA := a.enter("p", ada)
		want("one", "Ada +0 ?0", "Ada +0 ?0")
		select {
		case <-moved:
		default:
			t.Error("the other replica's pages were not told")
		}
		unwatch()
		leaveB := b.enter("p", ada)
		leaveGrace := b.enter("p", grace)
		leaveNameless := b.enter("p", access.Person{})
		want("in both", "Ada,Grace +0 ?1", "Ada,Grace +0 ?1")
		leaveA()
		want("closed in one", "Ada,Grace +0 ?1", "Ada,Grace +0 ?1")
		leaveB()
		leaveNameless()
		want("closed in both", "Grace +0 ?0", "Grace +0 ?0")

		w.cutOff("b") // killed: no note of it arrives any more
		time.Sleep(forget - 2*time.Second)
		want("no note for a moment", "Grace +0 ?0", "Grace +0 ?0")
		time.Sleep(noteAgain + time.Second)
		want("killed", " +0 ?0", "Grace +0 ?0")
		w.cutOff("") // it was only cut off
		time.Sleep(noteAgain)
		want("notes again", "Grace +0 ?0", "Grace +0 ?0")
		a.Notify(procedures.Notification{From: "b", Ended: true})
		if got := shown(a, "p"); got != " +0 ?0" {
			t.Errorf("of a replica that said that it goes there is %q", got)
		}
		leaveGrace()
		stop()
		synctest.Wait()
	})
}

func TestManyPeopleAreToldInFewWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		w := newWire(ctx, "a", "b")
		for i := range 10_000 {
			w.replicas["a"].enter("p", access.Person{Name: fmt.Sprintf("%05d", i) + strings.Repeat(`"`, 55), Claimed: true})
		}
		w.replicas["b"].enter("p", access.Person{Name: "Zoe"})
		time.Sleep(5 * time.Second)
		synctest.Wait()
		h := w.replicas["b"].visitors("p")
		if len(h.People)+h.More != 10_001 || len(h.People) != maxPeople || !strings.HasPrefix(h.People[0].Name, "00000") {
			t.Errorf("of 10,001 people %d are listed and %d are counted: %+v", len(h.People), h.More, h.People)
		}
		if w.longest > 2300 || w.notes > 20 {
			t.Errorf("it took %d notes, the longest of %d bytes", w.notes, w.longest)
		}
		w.replicas["b"].Notify(procedures.Notification{
			From: "c", Notes: map[string]string{"here p": "not ours", "throttle": "{}", "here q": `{"people":[{"name":"\u202eevil"}]}`},
		})
		if got := shown(w.replicas["b"], "q"); got != "evil +0 ?0" {
			t.Errorf("a name is shown as %q", got)
		}
		for i := range 2 * maxPlaces {
			w.replicas["a"].enter(fmt.Sprintf("place %d", i), access.Person{Name: "x"})
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if n := len(w.replicas["b"].places); n > maxPlaces+2 {
			t.Errorf("it was told of %d places", n)
		}
		stop()
		synctest.Wait()
	})
}
