//go:build !linux

package store

import "syscall"

// limitSilence does nothing: this system has no time-out of a connection that a program may set.
func limitSilence(_, _ string, _ syscall.RawConn) error { return nil }
