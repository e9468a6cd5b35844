//go:build unix

package interpret

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/opsbook/opsbook/internal/confined"
)

// host is a folder of runbooks, a run's own folder and a checkout, each with everything that could lead out of it, and
// a file outside of all that says "secret".
func host(t *testing.T) (book, own, checkout, secret string) {
	t.Helper()
	base := t.TempDir()
	secret = filepath.Join(base, "outside", "secret")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(filepath.Dir(secret), 0o700))
	must(os.WriteFile(secret, []byte("secret\n"), 0o600))
	folders := make([]string, 3)
	for i, name := range []string{"book", "own", "checkout"} {
		dir := filepath.Join(base, name)
		folders[i] = dir
		must(os.MkdirAll(filepath.Join(dir, name+"-folder"), 0o700))
		must(os.WriteFile(filepath.Join(dir, name+".txt"), []byte(name+"\n"), 0o600))
		for link, target := range map[string]string{
			"link": "../outside", "whole": filepath.Dir(secret), "file": "../outside/secret", "root": "/", "proc": "/proc/self",
			"inside": name + ".txt", "null": "/dev/null", "loop": "loop",
		} {
			must(os.Symlink(target, filepath.Join(dir, name+"-"+link)))
		}
		must(os.Symlink("../../outside", filepath.Join(dir, name+"-folder", "over")))
		must(syscall.Mkfifo(filepath.Join(dir, name+"-pipe"), 0o600))
	}
	must(os.Link(secret, filepath.Join(base, "own", "own-hard")))
	return folders[0], folders[1], folders[2], secret
}

// TestScriptsStayInTheirFolders reads and writes by every way that could lead out of a folder, as commands,
// redirections, patterns and tests do it. Nothing of the host is printed or changed, and nothing waits for a pipe.
func TestScriptsStayInTheirFolders(t *testing.T) {
	t.Parallel()
	book, own, checkout, secret := host(t)
	root, err := os.OpenRoot(own)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	inRun, inWorkspace := &Folder{Own: root, Over: confined.Dir(book)}, &Workspace{Path: checkout, Files: confined.Dir(checkout)}
	var names []string
	for _, name := range []string{"book", "own", "checkout"} {
		for _, way := range []string{
			"-link/secret", "-whole/secret", "-file", "-root/etc/passwd", "-proc/environ", "-proc/root/etc/passwd",
			"-proc/fd/0", "-folder/over/secret",
			"-pipe", "-hard", "-loop", "-null", "-folder/../" + name + "-file", "-link/../outside/secret",
		} {
			names = append(names, name+way)
		}
	}
	names = append(names, secret, "/../.."+secret, "../../../../.."+secret, "/etc/passwd", "/proc/self/environ", "/dev/mem", "/dev/fd/3",
		"../outside/secret", "//etc//passwd", "/tmp/../etc/passwd", "./../../outside/secret")
	for _, workspace := range []*Workspace{nil, inWorkspace} {
		var script strings.Builder
		for _, name := range names {
			quoted := "'" + name + "'"
			script.WriteString("cat " + quoted + "\nhead -1 <" + quoted + "\nx=$(<" + quoted + "); echo \"$x\"\n" +
				"[ -r " + quoted + " ] && [ ! -d " + quoted + " ] && cat " + quoted + "\n" +
				"echo written >" + quoted + "\necho more >>" + quoted + "\necho tee | tee -a " + quoted + " >/dev/null\n")
		}
		script.WriteString("echo own-link/* book-link/* checkout-root/*\ncd own-link && cat secret\ncd /; cat own-root/../outside/secret\n")
		script.WriteString("cat own-inside book-inside; echo end\n")
		began := time.Now()
		stdout, _, _, err := runScript(t, script.String(), func(e *Execution) {
			e.Files, e.Workspace = workspace.Over(inRun), workspace
		})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(stdout, "secret\n") || strings.Contains(stdout, "root:") || strings.Contains(stdout, "PATH=") {
			t.Errorf("printed %q", stdout)
		}
		if !strings.HasSuffix(stdout, "end\n") || workspace == nil && !strings.Contains(stdout, "own\nbook\nend\n") {
			t.Errorf("the script ended with %q", stdout[max(0, len(stdout)-200):])
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("took %s", took)
		}
		if text, err := os.ReadFile(secret); string(text) != "secret\n" {
			t.Errorf("the file outside holds %q, %v", text, err)
		}
		if list, err := os.ReadDir(filepath.Dir(secret)); len(list) != 1 {
			t.Errorf("outside are %v, %v", list, err)
		}
		for _, folder := range []string{book, checkout} {
			if text, err := os.ReadFile(filepath.Join(folder, filepath.Base(folder)+".txt")); string(text) != filepath.Base(folder)+"\n" {
				t.Errorf("a file of %s holds %q, %v", folder, text, err)
			}
		}
	}
}

