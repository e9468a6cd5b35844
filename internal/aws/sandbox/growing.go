package sandbox

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/document"
)

// growing is a kind of resource, of a service that has handlers, that grows by its names as those of described services do.
// One that has grown is an ordinary resource of its service from then on.
type growing struct {
	kind  string // such as "lambda function"
	by    string // members of an input that name one, see namedBy
	plain func(named string) string
	// creates are the operations that make one, with the member that names it.
	creates map[string]string
	all     func(w *world) []string // the names of those that are there
	brings  string                  // the key of what comes with one, which ends in its name; empty for nothing
	grow    func(w *world, name string, now time.Time)
	fell    func(w *world, name string) // takes one away; nil where nothing creates one
}

// grownState is which resources a name has made grow.
type grownState struct {
	// Grown has each resource that ever was there, by its key, with the line that named it; empty for one that a call created, or
	// that the estate has. What was there and was deleted does not grow again.
	Grown map[string]string `json:"grown"`
}

// growings are those of a service.
func growings(service string) []growing {
	for _, s := range simulations() {
		if s.service == service {
			return s.grows
		}
	}
	return nil
}

// root notes what a call of a runbook names.
func (g *growing) root(n Named, named func(key string), made func(key string)) {
	if member, creates := g.creates[n.Operation]; creates {
		for _, name := range g.names(n.Input, member) {
			made(keyOf(g.kind, name))
		}
		return
	}
	for _, name := range g.names(n.Input, g.by) {
		named(keyOf(g.kind, name))
		if g.brings != "" {
			named(g.brings + name)
		}
	}
}

// names are the names that members of an input have, without masks.
func (g *growing) names(input *document.Object, members string) []string {
	var out []string
	for _, name := range namedBy(input, members) {
		if g.plain != nil {
			name = g.plain(name)
		}
		if !mask().MatchString(name) {
			out = append(out, name)
		}
	}
	return out
}

// grow lets grow what the open runbooks, and this call, name, before a handler looks for it. Where the call is about something
// that only a name has made, its answer is marked.
func (s *Sandbox) grow(r *request) {
	for _, g := range growings(r.service.Name) {
		w := s.world
		for _, name := range g.all(w) {
			if _, ok := w.Grown[keyOf(g.kind, name)]; !ok {
				w.Grown[keyOf(g.kind, name)] = ""
			}
		}
		if known := s.names(); s.grownAt[g.kind] != s.knownAt {
			s.grownAt[g.kind] = s.knownAt
			for _, key := range slices.Sorted(maps.Keys(known)) {
				if strings.HasPrefix(key, g.kind+"/") && known[key].from != estateFrom {
					s.sprout(&g, key, known[key].from, r.now)
				}
			}
		}
		if member, creates := g.creates[r.operation]; creates {
			for _, name := range g.names(r.input, member) { // one that only a name made is no obstacle
				if key := keyOf(g.kind, name); w.Grown[key] != "" {
					g.fell(w, name)
					delete(w.Grown, key)
				}
			}
			continue
		}
		asked := g.names(r.input, g.by)
		for _, name := range asked {
			if key := keyOf(g.kind, name); s.grows(r, key) {
				s.sprout(&g, key, r.service.Name+" "+r.operation, r.now)
			}
		}
		for _, name := range g.all(w) {
			if w.Grown[keyOf(g.kind, name)] != "" && (len(asked) == 0 || slices.Contains(asked, name)) {
				r.mark = knowledge.Grown
			}
		}
	}
}

// sprout makes a resource, unless it is there or ever was. That is no change of the world, which is kept for it: all of it follows
// from the name.
func (s *Sandbox) sprout(g *growing, key, from string, now time.Time) {
	if _, was := s.world.Grown[key]; was {
		return
	}
	_, name, _ := strings.Cut(key, "/")
	g.grow(s.world, name, now)
	s.world.Grown[key] = from
}

// hasGrown reports whether only a name has made a resource.
func (s *Sandbox) hasGrown(kind, name string) bool { return s.world.Grown[keyOf(kind, name)] != "" }

// bornOf is when a resource that has grown was made: a day of the estate's years.
func bornOf(key string) time.Time {
	return estateBegan.Add(time.Duration(hash32("born", key)%700)*24*time.Hour + time.Duration(hash32("clock", key)%80_000)*time.Second)
}

// oneOf chooses by a resource's name.
func oneOf[T any](key, salt string, of ...T) T { return of[hash32(salt, key)%uint32(len(of))] }
