package templates

func faultsOn(list []Fault) int {
	n := 0
	for _, f := range list {
		if f.On {
			n++
		}
	}
	return n
}

// Fault is something that can be broken in the sandbox.
type Fault struct {
	Name, Title string
	On          bool
}

// faultsForm changes the sandbox; the answer is the panel as it is then.
func (f *Frame) faultsForm(action, class string, more ...string) Form {
	return Form{
		Action: action, Class: class, Target: "#faults", Swap: "outerHTML", Hidden: append(hidden("back", f.Here), hidden(more...)...),
	}
}
