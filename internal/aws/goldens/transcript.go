// Package goldens compares what this project's aws prints with what the AWS CLI
// prints. A transcript holds command lines and what the AWS CLI answered to them on
// the sandbox, under a fixed clock; the command in record writes the answers, the
// test runs the same lines in process and compares byte for byte.
package goldens

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Recorded begins the first line of a transcript, which says with what it was recorded.
const Recorded = "# Recorded with "

// Step is one line of a transcript: a comment, a directive, or a command line with its answer.
//
//	# a comment, kept as it is
//	@clock +10m            a directive, see Scene.Do
//	$ aws sts get-caller-identity
//	| a line of standard output
//	: what stands after its last line break
//	! a line of standard error
//	= 0                    the exit status, which ends the answer
type Step struct {
	Text      string // of a comment
	Directive []string
	Line      string // after "$ "
	// Sorted says that the lines of standard output and standard error come in any order.
	Sorted         bool
	Stdout, Stderr string
	Status         int
}

// Parse reads a transcript. Answers may be absent, as in one that is yet to be recorded.
// What Format writes of the steps is the same text again.
func Parse(text string) ([]*Step, error) {
	var steps []*Step
	var at *Step
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		kind, rest := line, ""
		if len(line) > 1 {
			kind, rest = line[:1], strings.TrimPrefix(line[1:], " ")
		}
		if at == nil && strings.ContainsAny(kind, "|:!=") && kind != "" {
			return nil, fmt.Errorf("line %d: an answer without a command", i+1)
		}
		switch kind {
		case "$", "%":
			at = &Step{Line: rest, Sorted: kind == "%"}
			steps = append(steps, at)
		case "@":
			at = nil
			steps = append(steps, &Step{Directive: strings.Fields(rest)})
		case "|":
			at.Stdout += rest + "\n"
		case ":":
			at.Stdout += rest
		case "!":
			at.Stderr += rest + "\n"
		case "=":
			n, err := strconv.Atoi(rest)
			if err != nil {
				return nil, fmt.Errorf("line %d: exit status %q: %w", i+1, rest, err)
			}
			at.Status, at = n, nil
		default:
			at = nil
			steps = append(steps, &Step{Text: line})
		}
	}
	return steps, nil
}

// Format writes a transcript.
func Format(steps []*Step) string {
	var b bytes.Buffer
	for _, s := range steps {
		switch {
		case s.Line != "":
			mark := "$"
			if s.Sorted {
				mark = "%"
			}
			b.WriteString(mark + " " + s.Line + "\n" + s.Answer())
		case s.Directive != nil:
			b.WriteString("@" + strings.Join(s.Directive, " ") + "\n")
		default:
			b.WriteString(s.Text + "\n")
		}
	}
	return b.String()
}

// Answer writes what a command answered, as it stands in a transcript.
func (s *Step) Answer() string {
	var b bytes.Buffer
	for line := range strings.Lines(s.Stdout) {
		text, whole := strings.CutSuffix(line, "\n")
		mark := "|"
		if !whole {
			mark = ":"
		}
		b.WriteString(mark + " " + text + "\n")
	}
	for line := range strings.Lines(s.Stderr) {
		b.WriteString("! " + strings.TrimSuffix(line, "\n") + "\n")
	}
	fmt.Fprintf(&b, "= %d\n", s.Status)
	return b.String()
}
