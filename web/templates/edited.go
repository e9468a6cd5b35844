package templates

import "github.com/opsbook/opsbook/internal/procedures"

// Edited is the page of what was edited in a runbook since a run began.
type Edited struct {
	Frame
	Run       *procedures.Run
	Procedure *procedures.Procedure // as the run has it
	Hunks     []Hunk
}

// Hunk is a change with the lines around it.
type Hunk struct {
	Lines []EditLine
}

// EditLine is a line of a difference: removed where New is 0, added where Old is 0. Both are numbers of lines, from 1.
type EditLine struct {
	Old, New int
	Text     string
}
