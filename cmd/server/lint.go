package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/opsbook/opsbook/internal/confined"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/runbook/lint"
)

// lintCommand is `opsbook lint`. It reads runbooks and sends nothing.
type lintCommand struct {
	Format      string
	MaxWarnings int
	Fix         bool
}

// flags implements flagged.
func (c *lintCommand) flags(f *pflag.FlagSet) {
	c.Format = "text"
	f.Var(&choice{value: &c.Format, of: lint.Formats}, "format", "`"+strings.Join(lint.Formats, "|")+"` How it is printed.")
	f.IntVar(&c.MaxWarnings, "max-warnings", -1, "`N` Fail where there are more warnings; -1 for any number.")
	f.BoolVar(&c.Fix, "fix", false, "Write safe corrections into the files.")
}

// lintFolder is a folder that is read, and which of its files were asked for.
type lintFolder struct {
	dir   string            // "" for the runbooks of the options
	files fs.FS             // what is read
	names map[string]string // the files that were asked for → how they are called; nil for all
	shown string            // what stands before the names of all
}

// name says how a file is called in the report, and whether it is in it.
func (l *lintFolder) name(file string) (string, bool) {
	if l.names == nil {
		return path.Join(l.shown, file), true
	}
	shown, ok := l.names[file]
	return shown, ok
}

// run checks, and ends with 1 where there are errors, or more warnings than allowed.
func (c *lintCommand) run(_ context.Context, o *options, t terminal, words []string) error {
	folders, err := o.lintFolders(words)
	if err != nil {
		return err
	}
	report := &lint.Report{Version: built().Version}
	for _, l := range folders {
		lib, _, err := o.libraryOf(l.files, l.dir)
		if err != nil {
			return err
		}
		if c.Fix {
			if lib, err = c.fix(o, l, lib, report); err != nil {
				return err
			}
		}
		for file, shown := range l.names {
			if _, read := lib.Markdown(file); !read && !slices.ContainsFunc(lib.Findings,
				func(m procedures.Finding) bool { return m.File == file }) {
				return procedures.Errorf(procedures.CodeInvalid, "%s is not read: it is hidden, or in a folder that is", shown)
			}
		}
		report.Add(lib, l.name)
	}
	report.Sort()
	if err := report.Write(t.out, c.Format); err != nil {
		return err
	}
	if report.Count(procedures.SeverityError) > 0 ||
		c.MaxWarnings >= 0 && report.Count(procedures.SeverityWarning) > c.MaxWarnings {
		return exitError(exitFailed)
	}
	return nil
}

// lintFolders are the folders of a line's words, each once. A file is read in the folder of the options where it is below that, else
// in its own: what it names may lie beside it.
func (o *options) lintFolders(words []string) ([]*lintFolder, error) {
	if len(words) == 0 {
		files, name, err := o.runbookFolder()
		if o.Runbooks == "" {
			return []*lintFolder{{dir: name, files: files}}, err
		}
		words = []string{o.Runbooks}
	}
	var out []*lintFolder
	for _, word := range words {
		info, err := os.Stat(word)
		switch {
		case err != nil && !isLink(word):
			return nil, procedures.Errorf(procedures.CodeInvalid, "there is no file or folder %s", word)
		case err == nil && info.IsDir():
			out = append(out, &lintFolder{dir: word, files: confined.Dir(word), shown: filepath.ToSlash(filepath.Clean(word))})
			continue
		case !runbook.IsMarkdown(word):
			return nil, procedures.Errorf(procedures.CodeInvalid, "%s is not a Markdown file", word)
		}
		dir, file := filepath.Dir(word), filepath.Base(word)
		if below, err := filepath.Rel(absolute(o.Runbooks), absolute(word)); o.Runbooks != "" && err == nil && filepath.IsLocal(below) {
			dir, file = o.Runbooks, filepath.ToSlash(below)
		}
		i := slices.IndexFunc(out, func(l *lintFolder) bool { return l.dir == dir && l.names != nil })
		if i < 0 {
			i = len(out)
			out = append(out, &lintFolder{dir: dir, files: confined.Dir(dir), names: map[string]string{}})
		}
		out[i].names[file] = filepath.ToSlash(filepath.Clean(word))
	}
	return out, nil
}

// isLink reports a link, wherever it leads.
func isLink(name string) bool {
	info, err := os.Lstat(name)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// fix writes corrections into the files of a folder, and reads it again where there were some.
func (c *lintCommand) fix(o *options, l *lintFolder, lib *runbook.Library, report *lint.Report) (*runbook.Library, error) {
	if _, ok := l.files.(confined.Dir); !ok {
		return nil, procedures.Errorf(procedures.CodeInvalid, "%s is a part of the program and cannot be changed", l.dir)
	}
	root, err := os.OpenRoot(l.dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	fixed := 0
	for _, file := range lib.Files() {
		shown, wanted := l.name(file)
		if !wanted {
			continue
		}
		source, err := fs.ReadFile(l.files, file)
		if err != nil {
			return nil, err
		}
		options, _, err := o.readOptions()
		if err != nil {
			return nil, err
		}
		text, n := lint.Fix(file, source, func(text []byte) *runbook.Library { return runbook.OpenText(file, string(text), options) })
		if n == 0 {
			continue
		}
		if err := lint.Replace(root, file, source, text); err != nil {
			return nil, fmt.Errorf("fix %s: %w", shown, err)
		}
		fixed += n
	}
	if fixed == 0 {
		return lib, nil
	}
	report.Fixed += fixed
	lib, _, err = o.libraryOf(l.files, l.dir)
	return lib, err
}
