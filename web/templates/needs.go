package templates

import "github.com/opsbook/opsbook/internal/procedures"

// Ask is the question whether earlier steps are to be carried out too.
type Ask struct {
	Procedure string
	Step      *procedures.Step
	Needs     []*procedures.Step
	Values    map[string]string
	Corrected bool
	Key       string
	Back      string
}
