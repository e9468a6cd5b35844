package sandbox

import (
	"net/http"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
)

// actOf is what the sandbox does for an operation of a service that is described.
func actOf(service, operation string) (*act, *kind, bool) {
	l := livingOf(service)
	if l == nil {
		return nil, nil, false
	}
	a, ok := l.acts[operation]
	return &a, l.kinds[a.kind], ok
}

// carryOut answers an operation of a service that is described. A member that leaves no trace is refused.
func (s *Sandbox) carryOut(r *request, a *act, k *kind) (*document.Object, error) {
	if err := validate(r); err != nil {
		return nil, err
	}
	taken := a.takenBy(r, k)
	for name, v := range r.input.All() {
		if o, empty := v.(*document.Object); empty && o.Len() == 0 {
			continue
		}
		if !taken(name) {
			return nil, notTaken(r, name)
		}
	}
	if dry, _ := r.input.Get("DryRun"); dry == true {
		return nil, refuse(http.StatusPreconditionFailed, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
	}
	return a.does(s, r, a, k)
}

// notTaken refuses a call for one of its members.
func notTaken(r *request, name string) error {
	return refuse(http.StatusNotImplemented, "SandboxNotImplemented",
		"the sandbox does not simulate %s of %s %s; nothing was done: run it without, or on a real account",
		name, r.service.Name, r.operation)
}

// takenBy tells the members of an input that an act understands.
func (a *act) takenBy(r *request, k *kind) func(string) bool {
	takes := strings.Fields(a.by + " " + a.in + " " + a.takes + " DryRun ClientToken clientToken ClientRequestToken Tags tags")
	for name := range a.renames {
		takes = append(takes, name)
	}
	for name := range a.only {
		takes = append(takes, name)
	}
	for name := range a.refs {
		takes = append(takes, name)
	}
	if len(a.only) > 0 {
		takes = append(takes, "Filters", "filters", "Filter")
	}
	if p := r.service.Paginators[r.operation]; p != nil {
		takes = append(append(takes, p.InputToken...), p.LimitKey)
	}
	for i, name := range takes {
		takes[i], _, _ = strings.Cut(name, "[]")
		takes[i], _, _ = strings.Cut(takes[i], ".")
	}
	return func(name string) bool {
		if m := r.op.Input.Member(name); m != nil && m.Idempotency {
			return true
		}
		return slices.Contains(takes, name) || a.changing && k != nil && k.shapeOf(r.service.Name).Member(k.member(name)) != nil
	}
}

// member is how a resource calls what an input calls so: some services begin one with a small letter.
func (k *kind) member(name string) string { return name }

// find are the resources that a call names; an error where one is not there.
func (s *Sandbox) find(r *request, a *act, k *kind) ([]*view, error) {
	if k.under != "" && a.in != "" {
		if err := s.parent(r, a, k); err != nil {
			return nil, err
		}
	}
	s.refer(r, a)
	var out []*view
	for i, name := range wholeNames(r.input, a, k) {
		v := s.look(r, r.service.Name+" "+a.kind, name)
		named := namedBy(r.input, a.by)[i]
		switch {
		case v != nil:
			v.echo(named)
			out = append(out, v)
		case a.skips:
		default:
			return nil, serviceErrorOf(k.missing, named)
		}
	}
	return out, nil
}

// refer looks at what else a call names, so that it is there.
func (s *Sandbox) refer(r *request, a *act) {
	for member, kind := range a.refs {
		k := livingOf(r.service.Name).kinds[kind]
		for _, name := range namedBy(r.input, member) {
			if v := s.look(r, r.service.Name+" "+kind, wholeName(r.input, a, k, name)); v != nil {
				v.echo(name)
			}
		}
	}
}

// parent refuses where the parent that a call names is not there.
func (s *Sandbox) parent(r *request, a *act, k *kind) error {
	kind := r.service.Name + " " + k.under
	if s.look(r, kind, parentOf(r.input, a, k)) == nil {
		return serviceErrorOf(kindOf(kind).missing, parentOf(r.input, a, k))
	}
	return nil
}

// echo shows the ARN that a resource was asked by: its numbers may be others than the sandbox would give.
func (v *view) echo(named string) {
	if v.k.arn != "" && strings.HasPrefix(named, "arn:") && v.text(v.k.arn) != named {
		v.set(v.k.arn, named)
	}
}

// reads answers the resources that a call names, or all of them.
func reads(s *Sandbox, r *request, a *act, k *kind) (*document.Object, error) {
	all, err := s.find(r, a, k)
	if err != nil {
		return nil, err
	}
	if len(namedBy(r.input, a.by)) == 0 {
		under := ""
		if k.under != "" && a.in != "" {
			under = parentOf(r.input, a, k)
		}
		all = s.all(r, r.service.Name+" "+a.kind, under)
	}
	if all, err = a.filter(r, all); err != nil {
		return nil, err
	}
	for _, v := range all {
		if a.also != nil {
			if err := a.also(v, r); err != nil {
				return nil, err
			}
		}
	}
	return a.answer(r, all)
}

// changes keeps what a call sets of the resources that it names, and begins the act's life.
func changes(s *Sandbox, r *request, a *act, k *kind) (*document.Object, error) {
	all, err := s.find(r, a, k)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, refuse(http.StatusBadRequest, "ValidationError", "%s names nothing.", r.operation)
	}
	for _, v := range all {
		if a.also != nil {
			if err := a.also(v, r); err != nil {
				return nil, err
			}
		}
	}
	for _, v := range all {
		a.keep(v, r)
		s.cure(a.cures, v, r)
		v.live(a.life)
		s.touch(r, v.name, resourceType(v))
	}
	return a.answer(r, all)
}

