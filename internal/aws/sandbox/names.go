package sandbox

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// Named is a call that an open runbook has: what it names is there and healthy, unless some line is to create it.
type Named struct {
	Service, Operation string           // as the models have them
	Input              *document.Object // with what is known of it
	From               string           // where it stands, as FILE:LINE
}

// Describes reports whether the sandbox has resources of a service that grow by their names.
func Describes(service string) bool {
	return livingServices()[service] != nil || len(growings(service)) > 0
}

// origin is why a resource is there.
type origin struct{ from, owner string }

// knownAt is what names are true of.
type knownAt struct {
	world  *world
	serial int
	hour   time.Time
}

// estateFrom is the origin of what a healthy account has of itself.
const estateFrom = "the estate"

// names are all resources that are there without having been created, by their keys.
func (s *Sandbox) names() map[string]origin {
	// What comes with a resource may have a date in its name.
	at := knownAt{s.world, s.world.Serial, s.now().UTC().Truncate(time.Hour)}
	if s.known != nil && s.knownAt == at {
		return s.known
	}
	s.known, s.made, s.knownAt = map[string]origin{}, map[string]bool{}, at
	roots := map[string]string{}
	for _, service := range livingNames() {
		for _, key := range livingOf(service).estate {
			roots[service+" "+key] = estateFrom
		}
	}
	if s.named != nil {
		for _, n := range s.named() {
			s.root(roots, n)
		}
	}
	for key, t := range s.world.Things {
		if !t.Gone {
			roots[key] = t.From
		}
	}
	for _, key := range slices.Sorted(maps.Keys(roots)) {
		if !s.made[key] || s.world.Things[key] != nil {
			s.known[key] = origin{from: roots[key]}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(s.known)) {
		s.bring(key, 3)
	}
	return s.known
}

// creates are the names that lines of the open runbooks are to create.
func (s *Sandbox) creates() map[string]bool {
	s.names()
	return s.made
}

// bring adds what comes with a resource, and with that, so deep.
func (s *Sandbox) bring(key string, deep int) {
	kind, name, _ := strings.Cut(key, "/")
	k := kindOf(kind)
	if k == nil || deep == 0 {
		return
	}
	if k.under != "" {
		service, _, _ := strings.Cut(kind, " ")
		parent, _, _ := strings.Cut(name, "/")
		s.brought(keyOf(service+" "+k.under, parent), "", s.known[key].from, deep)
	}
	if k.brings == nil {
		return
	}
	for _, other := range k.brings(s, name, s.now().UTC()) {
		s.brought(other, name, s.known[key].from, deep)
	}
}

// brought adds one resource that comes with another, which from has named.
func (s *Sandbox) brought(key, owner, from string, deep int) {
	if t := s.world.Things[key]; t != nil && t.Gone {
		return
	}
	had, ok := s.known[key]
	if ok && (had.owner != "" || owner == "") {
		return
	}
	s.known[key] = origin{from: cmp.Or(had.from, from), owner: owner}
	if !ok {
		s.bring(key, deep-1)
	}
}

// root notes what a call of a runbook names.
func (s *Sandbox) root(roots map[string]string, n Named) {
	named := func(key string) {
		if roots[key] == "" {
			roots[key] = n.From
		}
	}
	for _, g := range growings(n.Service) {
		g.root(n, named, func(key string) { s.made[key] = true })
	}
	l := livingOf(n.Service)
	if l == nil {
		return
	}
	a, ok := l.acts[n.Operation]
	if !ok || a.kind == "" {
		return
	}
	for member, kind := range a.refs {
		for _, name := range namedBy(n.Input, member) {
			if !mask().MatchString(name) {
				named(keyOf(n.Service+" "+kind, wholeName(n.Input, &a, l.kinds[kind], name)))
			}
		}
	}
	k, kind := l.kinds[a.kind], n.Service+" "+a.kind
	for _, name := range wholeNames(n.Input, &a, k) {
		switch key := keyOf(kind, name); {
		case mask().MatchString(name):
		case a.creating:
			s.made[key] = true
		default:
			named(key)
		}
	}
}

// wholeNames are the names, with their parents', of what a call names.
func wholeNames(input *document.Object, a *act, k *kind) []string {
	var out []string
	for _, named := range namedBy(input, a.by) {
		out = append(out, wholeName(input, a, k, named))
	}
	return out
}

// wholeName is the name, with its parent's, of what a call names so.
func wholeName(input *document.Object, a *act, k *kind, named string) string {
	name := k.plainName(named)
	if k.under != "" && !strings.Contains(name, "/") {
		name = parentOf(input, a, k) + "/" + name
	}
	return name
}

// parentOf is the parent that a call names, default where it names none.
func parentOf(input *document.Object, a *act, k *kind) string {
	if names := namedBy(input, a.in); len(names) > 0 {
		return kindOf(k.service + " " + k.under).plainName(names[0])
	}
	return "default"
}

// plainName is the name in what a call names a resource by.
func (k *kind) plainName(named string) string {
	if k.plain != nil {
		return k.plain(named)
	}
	return endOf(named)
}

// namedBy are the texts of members of an input, which are texts or lists of them.
func namedBy(input *document.Object, members string) []string {
	var out []string
	for _, name := range strings.Fields(members) {
		if one := textAt(input, name); one != "" {
			out = append(out, one)
			continue
		}
		list, inner, deep := strings.Cut(name, "[].")
		if deep {
			for _, o := range objects(input, list) {
				out = append(out, text(o, inner))
			}
			continue
		}
		out = append(out, texts(input, name)...)
	}
	return out
}
