package lint

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"syscall"
)

// Replace puts a new text into a file below a folder, all of it or nothing: whoever reads the file meanwhile has the one or the
// other. The file keeps its permissions and, as far as that is allowed, its owner. A link is refused, as the file behind it may
// be anybody's, and so is a file that no longer has the text that was read.
func Replace(root *os.Root, name string, before, after []byte) (err error) {
	info, err := root.Lstat(name)
	switch {
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("%s is a link: fix the file that it leads to", name)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file", name)
	}
	now, err := root.ReadFile(name)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, before) {
		return fmt.Errorf("%s has changed since it was read: nothing was written", name)
	}
	temporary := path.Join(path.Dir(name), ".opsbook-"+rand.Text()+".tmp")
	file, err := root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, root.Remove(temporary))
		}
	}()
	if own, ok := info.Sys().(*syscall.Stat_t); ok {
		_ = file.Chown(int(own.Uid), int(own.Gid)) // only root may give a file away
	}
	_, err = file.Write(after)
	err = errors.Join(err, file.Chmod(info.Mode().Perm()), file.Sync(), file.Close())
	if err != nil {
		return err
	}
	return root.Rename(temporary, name)
}
