package runbook

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

func TestHiddenFoldersArePassedOver(t *testing.T) {
	lib := openFiles(t, map[string]string{
		"a.md": page, ".hidden.md": page, ".git/b.md": page, "node_modules/c.md": page, "sub/node_modules/d.md": page, "sub/.x/e.md": page,
		"sub/f.md": page, "sub/g.txt": page, "sub/x.sh": "aws s3 ls\n", "node_modules/y.sh": "aws s3 ls\n", "z.bash": "aws s3 ls\n",
	})
	var files []string
	for _, p := range lib.Procedures() {
		files = append(files, p.File)
	}
	if got := strings.Join(files, " "); got != "a.md sub/f.md" {
		t.Errorf("pages are of %s", got)
	}
	for name, there := range map[string]bool{
		"sub/x.sh": true, "z.bash": true, "node_modules/y.sh": false, "sub/g.txt": false, "./z.bash": true,
	} {
		if s, ok := lib.Script(name); ok != there || ok && s.Text != "aws s3 ls\n" {
			t.Errorf("%s is there: %v, %+v", name, ok, s)
		}
	}
	if text, ok := lib.Markdown("sub/f.md"); !ok || text != page {
		t.Errorf("sub/f.md is %q", text)
	}
	if _, ok := lib.Markdown("sub/x.sh"); ok {
		t.Error("a script is a runbook")
	}
}

// TestOnlyRegularFilesAreRead has what cannot be read in place of a runbook and a script: each has a finding, and nothing waits.
func TestOnlyRegularFilesAreRead(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.md"), page)
	write(t, filepath.Join(dir, "folder", "b.md"), page)
	write(t, filepath.Join(dir, "fits.md"), page+strings.Repeat("\n", limits.RunbookBytes.Size()-len(page)))
	write(t, filepath.Join(dir, "large.sh"), strings.Repeat("\n", limits.RunbookBytes.Size()+1))
	for name, target := range map[string]string{"nothing.md": "nowhere", "link.md": "folder", "device.md": os.DevNull} {
		link(t, target, filepath.Join(dir, name))
	}
	lib, err := Open(os.DirFS(dir), Options{Analyser: fakeAnalyser{}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"nothing.md": "no such file", "link.md": "it is a folder", "device.md": "it is not a regular file",
		"large.sh": limits.RunbookBytes.String(),
	}
	for _, m := range lib.Findings {
		if want[m.File] == "" || !strings.Contains(m.Message, want[m.File]) || m.Severity != procedures.SeverityError ||
			m.Rule != "file-unreadable" {
			t.Errorf("found %s", m)
		}
		delete(want, m.File)
	}
	if len(want) > 0 || !has("a/work")(lib) || !has("folder/b/work")(lib) || !has("fits/work")(lib) {
		t.Errorf("not found: %v; the library has %s", want, stepsOf(lib))
	}
}

// TestNamesOfManyPages has eight pages at most of those that a name may mean.
func TestNamesOfManyPages(t *testing.T) {
	for n, want := range map[int]string{8: "g, h: give", 9: "g, h and 1 more: give", 12: "g, h and 4 more: give"} {
		files := map[string]string{}
		for i := range n {
			files[string(rune('a'+i))+".md"] = page
		}
		_, _, err := openFiles(t, files).Find("work")
		if procedures.CodeOf(err) != procedures.CodeInvalid || !strings.Contains(err.Error(), want) {
			t.Errorf("of %d pages: %v", n, err)
		}
	}
}

// TestLinksStayInTheFolder has links of every kind: inside they are read, and also while the folder is watched; outside
// each has a finding, and nothing of what it leads to is in the library.
func TestLinksStayInTheFolder(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "runbooks")
	write(t, filepath.Join(top, "outside", "secret.md"), strings.Replace(page, "Work", "Secret", 1))
	write(t, filepath.Join(dir, ".kept", "a.md"), page)
	write(t, filepath.Join(dir, "real.sh"), "aws s3 ls\n")
	for name, target := range map[string]string{
		"a.md": ".kept/a.md", "again.md": "a.md", "x.sh": "real.sh", "data.json": "real.sh",
		"out.md": "../outside/secret.md", "whole.md": filepath.Join(top, "outside", "secret.md"), "out.sh": "/etc/hostname",
		"etc": "/etc", "up": "../outside", "inside-but-whole": filepath.Join(dir, "real.sh"), "dash.json": "/etc/passwd",
	} {
		link(t, target, filepath.Join(dir, name))
	}
	w, changed := watch(t, dir, WatchOptions{Options: Options{Analyser: fakeAnalyser{}}, Poll: time.Hour})
	lib := w.Current()
	found := map[string]bool{}
	for _, m := range lib.Findings {
		if m.Rule == "file-unreadable" && strings.Contains(m.Message, "leads outside") && m.Line == 1 {
			found[m.File] = true
		}
	}
	for _, name := range []string{"out.md", "whole.md", "out.sh", "etc", "up", "inside-but-whole", "dash.json"} {
		if !found[name] {
			t.Errorf("%s has no finding: %v", name, lib.Findings)
		}
	}
	if len(found) != 7 || !has("a/work")(lib) || !has("again/work")(lib) {
		t.Errorf("found %v; the library has %s", found, stepsOf(lib))
	}
	if _, ok := lib.Script("x.sh"); !ok {
		t.Error("a script by a link inside is not there")
	}
	// a link that is turned outside while the folder is watched
	link(t, "../outside/secret.md", filepath.Join(dir, "a.md"))
	await(t, changed, "the finding", func(lib *Library) bool {
		return !has("a/secret")(lib) && !has("out/secret")(lib) && len(lib.Findings) >= 8
	})
}
