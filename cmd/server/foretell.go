package main

import (
	"strings"
	"sync"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
)

// rehearsesIn says what the sandbox answers the calls of a step with, for the library as it is at the moment. A step is read once.
func rehearsesIn(current func() *runbook.Library) func(*procedures.Procedure, *procedures.Step) runbook.Rehearsal {
	var mu sync.Mutex
	var of *runbook.Library
	var known map[*procedures.Step]runbook.Rehearsal
	return func(p *procedures.Procedure, s *procedures.Step) runbook.Rehearsal {
		mu.Lock()
		defer mu.Unlock()
		if lib := current(); lib != of {
			of, known = lib, map[*procedures.Step]runbook.Rehearsal{}
		}
		r, ok := known[s]
		if !ok {
			r = rehearses(p, s)
			known[s] = r
		}
		return r
	}
}

// rehearses says what the sandbox answers the calls of a step with.
func rehearses(p *procedures.Procedure, s *procedures.Step) runbook.Rehearsal {
	var out runbook.Rehearsal
	for _, call := range s.Analysis.Detail {
		if call.Words()[0] == "aws" {
			out.Count(call.Command, foretold(p, call))
		}
	}
	return out
}

// made are the operations that commands are made of which are not one call each.
var made = map[string]sandbox.Named{
	"s3":        {Service: "s3", Operation: "ListObjectsV2"},
	"logs tail": {Service: "logs", Operation: "FilterLogEvents"},
}

// foretold is what the sandbox answers a line with; empty for one that calls nothing, and for what only a person can do. Of a line that
// cannot be bound before its values are known it is what the operation is answered with.
func foretold(p *procedures.Procedure, call procedures.PlannedCall) string {
	command, operation, _ := strings.Cut(call.Command, " ")
	for _, name := range []string{command, call.Command} {
		if n, ok := made[name]; ok {
			return sandbox.Foretell(n)
		}
	}
	line, err := bind.Parse(withDefaults(p, call.Words()[1:]), nil)
	if err == nil && line.Operation != nil {
		return sandbox.Foretell(sandbox.Named{Service: line.Service.Name, Operation: line.Operation.Name, Input: line.Input})
	}
	service, err := models.Load(bind.Folder(command))
	if err != nil {
		return ""
	}
	if waited, ok := strings.CutPrefix(operation, "wait "); ok {
		if w := bind.FindWaiter(service, waited); w != nil {
			return sandbox.Foretell(sandbox.Named{Service: service.Name, Operation: w.Operation})
		}
	}
	if op := bind.FindOperation(service, operation); op != nil {
		return sandbox.Foretell(sandbox.Named{Service: service.Name, Operation: op.Name})
	}
	return ""
}
