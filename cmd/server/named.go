package main

import (
	"fmt"
	"strings"
	"sync"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
)

// namedIn tells the sandbox what the lines of the runbooks name, as the library is at the moment. A library is read once.
func namedIn(current func() *runbook.Library) func() []sandbox.Named {
	var mu sync.Mutex
	var of *runbook.Library
	var named []sandbox.Named
	return func() []sandbox.Named {
		mu.Lock()
		defer mu.Unlock()
		if lib := current(); lib != of {
			of, named = lib, namedBy(lib)
		}
		return named
	}
}

// namedBy are the calls of all steps. A line that cannot be bound names nothing.
func namedBy(lib *runbook.Library) []sandbox.Named {
	var out []sandbox.Named
	for _, p := range lib.Procedures() {
		for _, s := range p.Steps {
			for _, call := range s.Analysis.Detail {
				if n, ok := namedOf(p, call); ok {
					out = append(out, n)
				}
			}
		}
	}
	return out
}

// namedOf is what a call names.
func namedOf(p *procedures.Procedure, call procedures.PlannedCall) (sandbox.Named, bool) {
	words := call.Words()
	// The model of a service is not read for what does not grow.
	if len(words) < 3 || words[0] != "aws" || !sandbox.Describes(bind.Folder(words[1])) {
		return sandbox.Named{}, false
	}
	line, err := bind.Parse(withDefaults(p, words[1:]), nil)
	if err != nil || line.Operation == nil || line.Input == nil {
		return sandbox.Named{}, false
	}
	return sandbox.Named{
		Service: line.Service.Name, Operation: line.Operation.Name, Input: line.Input, From: fmt.Sprintf("%s:%d", p.ID, call.Line),
	}, true
}

// withDefaults are words in which the fields of a procedure have their defaults, where they have one: what a line is to create is mostly
// named by one.
func withDefaults(p *procedures.Procedure, words []string) []string {
	var pairs []string
	for i := range p.Parameters {
		if q := &p.Parameters[i]; q.Default != "" && !q.Secret {
			pairs = append(pairs, "${"+q.Name+"}", q.Default, "<"+q.Name+">", q.Default)
		}
	}
	if len(pairs) == 0 {
		return words
	}
	values, out := strings.NewReplacer(pairs...), make([]string, len(words))
	for i, word := range words {
		out[i] = values.Replace(word)
		for j := 0; j < len(pairs); j += 4 { // "$NAME" alone, which no other name begins with
			if out[i] == "$"+pairs[j][2:len(pairs[j])-1] {
				out[i] = pairs[j+1]
			}
		}
	}
	return out
}
