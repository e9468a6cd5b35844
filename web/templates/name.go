package templates

// NameQuestion asks what others shall call somebody, before a press is carried out.
type NameQuestion struct {
	Action string // the address of the press
	Values map[string][]string
}
