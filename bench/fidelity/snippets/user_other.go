//go:build !linux

package snippets

import (
	"os"
	"os/exec"
)

// asNobody leaves a command to whoever runs the comparison.
func asNobody(*exec.Cmd) {}

// endAll ends nothing here.
func endAll(*exec.Cmd) {}

// statusOf is how a process ended.
func statusOf(s *os.ProcessState) int { return s.ExitCode() }
