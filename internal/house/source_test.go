package house_test

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The bounds of what a person writes. A tab counts as four columns.
const (
	maxFileLines = 400
	maxTestLines = 600
	maxColumns   = 140
	tabColumns   = 4
)

// tables are files that hold data rather than thoughts, by name, with the bound that they may pass and the reason.
var tables = map[string]string{}

// copied are the folders of other people's code that is changed here: its files keep their form, so that newer versions can be compared.
var copied = []string{"internal/scripts/interp", "internal/scripts/expand", "internal/scripts/internal", "internal/scripts/awk"}

// source is one hand-written file of the module.
type source struct {
	path  string // below the module's root, with forward slashes
	lines []string
}

// sources are the module's hand-written files with one of the endings; generated ones and data for tests are left out.
func sources(t *testing.T, endings ...string) []source {
	t.Helper()
	root := filepath.Join("..", "..")
	var out []source
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if base := entry.Name(); base == "testdata" || base == ".git" || base == "htmx" || isCopied(root, name) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, "_templ.go") && hasEnding(name, endings) {
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			if bytes.HasPrefix(data, []byte("// Code generated")) {
				return nil
			}
			path, err := filepath.Rel(root, name)
			if err != nil {
				return err
			}
			out = append(out, source{filepath.ToSlash(path), strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// isCopied reports whether a folder below the module's root is one of copied.
func isCopied(root, name string) bool {
	path, err := filepath.Rel(root, name)
	return err == nil && slices.Contains(copied, filepath.ToSlash(path))
}

func hasEnding(name string, endings []string) bool {
	for _, ending := range endings {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return false
}

// columns is how wide a line is on a screen.
func columns(line string) int {
	n := 0
	for _, r := range line {
		if r == '\t' {
			n += tabColumns
		} else {
			n++
		}
	}
	return n
}

// TestNoProgramIsKept finds programs among the files that git keeps: go build leaves one where it is run.
func TestNoProgramIsKept(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	git := exec.CommandContext(t.Context(), "git", "ls-files", "-z")
	git.Dir = root
	list, err := git.Output()
	if err != nil {
		t.Skipf("this is no checkout, or there is no git: %v", err)
	}
	names := strings.FieldsFunc(string(list), func(r rune) bool { return r == 0 })
	if len(names) < 1000 {
		t.Fatalf("git keeps %d files", len(names))
	}
	for _, name := range names {
		f, err := os.Open(filepath.Join(root, name))
		if err != nil {
			continue // taken away, and not committed yet
		}
		head := make([]byte, 4)
		n, _ := io.ReadFull(f, head) // a shorter one is none
		f.Close()
		switch string(head[:n]) {
		case "\x7fELF", "\xcf\xfa\xed\xfe", "\xca\xfe\xba\xbe", "!<ar":
			t.Errorf("%s is a program: take it out of git, and add it to .gitignore", name)
		}
	}
}

func TestFilesAreShortAndNarrow(t *testing.T) {
	t.Parallel()
	files := sources(t, ".go", ".templ", ".css", ".js")
	if len(files) < 300 {
		t.Fatalf("only %d files were found", len(files))
	}
	for _, f := range files {
		most := maxFileLines
		if strings.HasSuffix(f.path, "_test.go") {
			most = maxTestLines
		}
		if why, table := tables[f.path]; table {
			if why == "" {
				t.Errorf("%s: say why it is a table", f.path)
			}
			continue
		}
		if len(f.lines) > most {
			t.Errorf("%s has %d lines, the most is %d", f.path, len(f.lines), most)
		}
		for i, line := range f.lines {
			if n := columns(line); n > maxColumns {
				t.Errorf("%s:%d has %d columns, the most is %d", f.path, i+1, n, maxColumns)
			}
		}
	}
	for path := range tables {
		if _, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(path))); err != nil {
			t.Errorf("%s is listed as a table and is not there", path)
		}
	}
}
