package procedures

// FieldUse is a place of a script at which a variable from outside stands, or a placeholder.
type FieldUse struct {
	Name string // of the parameter
	Kind FieldKind
	Line int // in the file, from 1
	// Column is in bytes, from 1.
	Column int
}

// FieldKind says what a place is.
type FieldKind string

// The places that matter.
const (
	FieldCommand FieldKind = "command" // the value would be the name of a command
	FieldList    FieldKind = "list"    // several words are meant: for, set -- and arrays
)