// TestTmpIsTheRuns writes and reads below /tmp in every way; it is the run's own, and the machine's stays as it is.
func TestTmpIsTheRuns(t *testing.T) {
	t.Parallel()
	const script = `[ -d /tmp ] && [ -w "$TMPDIR" ] && echo folder
echo one > /tmp/out-of-a-run.json && cat /tmp/out-of-a-run.json
echo two >> "$TMPDIR/out-of-a-run.json"; cat < $TMPDIR/out-of-a-run.json
cd /tmp && cat out-of-a-run.json && echo three | tee other.txt >/dev/null && cat ./other.txt /tmp/../tmp/other.txt
echo /tmp/*
cd / && echo *
cat tmp-of-the-machine 2>/dev/null || echo none
`
	want := "folder\none\none\ntwo\none\ntwo\nthree\nthree\n/tmp/other.txt /tmp/out-of-a-run.json\n*\nnone\n"
	stdout, stderr, _, err := runScript(t, script, nil)
	if err != nil || stdout != want {
		t.Errorf("printed %q, %q, %v", stdout, stderr, err)
	}
	if _, err := os.Stat("/tmp/out-of-a-run.json"); err == nil {
		t.Error("the file is the machine's")
	}
}

// TestTmpOfAWorkspace has a folder tmp in the checkout: it is another one than /tmp.
func TestTmpOfAWorkspace(t *testing.T) {
	t.Parallel()
	checkout := t.TempDir()
	if err := os.Mkdir(filepath.Join(checkout, "tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(checkout, "tmp", "pid"), []byte("of the checkout\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := &Workspace{Path: checkout, Files: confined.Dir(checkout)}
	stdout, stderr, _, err := runScript(t, `echo ours > /tmp/pid; cat tmp/pid /tmp/pid
echo changed > tmp/pid; cat tmp/pid /tmp/pid; echo x > tmp/new; echo tmp/* /tmp/*; echo *
`, func(e *Execution) { e.Files, e.Workspace = w.Over(e.Files), w })
	if want := "of the checkout\nours\nchanged\nours\ntmp/new tmp/pid /tmp/pid\ntmp\n"; err != nil || stdout != want {
		t.Errorf("printed %q, %q, %v", stdout, stderr, err)
	}
	if text, err := fs.ReadFile(w.Files, "tmp/pid"); string(text) != "of the checkout\n" {
		t.Errorf("the checkout's file holds %q, %v", text, err)
	}
}

// A script's folder has its own files and those beside the runbooks, and not the runbooks, which it can open.
func TestRunbooksAreNotAmongAScriptsFiles(t *testing.T) {
	t.Parallel()
	over := fstest.MapFS{
		"a.md": {Data: []byte("# A\n")}, "sub/B.MDX": {Data: []byte("# B\n")}, "policy.json": {Data: []byte("{}\n")},
		"sub/data.csv": {Data: []byte("1\n")},
	}
	script := "echo *; echo > own.md; echo *; ls; find . -type f | sort; cat a.md; " +
		"for f in *.md; do echo $f; done; [ -e sub/B.MDX ]; echo $?\n"
	stdout, _, _, err := runScript(t, script, func(e *Execution) {
		folder, ok := e.Files.(*Folder)
		if !ok {
			t.Fatalf("the files are %T", e.Files)
		}
		folder.Over = over
	})
	want := "policy.json sub\nown.md policy.json sub\nown.md\npolicy.json\nsub\n./own.md\n./policy.json\n./sub/data.csv\n# A\nown.md\n0\n"
	if err != nil || stdout != want {
		t.Errorf("printed %q, want %q, %v", stdout, want, err)
	}
}
