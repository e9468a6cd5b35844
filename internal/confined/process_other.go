//go:build !linux

package confined

import (
	"errors"
	"os"
	"syscall"
)

// process reports whether a process is there. When it began is not known.
func process(pid int) (start string, alive bool) {
	p, err := os.FindProcess(pid)
	if err != nil {
		return "", false
	}
	err = p.Signal(syscall.Signal(0))
	return "", err == nil || errors.Is(err, os.ErrPermission) || errors.Is(err, syscall.EPERM)
}
