package templates

import (
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Rights are what somebody may not do on a page, each with the sentence that says why and who may. Nil is for everything. Keys are
// verbs of the policy; presses are told apart by their effects: see PressVerb.
type Rights map[string]string

// PressVerb is the key of presses of an effect.
func PressVerb(e procedures.Effect) string {
	switch {
	case e == procedures.EffectDestroy:
		return "press destroy"
	case e.Changes():
		return "press change"
	}
	return "press"
}

// HiddenOther is the key of a procedure that the text of a page leads to, and that its reader may not view; without an id, of any other
// procedure of the page's document.
func HiddenOther(id string) string { return "view " + id }

// Key tells rights apart: those who have the same share what is drawn for them.
func (r Rights) Key() string {
	lines := make([]string, 0, len(r))
	for verb, why := range r {
		lines = append(lines, verb+": "+why)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// may are the attributes of a button for a verb: where it is not allowed it is grey, and says why.
func (f *Frame) may(verb string) templ.Attributes {
	if why := f.Rights[verb]; why != "" {
		return templ.Attributes{"disabled": true, "title": why}
	}
	return nil
}

// mayPress are those of a button that runs a step.
func (s *Step) mayPress() templ.Attributes { return s.Page.may(PressVerb(s.Effect())) }

// barred reports whether somebody may not do everything with the procedure of a page.
func (p *RunPage) barred() bool {
	for verb := range p.Rights {
		if verb != "faults" && verb != "audit" && verb != "erase" && verb != "break-glass" && !strings.HasPrefix(verb, "view ") {
			return true
		}
	}
	return false
}

// Locked says why nothing of a step is the reader's to do that could be done now; empty where something is, or there is nothing.
func (s *Step) Locked() string {
	switch {
	case s.Page == nil || s.Page.Fixed && s.Page.Run.State != procedures.RunOpen && !s.Running():
		return ""
	case s.Running():
		return s.Page.Rights["cancel"]
	case s.Pressable() && !s.Asked():
		return s.Page.Rights[PressVerb(s.Effect())]
	case s.ByHand():
		return s.Page.Rights["mark"]
	}
	return ""
}

// whyURL is the page that says what the reader may do with the procedure.
func (p *RunPage) whyURL() string {
	return "/rights?" + url.Values{"procedure": {p.Procedure.ID}, "environment": {p.Environment.Name}}.Encode()
}

// RightsView is the page of what its reader may do with a procedure.
type RightsView struct {
	Frame
	Procedure     *procedures.Procedure
	Open          bool // there are no roles
	Groups, Roles string
	MayBreak      bool // glass
	Rows          []RightsRow
}

// glassForm breaks glass.
func (p *RightsView) glassForm() Form {
	return Form{Action: "/break-glass", Class: "act", Plain: true, Hidden: hidden("back", p.Here)}
}

// RightsRow is one verb.
type RightsRow struct {
	Verb, Does string
	Allowed    bool
	Why        []RightsWhy
	Who        string // else may; empty for nobody
}

// RightsWhy is what one role says, and where it stands.
type RightsWhy struct{ Place, Text string }