// removes ends the resources that a call names: at once, or after the act's life.
func removes(s *Sandbox, r *request, a *act, k *kind) (*document.Object, error) {
	all, err := s.find(r, a, k)
	if err != nil {
		return nil, err
	}
	for _, v := range all {
		if a.also != nil {
			if err := a.also(v, r); err != nil {
				return nil, err
			}
		}
	}
	for _, v := range all {
		if a.life == "" {
			t := v.hold()
			*t = thing{From: t.From, Gone: true}
		} else {
			v.live(a.life)
		}
		s.cure(a.cures, v, r)
		s.touch(r, v.name, resourceType(v))
	}
	return a.answer(r, all)
}

// creates makes a resource. One that only a name made grow is no obstacle.
func creates(s *Sandbox, r *request, a *act, k *kind) (*document.Object, error) {
	if k.under != "" && a.in != "" {
		if err := s.parent(r, a, k); err != nil {
			return nil, err
		}
	}
	names := wholeNames(r.input, a, k)
	if len(names) == 0 { // the service gives it a name
		names = []string{s.newName(r, a, k)}
	}
	kind := r.service.Name + " " + a.kind
	var all []*view
	for _, name := range names {
		key := keyOf(kind, name)
		if s.obstacle(r, key) && k.exists != "" {
			return nil, serviceErrorOf(k.exists, name)
		}
		had := s.world.Things[key]
		s.world.Things[key] = &thing{From: r.service.Name + " " + r.operation, Born: r.now}
		v := s.see(r, kind, name)
		if a.also != nil {
			if err := a.also(v, r); err != nil {
				delete(s.world.Things, key)
				if had != nil {
					s.world.Things[key] = had
				}
				return nil, err
			}
		}
		a.keep(v, r)
		v.live(firstOf(a.life, k.born))
		s.cure(a.cures, v, r)
		s.touch(r, v.name, resourceType(v))
		all = append(all, v)
	}
	return a.answer(r, all)
}

// firstOf is the first life that is one.
func firstOf(lives ...life) life {
	for _, l := range lives {
		if l != "" {
			return l
		}
	}
	return ""
}

// obstacle reports whether a resource is there that more than its name made: a call created or changed it, or it is of the
// estate.
func (s *Sandbox) obstacle(r *request, key string) bool {
	kind, name, _ := strings.Cut(key, "/")
	t := s.world.Things[key]
	if t == nil {
		return s.names()[key].from == estateFrom
	}
	return !t.Gone && (!t.Born.IsZero() || t.Set != nil || t.Life != "") && s.see(r, kind, name).state != gone
}

// newName is the name of a resource that the service names.
func (s *Sandbox) newName(r *request, a *act, k *kind) string {
	salt := r.operation + r.id
	name := hexOf(32, salt)
	if a.names != "" {
		name = placeholder().ReplaceAllStringFunc(a.names, (&view{key: salt, now: r.now}).word)
	}
	if k.under != "" {
		name = parentOf(r.input, a, k) + "/" + name
	}
	return name
}

// keep sets the members of an input that the resource has too.
func (a *act) keep(v *view, r *request) {
	form := v.k.shapeOf(v.service)
	for name, value := range r.input.All() {
		as := name
		if renamed := a.renames[name]; renamed != "" {
			as = renamed
		}
		if as == v.k.id || slices.Contains(strings.Fields(a.by+" "+a.in+" "+a.takes), name) {
			continue
		}
		if m := form.Member(as); m != nil {
			v.set(as, value)
		}
	}
}

// resourceType is how the trail calls what a call was about.
func resourceType(v *view) string {
	service, kind, _ := strings.Cut(v.kind, " ")
	return "AWS::" + strings.ToUpper(service) + "::" + strings.ToUpper(kind[:1]) + kind[1:]
}
