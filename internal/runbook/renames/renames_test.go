package renames_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/opsbook/opsbook/internal/runbook/renames"
)

// repository is a checkout that is made without a git program.
type repository struct {
	t       *testing.T
	dir     string
	storage *filesystem.Storage
	head    plumbing.Hash
	n       int
}

func newRepository(t *testing.T) *repository {
	t.Helper()
	dir := t.TempDir()
	r := &repository{t: t, dir: dir, storage: filesystem.NewStorage(osfs.New(filepath.Join(dir, ".git")), cache.NewObjectLRUDefault())}
	r.must(r.storage.Init())
	r.must(r.storage.SetReference(plumbing.NewSymbolicReference(plumbing.HEAD, "refs/heads/main")))
	return r
}

func (r *repository) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// keep stores an object.
func (r *repository) keep(encode func(plumbing.EncodedObject) error) plumbing.Hash {
	o := r.storage.NewEncodedObject()
	r.must(encode(o))
	hash, err := r.storage.SetEncodedObject(o)
	r.must(err)
	return hash
}

// tree stores the files below a folder.
func (r *repository) tree(files map[string]string) plumbing.Hash {
	below := map[string]map[string]string{}
	t := &object.Tree{}
	for name, text := range files {
		if folder, rest, ok := strings.Cut(name, "/"); ok {
			if below[folder] == nil {
				below[folder] = map[string]string{}
			}
			below[folder][rest] = text
			continue
		}
		hash := r.keep(func(o plumbing.EncodedObject) error {
			o.SetType(plumbing.BlobObject)
			w, err := o.Writer()
			r.must(err)
			_, err = w.Write([]byte(text))
			return err
		})
		t.Entries = append(t.Entries, object.TreeEntry{Name: name, Mode: filemode.Regular, Hash: hash})
	}
	for folder, files := range below {
		t.Entries = append(t.Entries, object.TreeEntry{Name: folder, Mode: filemode.Dir, Hash: r.tree(files)})
	}
	slices.SortFunc(t.Entries, func(a, b object.TreeEntry) int {
		slash := func(e object.TreeEntry) string {
			if e.Mode == filemode.Dir {
				return e.Name + "/"
			}
			return e.Name
		}
		return strings.Compare(slash(a), slash(b))
	})
	return r.keep(t.Encode)
}

// commit commits files, after what was committed before.
func (r *repository) commit(files map[string]string, more ...plumbing.Hash) plumbing.Hash {
	r.n++
	who := object.Signature{Name: "ada", Email: "ada@example.com", When: time.Unix(int64(1_700_000_000+r.n), 0).UTC()}
	c := &object.Commit{Author: who, Committer: who, Message: fmt.Sprint(r.n), TreeHash: r.tree(files)}
	if r.head != plumbing.ZeroHash {
		c.ParentHashes = append(c.ParentHashes, r.head)
	}
	c.ParentHashes = append(c.ParentHashes, more...)
	r.head = r.keep(c.Encode)
	r.must(r.storage.SetReference(plumbing.NewHashReference("refs/heads/main", r.head)))
	return r.head
}

// found is what is found for files in a folder of the checkout.
func (r *repository) found(folder string, files map[string]string) map[string]string {
	r.t.Helper()
	dir := filepath.Join(r.dir, filepath.FromSlash(folder))
	r.must(os.MkdirAll(dir, 0o755))
	got, err := (&renames.Finder{Dir: dir}).Find(r.t.Context(), below(folder, files))
	r.must(err)
	return got
}

// below are the files of a folder.
func below(folder string, files map[string]string) map[string]string {
	out := map[string]string{}
	for name, text := range files {
		if rest, ok := strings.CutPrefix(name, folder); ok {
			out[strings.TrimPrefix(rest, "/")] = text
		}
	}
	return out
}

// book is a runbook with headings, each with steps of its own.
func book(title string, headings ...string) string {
	text := "# " + title + "\n\nWho is called first, and why this may wait until the morning.\n"
	for _, h := range headings {
		name, body, _ := strings.Cut(h, "=")
		if body == "" {
			body = name
		}
		text += "\n## " + name + "\n\nBefore " + body + ": look at the dashboard.\n\n" +
			"```bash\naws ecs describe-services --cluster '" + body + "'\naws logs tail '/app/" + body + "'\n```\n"
	}
	return text
}

type state = map[string]string

