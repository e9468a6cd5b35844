package confined

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// runPrefix begins the names of run folders. What follows is the process, when it began, and a number: a folder whose process is
// not there any more, or is another one with the same number, was left by one that was killed.
const runPrefix = "opsbook-run-"

// formerAge is how old a folder without a process in its name must be before it is taken for left.
const formerAge = 24 * time.Hour

// NewRunFolder makes a folder for the files of a run, which only its owner can read. The caller removes it.
func NewRunFolder() (string, error) {
	pid := os.Getpid()
	dir, err := os.MkdirTemp("", fmt.Sprintf("%s%d-%s-", runPrefix, pid, startOf(pid)))
	if err != nil {
		return "", fmt.Errorf("make the run's folder: %w", err)
	}
	return dir, os.Chmod(dir, 0o700) //nolint:gosec // a folder is entered by its owner
}

// RemoveLeft removes the run folders that killed processes of this user have left in the folder for temporary files. Those
// of living processes stay, as does what is no folder.
func RemoveLeft(logger *slog.Logger) {
	temporary := os.TempDir()
	root, err := os.OpenRoot(temporary)
	if err != nil {
		return // there is none
	}
	defer root.Close()
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		logger.Warn("the folder for temporary files cannot be read: what killed processes left stays", "folder", temporary, "error", err)
		return
	}
	for _, entry := range entries {
		name := entry.Name()
		info, err := root.Lstat(name)
		if err != nil || !info.IsDir() || !strings.HasPrefix(name, runPrefix) || !left(name, info) {
			continue
		}
		if id, known := owner(info); known && id != os.Geteuid() {
			continue
		}
		// A root keeps the removal inside: a link in it is removed itself, never what it leads to.
		if err := root.RemoveAll(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			logger.Warn("a run's folder that a killed process left cannot be removed", "folder",
				filepath.Join(temporary, name), "error", err)
			continue
		}
		logger.Info("a run's folder that a killed process left was removed", "folder", filepath.Join(temporary, name))
	}
}

// left reports whether the process of a run folder is not there any more.
func left(name string, info fs.FileInfo) bool {
	parts := strings.Split(strings.TrimPrefix(name, runPrefix), "-")
	if len(parts) != 3 { // of a version before
		return time.Since(info.ModTime()) > formerAge
	}
	pid, err := strconv.Atoi(parts[0])
	if err != nil {
		return false
	}
	start, alive := process(pid)
	return !alive || start != "" && parts[1] != "" && parts[1] != start
}

// startOf is when a process began, as the system counts it; empty where that is not known.
func startOf(pid int) string {
	start, _ := process(pid)
	return start
}
