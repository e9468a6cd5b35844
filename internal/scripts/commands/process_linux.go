package commands

import "syscall"

// attributes put a program into a process group of its own, without a terminal. Where the server is killed, so that it
// cannot end the group, the system tells the program to end.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
