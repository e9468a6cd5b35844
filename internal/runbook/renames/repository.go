package renames

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"

	"github.com/opsbook/opsbook/internal/runbook"
)

// open finds the repository that a folder is in, and the folder's path in it; nil where it is in none. Of a worktree the objects lie
// in another repository (gitrepository-layout(5), commondir).
func open(dir string) (objects *filesystem.Storage, prefix string, err error) {
	dir, err = filepath.Abs(dir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return nil, "", err
	}
	for root := dir; ; root = filepath.Dir(root) {
		at, err := gitFolder(root)
		if err != nil {
			return nil, "", err
		}
		if at != "" {
			prefix, err := filepath.Rel(root, dir)
			if err != nil {
				return nil, "", err
			}
			if prefix = filepath.ToSlash(prefix); prefix == "." {
				prefix = ""
			}
			own := osfs.New(at)
			fs := own
			common, err := os.ReadFile(filepath.Join(at, "commondir"))
			if err == nil {
				fs = dotgit.NewRepositoryFilesystem(own, osfs.New(within(at, strings.TrimSpace(string(common)))))
			} else if !errors.Is(err, os.ErrNotExist) {
				return nil, "", err
			}
			return filesystem.NewStorageWithOptions(fs, cache.NewObjectLRUDefault(), filesystem.Options{
				AlternatesFS: osfs.New(filepath.VolumeName(at) + string(filepath.Separator)), // a clone may borrow another's objects
			}), prefix, nil
		}
		if root == filepath.Dir(root) {
			return nil, "", nil
		}
	}
}

func isFile(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// gitFolder is the folder with a repository's state, of the checkout that begins at root: .git, or where the file .git says that it is.
func gitFolder(root string) (string, error) {
	at := filepath.Join(root, ".git")
	info, err := os.Stat(at)
	switch {
	case errors.Is(err, os.ErrNotExist), errors.Is(err, os.ErrPermission):
		return "", nil
	case err != nil:
		return "", err
	case info.IsDir():
		if !isFile(filepath.Join(at, "HEAD")) {
			return "", nil // some other folder of that name
		}
		return at, nil
	}
	text, err := os.ReadFile(at)
	if err != nil {
		return "", err
	}
	to, ok := strings.CutPrefix(strings.TrimSpace(string(text)), "gitdir:")
	if !ok {
		return "", fmt.Errorf("%s does not say where the repository is", at)
	}
	return within(root, strings.TrimSpace(to)), nil
}

// within is a path that may be relative to a folder.
func within(dir, to string) string {
	if filepath.IsAbs(to) {
		return to
	}
	return filepath.Join(dir, to)
}

// folderHash identifies what a folder of a tree holds; zero where there is no such folder.
func folderHash(root *object.Tree, prefix string) plumbing.Hash {
	if prefix == "" {
		return root.Hash
	}
	entry, err := root.FindEntry(prefix)
	if err != nil || entry.Mode != filemode.Dir {
		return plumbing.ZeroHash
	}
	return entry.Hash
}

// files are the runbooks in a folder of a tree, by their paths below it.
func files(root *object.Tree, prefix string) (map[string]plumbing.Hash, error) {
	out := map[string]plumbing.Hash{}
	tree := root
	if prefix != "" {
		below, err := root.Tree(prefix)
		if errors.Is(err, object.ErrDirectoryNotFound) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		tree = below
	}
	return out, gather(tree, "", out)
}

// gather adds the runbooks of a tree and of those below it.
func gather(tree *object.Tree, at string, into map[string]plumbing.Hash) error {
	for _, e := range tree.Entries {
		name := path.Join(at, e.Name)
		switch {
		case strings.HasPrefix(e.Name, "."), e.Name == "node_modules":
		case e.Mode == filemode.Dir:
			below, err := tree.Tree(e.Name)
			if err != nil {
				return err
			}
			if err := gather(below, name, into); err != nil {
				return err
			}
		case e.Mode.IsFile() && runbook.IsMarkdown(e.Name):
			into[name] = e.Hash
		}
	}
	return nil
}

// none is no folder of a tree.
const none = "\x00"

// movedFolder is the folder of a tree that holds at least half of some files under their paths; none where there is no such.
func movedFolder(root *object.Tree, of map[string]plumbing.Hash) (string, error) {
	all := map[string]plumbing.Hash{}
	if err := gather(root, "", all); err != nil {
		return none, err
	}
	counts, best := map[string]int{}, none
	for name, hash := range of {
		for other, was := range all {
			if was != hash || other != name && !strings.HasSuffix(other, "/"+name) {
				continue
			}
			folder := strings.TrimSuffix(strings.TrimSuffix(other, name), "/")
			counts[folder]++
			if 2*counts[folder] >= len(of) && counts[folder] > counts[best] {
				best = folder
			}
		}
	}
	return best, nil
}

// blob is the text of a blob of at most so many bytes, nothing for a larger one and for one that is not here.
func blob(objects storer.EncodedObjectStorer, hash plumbing.Hash, most int64) (string, error) {
	b, err := object.GetBlob(objects, hash)
	if errors.Is(err, plumbing.ErrObjectNotFound) || err == nil && b.Size > most {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	r, err := b.Reader()
	if err != nil {
		return "", err
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	return string(text), err
}
