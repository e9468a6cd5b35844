//go:build unix

package confined

import (
	"io/fs"
	"syscall"
)

// names is how many names a regular file has; 1 for everything else.
func names(info fs.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok && info.Mode().IsRegular() {
		return uint64(s.Nlink) //nolint:unconvert // it has other types elsewhere
	}
	return 1
}
