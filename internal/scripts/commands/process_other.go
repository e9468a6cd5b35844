//go:build unix && !linux

package commands

import "syscall"

// attributes put a program into a process group of its own, without a terminal.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