// TestRenames is about histories, the newest state last: what each address of before is called today.
func TestRenames(t *testing.T) {
	other := book("Other", "Nothing", "In", "Common")
	for _, test := range []struct {
		name    string
		folder  string
		commits []state
		now     state // what is in the folder; nil for what was committed last
		want    map[string]string
	}{
		{"nothing", "", []state{{"a.md": book("A", "One")}}, nil, nil},
		{"a file", "", []state{{"a.md": book("A", "One", "Two")}, {"b.md": book("A", "One", "Two")}}, nil,
			map[string]string{"a": "b", "a/one": "b/one", "a/two": "b/two"}},
		{"a file that was edited too", "", []state{{"a.md": book("A", "One", "Two", "Three")}, {"b.md": book("A", "One", "Two")}}, nil,
			map[string]string{"a": "b", "a/one": "b/one", "a/two": "b/two"}},
		{"twice", "", []state{{"a.md": book("A", "One")}, {"b.md": book("A", "One")}, {"b.md": book("A", "One"), "x.md": other},
			{"c/d.md": book("A", "One"), "x.md": other}}, nil,
			map[string]string{"a": "c/d", "a/one": "c/d/one", "b": "c/d", "b/one": "c/d/one"}},
		{"a folder of runbooks, within the repository", "docs/runbooks", []state{
			{"README.md": other, "docs/runbooks/a.md": book("A", "One")}, {"README.md": other, "docs/runbooks/ops/a.md": book("A", "One")},
		}, nil, map[string]string{"a": "ops/a", "a/one": "ops/a/one"}},
		{"the folder itself", "docs/runbooks", []state{
			{"docs/runbooks/a.md": book("A", "One"), "x/y.md": other}, {"docs/runbooks/b.md": book("A", "One"), "x/y.md": other},
			{"runbooks/b.md": book("A", "One"), "x/y.md": other}, {"docs/runbooks/b.md": book("A", "One"), "x/y.md": other},
		}, nil, map[string]string{"a": "b", "a/one": "b/one"}},
		{"a heading", "", []state{{"a.md": book("A", "One", "Two")}, {"a.md": book("A", "First=One", "Two")}}, nil,
			map[string]string{"a/one": "a/first"}},
		{"a heading, and then the file", "", []state{
			{"a.md": book("A", "One", "Two")}, {"a.md": book("A", "First=One", "Two")}, {"b.md": book("A", "First=One", "Two")},
		}, nil, map[string]string{"a": "b", "a/one": "b/first", "a/first": "b/first", "a/two": "b/two"}},
		{"a heading twice", "", []state{
			{"a.md": book("A", "One", "Two")}, {"a.md": book("A", "First=One", "Two")}, {"a.md": book("A", "Begin=One", "Two")},
		}, nil, map[string]string{"a/one": "a/begin", "a/first": "a/begin"}},
		{"a heading and its file at once", "", []state{
			{"a.md": book("A", "One", "Two", "Three")}, {"b.md": book("A", "First=One", "Two", "Three")},
		}, nil, map[string]string{"a": "b", "a/one": "b/first", "a/two": "b/two", "a/three": "b/three"}},
		{"what has nothing in common", "", []state{{"a.md": book("A", "One")}, {"x.md": other}}, nil, nil},
		{"a heading that is another", "", []state{{"a.md": book("A", "One", "Two")}, {"a.md": book("A", "Two", "Three")}}, nil, nil},
		{"a copy", "", []state{{"a.md": book("A", "One")}, {"a.md": book("A", "One"), "b.md": book("A", "One")}}, nil, nil},
		{"a name that was used twice", "", []state{
			{"a.md": other}, {"x.md": other}, {"a.md": book("A", "One"), "x.md": other}, {"b.md": book("A", "One"), "x.md": other},
		}, nil, map[string]string{"a": "b", "a/one": "b/one", "a/nothing": "x/nothing", "a/in": "x/in", "a/common": "x/common"}},
		{"what is not committed", "", []state{{"a.md": book("A", "One")}}, state{"b.md": book("A", "One")},
			map[string]string{"a": "b", "a/one": "b/one"}},
		{"a heading that is not committed", "", []state{{"z.md": book("A", "One", "Two")}, {"a.md": book("A", "One", "Two")}},
			state{"a.md": book("A", "First=One", "Two")},
			map[string]string{"z": "a", "z/one": "a/first", "z/two": "a/two", "a/one": "a/first"}},
		{"what is no runbook", "", []state{
			{"a.txt": book("A", "One"), "n/.x/a.md": other}, {"b.txt": book("A", "One"), "n/.y/a.md": other},
		}, nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRepository(t)
			for _, files := range test.commits {
				r.commit(files)
			}
			now := test.now
			if now == nil {
				now = test.commits[len(test.commits)-1]
			}
			if got := r.found(test.folder, now); !maps.Equal(got, test.want) {
				t.Errorf("found %v\nwant %v", got, test.want)
			}
			// One that looks after each commit finds the same.
			again := newRepository(t)
			finder := &renames.Finder{Dir: filepath.Join(again.dir, filepath.FromSlash(test.folder))}
			again.must(os.MkdirAll(finder.Dir, 0o755))
			var got map[string]string
			for i, files := range append(slices.Clip(test.commits), now) {
				var err error
				if i < len(test.commits) {
					again.commit(files)
				}
				if got, err = finder.Find(t.Context(), below(test.folder, files)); err != nil {
					t.Fatal(err)
				}
			}
			if !maps.Equal(got, test.want) {
				t.Errorf("bit by bit found %v\nwant %v", got, test.want)
			}
		})
	}
}

