package confined

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
)

// Private makes a file or a folder readable by its owner alone, whatever the umask was when it was made; one that is not
// there is none to make so. It logs what it tightened, and warns of what belongs to somebody else, which it cannot.
func Private(logger *slog.Logger, name string) error {
	info, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("see who may read %s: %w", name, err)
	case info.Mode()&fs.ModeSymlink != 0: // what it leads to is somebody's own arrangement
		return nil
	}
	if owner, known := owner(info); known && owner != os.Geteuid() {
		logger.Warn("a file of Opsbook's belongs to another user, who can read it", "file", name, "owner", owner, "user", os.Geteuid())
		return nil
	}
	want := fs.FileMode(0o600)
	if info.IsDir() {
		want = 0o700
	}
	if info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	if err := os.Chmod(name, info.Mode().Perm()&want); err != nil {
		return fmt.Errorf("keep others from reading %s: %w", name, err)
	}
	logger.Warn("others could read a file of Opsbook's; its mode was tightened",
		"file", name, "before", fmt.Sprintf("%04o", info.Mode().Perm()), "now", fmt.Sprintf("%04o", info.Mode().Perm()&want))
	return nil
}
