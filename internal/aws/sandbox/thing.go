package sandbox

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/lazy"
)

// livingState is what was touched of the services that are described. What a runbook only names follows from its name.
type livingState struct {
	Things map[string]*thing    `json:"things"` // by "SERVICE KIND/NAME"
	Cured  map[string]bool      `json:"cured"`  // "FAULT:KIND/NAME", until the fault is switched again
	Broken map[string]time.Time `json:"broken"` // since when a fault is on
}

// thing is a resource that was touched: asked for by its name, created or changed.
type thing struct {
	From  string           `json:"from,omitempty"` // the line or the call that named it
	Born  time.Time        `json:"born,omitzero"`  // of one that a call created
	Life  life             `json:"life,omitempty"` // what it goes through
	Since time.Time        `json:"since,omitzero"` // when that life began
	Set   *document.Object `json:"set,omitempty"`  // members that calls set, storable
	Gone  bool             `json:"gone,omitempty"` // it was deleted, and does not grow again
}

// view is a resource as it is at a moment. It is made for one call.
type view struct {
	s          *Sandbox
	k          *kind
	kind       string // "rds instance"
	key        string // KIND/NAME
	name       string // its own, without its parent's
	parent     string
	owner      string // the resource that it came with, by its name
	thing      *thing // nil for one that was not touched
	now, since time.Time
	state      string
	doc        *document.Object
	service    string
}

// keyOf is where a resource is stored.
func keyOf(kind, name string) string { return kind + "/" + name }

// look is a resource by its whole name; nil where there is none. A call from a runbook makes it grow.
func (s *Sandbox) look(r *request, kind, name string) *view {
	key := keyOf(kind, name)
	t := s.world.Things[key]
	switch {
	case t != nil && t.Gone, name == "", kindOf(kind) == nil:
		return nil
	case t != nil:
	case s.is(key):
	case !s.grows(r, key):
		return nil
	default:
		t = &thing{From: r.service.Name + " " + r.operation}
		s.world.Things[key] = t
		s.world.Serial++ // it is kept, so that lists have it from now on
	}
	v := s.see(r, kind, name)
	if v.state == gone {
		return nil
	}
	return v
}

// see is a resource that is there.
func (s *Sandbox) see(r *request, kind, name string) *view {
	service, _, _ := strings.Cut(kind, " ")
	v := &view{
		s: s, k: kindOf(kind), kind: kind, key: keyOf(kind, name), name: name, now: r.now, service: service,
	}
	v.thing = s.world.Things[v.key]
	if at := strings.IndexByte(name, '/'); v.k.under != "" && at > 0 {
		v.parent, v.name = name[:at], name[at+1:]
	}
	why := s.names()[v.key]
	v.owner = why.owner
	v.fill()
	// Only what nobody but a name made is marked.
	if why.from != estateFrom && (v.thing == nil || v.thing.Born.IsZero()) {
		r.mark = knowledge.Grown
	}
	return v
}

// fill makes the document of a resource: its template, what calls set, its state, what follows, and what faults make of it.
func (v *view) fill() {
	form := v.k.shapeOf(v.service)
	v.since = v.began()
	if v.thing != nil && v.thing.Life != "" {
		v.state, v.since = v.thing.Life.at(v.thing.Since, v.now, v.s.stretch)
	}
	v.doc, _ = v.filled(form, v.k.template).(*document.Object)
	if v.thing != nil && v.thing.Set != nil {
		set, _ := typed(form, v.thing.Set.Clone()).(*document.Object)
		for name, value := range set.All() {
			v.doc.Set(name, value)
		}
	}
	if v.k.state != "" && v.state != "" {
		setAt(v.doc, v.k.state, typedText(shapeAt(form, v.k.state), v.state))
	}
	if v.k.state != "" && v.state == "" {
		v.state = textAt(v.doc, v.k.state)
	}
	if v.k.now != nil {
		v.k.now(v)
	}
	v.broken()
}

// began is since when a resource is there: of one that grew it is a day of the estate's years.
func (v *view) began() time.Time {
	if v.thing != nil && !v.thing.Born.IsZero() {
		return v.thing.Born
	}
	return bornOf(v.key)
}

// hold is what is stored of a resource, from now on.
func (v *view) hold() *thing {
	if v.thing == nil {
		v.thing = &thing{From: v.s.names()[v.key].from}
		v.s.world.Things[v.key] = v.thing
	}
	return v.thing
}

// set keeps a member of a resource, and shows it.
func (v *view) set(name string, value document.Value) {
	t := v.hold()
	if t.Set == nil {
		t.Set = &document.Object{}
	}
	t.Set.Set(name, storable(value))
	v.doc.Set(name, value)
}

// live begins a life, at once.
func (v *view) live(l life) {
	if l == "" {
		return
	}
	t := v.hold()
	t.Life, t.Since = l, v.now
	v.fill()
}

// text is a member of a resource that is a text.
func (v *view) text(path string) string { return textAt(v.doc, path) }

// whole is the name with the parent's.
func (v *view) whole() string { return strings.TrimPrefix(v.key, v.kind+"/") }

// is reports whether a resource is there without having been touched.
func (s *Sandbox) is(key string) bool {
	_, ok := s.names()[key]
	return ok
}

// all are the resources of a kind that are there, in the order of their names; under is the parent's name, or empty.
func (s *Sandbox) all(r *request, kind, under string) []*view {
	keys := map[string]bool{}
	for key := range s.names() {
		keys[key] = true
	}
	for key, t := range s.world.Things {
		keys[key] = !t.Gone
	}
	var out []*view
	prefix := kind + "/"
	if under != "" {
		prefix += under + "/"
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if !keys[key] || !strings.HasPrefix(key, prefix) {
			continue
		}
		if v := s.see(r, kind, strings.TrimPrefix(key, kind+"/")); v.state != gone {
			out = append(out, v)
		}
	}
	return out
}

// mask is a name that stands for another one.
var mask = lazy.Regexp(`^$|[<>{}$*?\s]|(?i)x{4,}|\.\.\.|^(?:i|sg|vol|subnet|vpc|ami|eni)-$`)

// grows reports whether a resource is there because a runbook's line or a field's value names it. What a line is to create
// is not, and neither are masks.
func (s *Sandbox) grows(r *request, key string) bool {
	_, name, _ := strings.Cut(key, "/")
	return r.inside && !s.creates()[key] && !mask().MatchString(name)
}
