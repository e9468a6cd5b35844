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
