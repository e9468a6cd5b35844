package templates

// Form is a form that does something on the server. htmx sends it and puts the answer into Target; without script the browser
// posts it and is led back to the page that it stands on.
type Form struct {
	ID, Class string
	Action    string // path of the route
	Hidden    []Hidden
	Target    string // selector of what the answer is put into; #said where it is empty
	Swap      string // how, as hx-swap has it; empty for the page's default, which is none: answers say where they go
	Plain     bool   // htmx leaves it alone: its answer is another page
	Clear     bool   // it is emptied when it was sent
}

// Hidden is a hidden field.
type Hidden struct{ Name, Value string }

// hidden makes hidden fields of names and values in turn.
func hidden(pairs ...string) []Hidden {
	out := make([]Hidden, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, Hidden{pairs[i], pairs[i+1]})
	}
	return out
}

// runForm does something with the page's run.
func (p *RunPage) runForm(action string, more ...string) Form {
	return Form{Action: action, Hidden: append(hidden("run", p.Run.ID, "back", p.Here), hidden(more...)...)}
}

// runForm does something with the step in the page's run.
func (s *Step) runForm(action string) Form { return s.Page.runForm(action, "step", s.ID) }

// pressForm does something with the procedure: in its open run or a new one, on the page of a run in that.
func (p *RunPage) pressForm(action string, more ...string) Form {
	fields := hidden("procedure", p.Procedure.ID, "environment", p.Environment.Name, "back", p.Here)
	if p.Fixed && p.Run != nil {
		fields = append(fields, Hidden{"run", p.Run.ID})
	}
	return Form{Action: action, Hidden: append(fields, hidden(more...)...)}
}

// preferencesForm chooses something for the session.
func preferencesForm(back, class string) Form {
	return Form{Action: "/preferences", Class: class, Plain: true, Hidden: hidden("back", back)}
}

// as is the form with a class.
func (f Form) as(class string) Form {
	f.Class = class
	return f
}
