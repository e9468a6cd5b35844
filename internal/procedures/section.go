package procedures

import "slices"

// Section is a heading within a procedure, with what stands under it.
type Section struct {
	ID    string // unique in its procedure, such as "diagnose"
	Title string
	Level int // of its heading: 1 to 6
	Line  int // of its heading, from 1
	// Address is an identifier that leads to the procedure at this section: "ecs-rollback/diagnose".
	Address string
	// Aside says that its steps are no part of Run all: it stands beside the work, as troubleshooting does.
	Aside bool
	// Choice says that it is one of several ways to do the same: somebody chooses, and none is part of Run all.
	Choice bool
	HTML   string // the heading's text as the document has it
}

// Section returns the section with that id, or nil.
func (p *Procedure) Section(id string) *Section {
	if i := p.section(id); i >= 0 {
		return p.Sections[i]
	}
	return nil
}

func (p *Procedure) section(id string) int {
	return slices.IndexFunc(p.Sections, func(s *Section) bool { return s.ID == id })
}

// Under returns the steps that stand in a section and in those within it, in order; all steps where id is empty.
func (p *Procedure) Under(id string) []*Step {
	if id == "" {
		return p.Steps
	}
	var steps []*Step
	for _, step := range p.Steps {
		if p.Within(step.Section, id) {
			steps = append(steps, step)
		}
	}
	return steps
}

// Within reports whether the section inner is the section outer, or stands in it.
func (p *Procedure) Within(inner, outer string) bool {
	for i := p.section(inner); i >= 0; i = p.parent(i) {
		if p.Sections[i].ID == outer {
			return true
		}
	}
	return false
}

// parent is the section around the i-th: the nearest above it with a smaller level; -1 for none.
func (p *Procedure) parent(i int) int {
	for above := i - 1; above >= 0; above-- {
		if p.Sections[above].Level < p.Sections[i].Level {
			return above
		}
	}
	return -1
}

// Outside reports whether a step stands in an aside, or in one of several ways: it is no part of Run all, and of a section's only
// below that.
func (p *Procedure) Outside(step *Step, section string) bool {
	for i := p.section(step.Section); i >= 0 && p.Sections[i].ID != section; i = p.parent(i) {
		if p.Sections[i].Aside || p.Sections[i].Choice {
			return true
		}
	}
	return false
}
