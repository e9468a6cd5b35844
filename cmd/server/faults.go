package main

import (
	"context"

	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/web/templates"
)

// faultsOf is the sandbox as the pages see it. Its other methods are the sandbox’s own.
type faultsOf struct{ *sandbox.Sandbox }

// Faults implements web.Sandbox.
func (f faultsOf) Faults(ctx context.Context) ([]templates.Fault, error) {
	all, err := f.Sandbox.Faults(ctx)
	var out []templates.Fault
	for _, x := range all {
		out = append(out, templates.Fault{Name: x.Name, Title: x.Title, On: x.On})
	}
	return out, err
}
