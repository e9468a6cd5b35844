//go:build !linux

package snippets

import "os/exec"

// asNobody leaves a command to whoever runs the comparison.
func asNobody(*exec.Cmd) {}
