package snippets

import (
	"os"
	"os/exec"
	"syscall"
)

// nobody is the user that owns nothing.
const nobody = 65534

// statusOf is how a process ended, as a shell says it: 128 and the signal where a signal has ended it.
func statusOf(s *os.ProcessState) int {
	if how, ok := s.Sys().(syscall.WaitStatus); ok && how.Signaled() {
		return 128 + int(how.Signal())
	}
	return s.ExitCode()
}

// asNobody lets a command of root be one of nobody. It is ended with all that it has started.
func asNobody(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() == 0 {
		c.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
}

// endAll ends what a command has left behind.
func endAll(c *exec.Cmd) {
	if c.Process != nil {
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
	}
}