// TestRenamesOfABranch are those of the merge: it is compared with what it was merged into.
func TestRenamesOfABranch(t *testing.T) {
	r := newRepository(t)
	r.commit(state{"a.md": book("A", "One")})
	main := r.head
	branch := r.commit(state{"b.md": book("A", "One")})
	r.head = main
	r.commit(state{"a.md": book("A", "One"), "c.md": book("C", "Other things")})
	now := state{"b.md": book("A", "One"), "c.md": book("C", "Other things")}
	r.commit(now, branch)
	if got := r.found("", now); got["a/one"] != "b/one" {
		t.Errorf("found %v", got)
	}
}

// TestRepositoriesAsGitMakesThem: packed ones, worktrees, shallow clones and clones that borrow objects, with git where there is one.
func TestRepositoriesAsGitMakesThem(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("there is no git here")
	}
	r := newRepository(t)
	r.commit(state{"docs/a.md": book("A", "One", "Two")})
	for i := range 30 { // objects that are kept as differences
		r.commit(state{"docs/a.md": book("A", "One", "Two", fmt.Sprint("More ", i))})
	}
	now := state{"docs/b.md": book("A", "First=One", "Two")}
	r.commit(now)
	want := map[string]string{"a": "b", "a/one": "b/first", "a/two": "b/two"}
	run := func(args ...string) {
		t.Helper()
		c := exec.CommandContext(t.Context(), git, append([]string{"-c", "safe.directory=*"}, args...)...)
		c.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "HOME="+r.dir)
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", args, err, out)
		}
	}
	at := t.TempDir()
	run("-C", r.dir, "reset", "-q", "--hard")
	run("-C", r.dir, "gc", "-q", "--prune=now")
	run("-C", r.dir, "worktree", "add", "-q", filepath.Join(at, "tree"), "HEAD")
	run("clone", "-q", "--shared", r.dir, filepath.Join(at, "shared"))
	run("clone", "-q", "--depth=2", "file://"+r.dir, filepath.Join(at, "shallow"))
	if err := os.Symlink(filepath.Join(at, "tree"), filepath.Join(at, "link")); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{r.dir, path.Join(at, "tree"), path.Join(at, "shared"), path.Join(at, "shallow"), path.Join(at, "link")} {
		got, err := (&renames.Finder{Dir: filepath.Join(dir, "docs")}).Find(t.Context(), below("docs", now))
		if err != nil || !maps.Equal(intersect(got, want), want) {
			t.Errorf("in %s: %v, %v", filepath.Base(dir), got, err)
		}
	}
}

// intersect is what two maps have in common.
func intersect(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	maps.DeleteFunc(out, func(k, v string) bool { return b[k] != v })
	return out
}

// TestWhatIsNoRepository has no renames; one that is broken has an error, and none is waited for without end.
func TestWhatIsNoRepository(t *testing.T) {
	none := t.TempDir()
	if got, err := (&renames.Finder{Dir: none}).Find(t.Context(), state{"a.md": "# A\n"}); err != nil || len(got) > 0 {
		t.Errorf("%v, %v", got, err)
	}
	empty := newRepository(t)
	if got := empty.found("", state{"a.md": "# A\n"}); len(got) > 0 {
		t.Errorf("before the first commit: %v", got)
	}
	broken := newRepository(t)
	broken.commit(state{"a.md": book("A", "One")})
	broken.must(broken.storage.SetReference(plumbing.NewHashReference("refs/heads/main", plumbing.NewHash("12"))))
	if _, err := (&renames.Finder{Dir: broken.dir}).Find(t.Context(), nil); err == nil {
		t.Error("a repository without its objects has no error")
	}
	ended, end := context.WithCancel(t.Context())
	end()
	r := newRepository(t)
	r.commit(state{"a.md": book("A", "One")})
	r.commit(state{"b.md": book("A", "One")})
	if _, err := (&renames.Finder{Dir: r.dir}).Find(ended, nil); err == nil {
		t.Error("it goes on after its end")
	}
}
