package sandbox

import (
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// broken makes of a resource what the faults make of it that are on, for all of its kind or for it by its name, and that
// no change has ended. A resource that is newer than the fault is not broken by it.
func (v *view) broken() {
	for _, f := range livingOf(v.service).faults {
		if f.of != strings.TrimPrefix(v.kind, v.service+" ") || f.breaks == nil || !v.has(f.Name) {
			continue
		}
		f.breaks(v)
	}
}

// has reports whether a fault is on for a resource.
func (v *view) has(fault string) bool {
	on := v.s.world.Faults
	name := fault + ":" + v.name
	if !on[fault] && !on[name] || v.s.world.Cured[fault+":"+v.whole()] {
		return false
	}
	since := v.s.world.Broken[fault]
	if on[name] {
		since = v.s.world.Broken[name]
	}
	return v.thing == nil || v.thing.Born.IsZero() || !v.thing.Born.After(since)
}

// patch makes the members of a template those of a resource: a fault is mostly that.
func patch(template string) func(*view) {
	parsed, err := document.Parse([]byte(template))
	if err != nil {
		panic(err)
	}
	return func(v *view) {
		form := v.k.shapeOf(v.service)
		filled, _ := v.filled(form, parsed).(*document.Object)
		for name, value := range filled.All() {
			if strings.Contains(name, ".") {
				setAt(v.doc, name, typed(shapeAt(form, name), value))
				continue
			}
			v.doc.Set(name, value)
		}
		if v.k.state != "" {
			v.state = textAt(v.doc, v.k.state)
		}
	}
}

// cure ends faults of a resource, until they are switched again.
func (s *Sandbox) cure(names string, v *view, r *request) {
	for _, name := range strings.Fields(names) {
		name, needs, _ := strings.Cut(name, ":")
		if _, ok := r.input.Get(needs); (ok || needs == "") && v.has(name) {
			s.world.Cured[name+":"+v.whole()] = true
		}
	}
}

// switchLiving notes since when a fault of a service that is described is on; what was cured is broken again.
func (w *world) switchLiving(fault string, on bool, now time.Time) {
	kind, name, named := strings.Cut(fault, ":")
	for cured := range w.Cured {
		of, whole, _ := strings.Cut(cured, ":")
		if of == kind && (!named || strings.HasSuffix(whole, name)) {
			delete(w.Cured, cured)
		}
	}
	delete(w.Broken, fault)
	if on {
		w.Broken[fault] = now.UTC()
	}
}
