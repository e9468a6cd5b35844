package snippets

import (
	"os"
	"os/exec"
	"syscall"
)

// nobody is the user that owns nothing.
const nobody = 65534

// asNobody lets a command of root be one of nobody.
func asNobody(c *exec.Cmd) {
	if os.Getuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
}
