package runbook

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Find returns the procedure that id names, and the step where it names one:
// "daily-operations/morning-health-check#check-dynamodb-table". Any suffix that names one
// thing will do, on the borders of "/" and "#"; so will a script file's path. Otherwise the
// error is an *Error: CodeNotFound, with what is near, or CodeInvalid with the candidates.
// An exact identifier goes before any suffix.
func (lib *Library) Find(id string) (*procedures.Procedure, *procedures.Step, error) {
	id = strings.Trim(strings.TrimSpace(id), "/")
	page, step, hasStep := strings.Cut(id, "#")
	if page == "" {
		return lib.findStep(step, id)
	}
	found := lib.match(page)
	if len(found) == 0 && !hasStep {
		if p, s, err := lib.findStep(page, id); err == nil || procedures.CodeOf(err) == procedures.CodeInvalid {
			return p, s, err
		}
	}
	if hasStep && len(found) > 1 {
		found = slices.DeleteFunc(slices.Clone(found), func(p *procedures.Procedure) bool { return p.Step(step) == nil })
	}
	switch {
	case len(found) == 0:
		return nil, nil, lib.notFound(page)
	case len(found) > 1:
		return nil, nil, ambiguous(id, found, "")
	case !hasStep || step == "":
		return found[0], nil, nil
	}
	if in := lib.sections[cmp.Or(lib.former[page], page)]; in != nil && in.procedure == found[0] {
		if s := in.step(step); s != nil {
			return found[0], s, nil
		}
	}
	s, err := findStep(found[0], step)
	return found[0], s, err
}

// placed is a section of a procedure.
type placed struct {
	procedure *procedures.Procedure
	section   *procedures.Section
}

// step is the step of a section whose title makes an identifier: those of steps are unique in the procedure, and it may have a
// number there.
func (in *placed) step(id string) *procedures.Step {
	for _, s := range in.procedure.Under(in.section.ID) {
		if s.ID == id || strings.TrimRight(s.ID, "0123456789") == id+"-" {
			return s
		}
	}
	return nil
}

// Section returns the section that an address leads to, nil where it leads to none: see [procedures.Section].
func (lib *Library) Section(address string) (*procedures.Procedure, *procedures.Section) {
	address = strings.Trim(address, "/")
	in := lib.sections[cmp.Or(lib.former[address], address)]
	if in == nil {
		return nil, nil
	}
	return in.procedure, in.section
}

// match returns the procedures that a page's name or a script's path may mean.
func (lib *Library) match(page string) []*procedures.Procedure {
	if p := lib.exact(page); p != nil {
		return []*procedures.Procedure{p}
	}
	if f, ok := lib.scripts[path.Clean(page)]; ok && f.procedure != nil {
		return []*procedures.Procedure{f.procedure}
	}
	for _, name := range []string{page, slugPath(page)} {
		var found []*procedures.Procedure
		for _, p := range lib.Procedures() {
			if p.ID == name || strings.HasSuffix(p.ID, "/"+name) {
				found = append(found, p)
			}
		}
		if len(found) > 0 {
			return found
		}
		add := func(address string, p *procedures.Procedure) {
			if p != nil && (address == name || strings.HasSuffix(address, "/"+name)) && !slices.Contains(found, p) {
				found = append(found, p)
			}
		}
		for address, in := range lib.sections { // names of procedures go before those of sections
			add(address, in.procedure)
		}
		if len(found) == 0 { // and those before what they were called
			for was := range lib.former {
				add(was, lib.exact(was))
			}
		}
		if len(found) > 0 {
			slices.SortFunc(found, func(a, b *procedures.Procedure) int { return cmp.Compare(a.ID, b.ID) })
			return found
		}
	}
	return nil
}

// slugPath turns titles, as a person would type them, into identifiers.
func slugPath(name string) string {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = cmp.Or(slug(parseHeading(p).Title), p)
	}
	return strings.Join(parts, "/")
}

// findStep looks a step up that is named without its page.
func (lib *Library) findStep(step, id string) (*procedures.Procedure, *procedures.Step, error) {
	var found []*procedures.Procedure
	for _, p := range lib.Procedures() {
		if p.Step(step) != nil {
			found = append(found, p)
		}
	}
	switch len(found) {
	case 0:
		return nil, nil, lib.notFound(id)
	case 1:
		return found[0], found[0].Step(step), nil
	}
	return nil, nil, ambiguous(id, found, step)
}

// findStep finds a step of a page by its identifier or title; the error names what is near, or all
// steps.
func findStep(p *procedures.Procedure, id string) (*procedures.Step, error) {
	if s := p.Step(id); s != nil {
		return s, nil
	}
	if s := p.Step(slug(id)); s != nil {
		return s, nil
	}
	ids := make([]string, len(p.Steps))
	for i, s := range p.Steps {
		ids[i] = s.ID
	}
	if near := procedures.Nearest(id, ids); near != "" {
		return nil, procedures.Errorf(procedures.CodeNotFound, "%s has no step %q: did you mean %q?", p.ID, id, near)
	}
	if len(ids) == 0 {
		return nil, procedures.Errorf(procedures.CodeNotFound, "%s has no step %q: it has no steps", p.ID, id)
	}
	return nil, procedures.Errorf(procedures.CodeNotFound, "%s has no step %q. Its steps: %s", p.ID, id, strings.Join(ids, ", "))
}

// notFound names up to five procedures and sections whose last part or title is near, or contains the name.
func (lib *Library) notFound(id string) error {
	var ids, ends []string
	for _, p := range lib.Procedures() {
		ids, ends = append(ids, p.ID), append(ends, path.Base(p.ID))
		if title := slug(p.Title); title != path.Base(p.ID) {
			ids, ends = append(ids, p.ID), append(ends, title)
		}
		for _, s := range p.Sections {
			ids, ends = append(ids, s.Address), append(ends, path.Base(s.Address))
		}
	}
	last := path.Base(slugPath(id))
	var near []string
	for i, end := range ends {
		holds := len(last) > 3 && strings.Contains(end, last) || len(end) > 3 && strings.Contains(last, end)
		if (holds || procedures.Nearest(last, []string{end}) != "") && !slices.Contains(near, ids[i]) {
			near = append(near, ids[i])
		}
	}
	if len(near) > 0 {
		return procedures.Errorf(procedures.CodeNotFound, "no procedure is called %q: did you mean %s?", id,
			strings.Join(near[:min(len(near), 5)], ", "))
	}
	return procedures.Errorf(procedures.CodeNotFound, "no procedure is called %q. Look for it in the list of all procedures", id)
}

// ambiguous lists up to eight of the candidates, with the step where one was named.
func ambiguous(id string, found []*procedures.Procedure, step string) error {
	names := make([]string, len(found))
	for i, p := range found {
		names[i] = p.ID
		if step != "" {
			names[i] += "#" + step
		}
	}
	more := ""
	if len(names) > 8 {
		more = fmt.Sprintf(" and %d more", len(names)-8)
		names = names[:8]
	}
	return procedures.Errorf(procedures.CodeInvalid, "%q matches %s%s: give more of the name", id, strings.Join(names, ", "), more)
}
