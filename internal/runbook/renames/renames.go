// Package renames finds in the history of a Git checkout what runbooks and their headings were called before. It reads the objects of
// the repository: no git program is needed.
package renames

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/runbook"
)

// maxCommits is how many commits are looked at, from the newest on, each with its first parent: the path of the main branch.
const maxCommits = 20_000

// alike is how much of two texts has to be the same for one to be the other under another name, as git has it (git-diff(1), -M).
const alike = 0.5

// Finder finds renames in the repository that a folder of runbooks is in. It keeps what it has found of a commit.
type Finder struct {
	Dir string // the folder

	mu   sync.Mutex
	head plumbing.Hash
	of   map[string]string // of head
}

// Find returns what addresses of documents and headings of before are called today. texts are the runbooks as they are now, by their
// paths; they may be edited since the last commit. Where the folder is in no repository there are none.
func (f *Finder) Find(ctx context.Context, texts map[string]string) (map[string]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	objects, prefix, err := open(f.Dir)
	if err != nil || objects == nil {
		return nil, err
	}
	head, err := storer.ResolveReference(objects, plumbing.HEAD)
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return nil, nil // nothing was committed yet
	}
	if err != nil {
		return nil, err
	}
	commit, err := object.GetCommit(objects, head.Hash())
	if err != nil {
		return nil, err
	}
	root, err := commit.Tree()
	if err != nil {
		return nil, err
	}
	committed, err := files(root, prefix)
	if err != nil {
		return nil, err
	}
	if f.of == nil || f.head != head.Hash() {
		w := newWalk(objects, committed)
		if err := w.back(ctx, commit, prefix, f.head); err != nil {
			return nil, err
		}
		if w.met {
			w.found = after(f.of, w.found)
		}
		f.head, f.of = head.Hash(), w.found
	}
	// What is in the folder and not committed yet comes before the newest commit.
	now := newWalk(objects, nil)
	present := map[string]plumbing.Hash{}
	for name, text := range texts {
		present[name] = plumbing.ComputeHash(plumbing.BlobObject, []byte(text))
		now.texts[present[name]], now.lives[name] = text, name
	}
	if err := now.step(committed, present); err != nil {
		return nil, err
	}
	return after(f.of, now.found), nil
}

// after are the names that were found up to some state, with those that were found since.
func after(before, since map[string]string) map[string]string {
	out := maps.Clone(since)
	for was, then := range before {
		if _, ok := out[was]; !ok {
			out[was] = cmp.Or(since[then], then)
		}
	}
	return out
}

// walk goes back through a history. Its state is that of the commit that it has come to.
type walk struct {
	objects storer.EncodedObjectStorer
	texts   map[plumbing.Hash]string // what was read
	lives   map[string]string        // paths of that time that have become a file of today, with its path
	moved   map[string]string        // addresses of that time that are called otherwise today
	found   map[string]string        // addresses of any time, with today's: the newest meaning of each
	met     bool                     // the walk came to the commit at which it was to end
}

func newWalk(objects storer.EncodedObjectStorer, committed map[string]plumbing.Hash) *walk {
	w := &walk{
		objects: objects, texts: map[plumbing.Hash]string{}, lives: map[string]string{}, moved: map[string]string{},
		found: map[string]string{},
	}
	for name := range committed {
		w.lives[name] = name
	}
	return w
}

// back goes from a commit to another one, to the beginning of the history, or to where a shallow clone ends.
func (w *walk) back(ctx context.Context, commit *object.Commit, prefix string, until plumbing.Hash) error {
	newer, err := commit.Tree()
	if err != nil {
		return err
	}
	for range maxCommits {
		if w.met = commit.Hash == until; w.met || ctx.Err() != nil {
			return ctx.Err()
		}
		var older *object.Tree
		parent, err := parentOf(w.objects, commit)
		if err == nil && parent != nil {
			older, err = parent.Tree()
		}
		if errors.Is(err, plumbing.ErrObjectNotFound) || err == nil && parent == nil {
			return nil
		}
		if err != nil {
			return err
		}
		if folderHash(newer, prefix) != folderHash(older, prefix) {
			after, err := files(newer, prefix)
			if err != nil {
				return err
			}
			if folderHash(older, prefix) == plumbing.ZeroHash { // the folder itself may have had another name
				if prefix, err = movedFolder(older, after); err != nil || prefix == none {
					return err
				}
			}
			before, err := files(older, prefix)
			if err != nil {
				return err
			}
			if err := w.step(before, after); err != nil {
				return err
			}
		}
		commit, newer = parent, older
	}
	return nil
}

