package aws

import "github.com/opsbook/opsbook/internal/procedures"

// Plan reads a line before it runs.
func (c *Command) Plan(words []procedures.Word) procedures.Plan { return procedures.Plan{} }