// parentOf is the first parent of a commit, nil for none.
func parentOf(objects storer.EncodedObjectStorer, commit *object.Commit) (*object.Commit, error) {
	if len(commit.ParentHashes) == 0 {
		return nil, nil
	}
	return object.GetCommit(objects, commit.ParentHashes[0])
}

// step goes from one state of the files to the one before it.
func (w *walk) step(before, after map[string]plumbing.Hash) error {
	pairs := map[string]string{} // from the path before to that after
	var removed, added []string
	for name := range before {
		if _, ok := after[name]; !ok {
			removed = append(removed, name)
		}
	}
	for name, hash := range after {
		if was, ok := before[name]; !ok {
			added = append(added, name)
		} else if was != hash {
			pairs[name] = name
		}
	}
	if err := w.match(before, after, removed, added, pairs); err != nil {
		return err
	}
	lives := maps.Clone(w.lives)
	for _, name := range added { // what had this path earlier is another file
		delete(lives, name)
	}
	moved := map[string]string{}
	for was, now := range w.moved {
		moved[was] = now
	}
	for was, name := range pairs {
		now, ok := w.lives[name]
		if !ok {
			continue
		}
		older, err := w.text(before[was])
		if err != nil {
			return err
		}
		newer, err := w.text(after[name])
		if err != nil {
			return err
		}
		lives[was] = now
		if was != name {
			w.call(fileAddress(was), fileAddress(now))
		} else if slices.Equal(headingLines(older), headingLines(newer)) {
			continue
		}
		for address := range w.moved {
			if strings.HasPrefix(address, fileAddress(name)+"/") {
				delete(moved, address)
			}
		}
		for old, now := range headings(was, older, name, newer) {
			moved[old] = w.today(now, name)
			w.call(old, moved[old])
		}
	}
	w.lives, w.moved = lives, moved
	return nil
}

// call notes what an address of before is called today.
func (w *walk) call(was, now string) {
	if _, ok := w.found[was]; !ok && was != now {
		w.found[was] = now
	}
}

// today is what an address of a file is called today, where the file had a path at the time that the walk has come to.
func (w *walk) today(address, file string) string {
	if now, ok := w.moved[address]; ok {
		return now
	}
	return fileAddress(w.lives[file]) + strings.TrimPrefix(address, fileAddress(file))
}

// mostPairs bounds the texts that are compared for one commit; beyond it only equal ones are found.
const mostPairs = 2000

// match finds which of the files that were removed have become which of those that were added: equal ones, and then those that are most
// alike.
func (w *walk) match(before, after map[string]plumbing.Hash, removed, added []string, pairs map[string]string) error {
	slices.Sort(removed)
	slices.Sort(added)
	taken := map[string]bool{}
	for _, equal := range []func(was, name string) bool{
		func(was, name string) bool { return before[was] == after[name] && path.Base(was) == path.Base(name) },
		func(was, name string) bool { return before[was] == after[name] },
	} {
		for _, was := range removed {
			for _, name := range added {
				if pairs[was] == "" && !taken[name] && equal(was, name) {
					pairs[was], taken[name] = name, true
				}
			}
		}
	}
	if len(removed)*len(added) > mostPairs {
		return nil
	}
	var all []likeness
	for _, was := range removed {
		for _, name := range added {
			if pairs[was] != "" || taken[name] {
				continue
			}
			older, err := w.text(before[was])
			if err != nil {
				return err
			}
			newer, err := w.text(after[name])
			if err != nil {
				return err
			}
			all = append(all, likeness{was, name, similar(older, newer)})
		}
	}
	for was, name := range best(all) {
		pairs[was] = name
	}
	return nil
}

// text is what a blob holds; nothing where it is too large for a runbook, or not here, as in a partial clone.
func (w *walk) text(hash plumbing.Hash) (string, error) {
	if text, ok := w.texts[hash]; ok {
		return text, nil
	}
	text, err := blob(w.objects, hash, limits.RunbookBytes.Value)
	if len(w.texts) > 1000 {
		clear(w.texts)
	}
	w.texts[hash] = text
	return text, err
}

// fileAddress is the part of addresses that a file's path makes.
func fileAddress(file string) string { return runbook.Address(file) }
