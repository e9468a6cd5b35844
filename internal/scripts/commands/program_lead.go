package commands

import (
	"context"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/scripts/reads"
)

// maxLeads bounds how often one file leads to the next one.
const maxLeads = 8

// maxInstalled is from how many files on a folder of modules is one of what is installed, which is not compared.
const maxInstalled = 100

// leadingFiles are the endings of files that name others that are read with them: scripts, playbooks, manifests. Where the names are
// without theirs, as in what is imported, it says which are tried.
var leadingFiles = map[string][]string{
	".sh": nil, ".bash": nil, ".zsh": nil, ".yml": nil, ".yaml": nil, ".j2": nil, ".tpl": nil, ".mk": nil, ".sql": nil, ".hcl": nil,
	".tf":   nil,
	".toml": nil, ".groovy": nil, ".gradle": nil, ".jsonnet": nil, ".libsonnet": nil, ".cue": nil, ".exs": nil, ".lua": {".lua"},
	".py": {".py", "/__init__.py", "/__main__.py"}, ".rb": {".rb"}, ".rake": {".rb", ".rake"}, ".pl": {".pl", ".pm"}, ".php": {".php"},
	".js": javascript, ".mjs": javascript, ".cjs": javascript, ".ts": javascript, ".mts": javascript, ".cts": javascript,
	".tsx": javascript,
}

var javascript = []string{".js", ".ts", ".mjs", ".cjs", ".json", ".tsx", "/index.js", "/index.ts"}

// interpreters are programs with the ending of what they run.
var interpreters = map[string]string{
	"python": ".py", "python3": ".py", "node": ".js", "nodejs": ".js", "deno": ".ts", "bun": ".ts", "ts-node": ".ts", "tsx": ".ts",
	"ruby": ".rb", "perl": ".pl", "php": ".php", "lua": ".lua",
}

// file adds a file, and what its text leads to where leads says that it does, or it is a script.
func (e *entries) file(ctx context.Context, file string, leads bool, depth int) error {
	if _, regular := regularFile(file); !regular || e.seen[file] { // what is not there is none of what is compared
		return nil
	}
	name := file
	if below, err := filepath.Rel(e.from, file); err == nil {
		name = filepath.ToSlash(below)
	}
	if _, known := e.Sums[name]; !known {
		if err := e.Add(ctx, e.label+name, name); err != nil {
			return err
		}
	}
	return e.follow(ctx, file, leads, depth)
}

// follow adds what a file's text leads to, where leads says that it does, or its first line or its ending.
func (e *entries) follow(ctx context.Context, file string, leads bool, depth int) error {
	size, regular := regularFile(file)
	if !regular || e.seen[file] {
		return nil
	}
	e.seen[file] = true
	if size > maxEntry || depth > maxLeads {
		return nil
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxEntry))
	_ = f.Close()
	if err != nil {
		return err
	}
	endings, known := leadingFiles[filepath.Ext(file)]
	first, _, _ := strings.Cut(string(text), "\n")
	if !known && strings.HasPrefix(first, "#!") {
		known = true
		for _, word := range strings.FieldsFunc(first, func(r rune) bool { return r == '/' || r == ' ' }) {
			if ending, ok := interpreters[word]; ok {
				endings = leadingFiles[ending]
			}
		}
	}
	if !leads && !known {
		return nil
	}
	for _, word := range reads.Candidates(wordsOf(string(text))) {
		for _, folder := range slices.Compact([]string{filepath.Dir(file), e.from}) {
			if err := e.led(ctx, folder, word, endings, depth); err != nil {
				return err
			}
		}
	}
	return nil
}

// named adds what the files lead to that a line's words name, and the module that an interpreter is given by its name.
func (e *entries) named(ctx context.Context, args, files []string) error {
	for _, file := range files {
		if err := e.follow(ctx, file, false, 0); err != nil {
			return err
		}
	}
	endings := leadingFiles[interpreters[args[0]]]
	for i, word := range args {
		if at := e.from; i > 0 && endings != nil && !strings.HasPrefix(word, "-") { // python -m tools.deploy, node tools/deploy
			if err := e.module(ctx, at, word, endings, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// wordsOf are the words of a text, in whatever language it is.
func wordsOf(text string) []string {
	words := strings.FieldsFunc(text, func(r rune) bool { return r <= ' ' || strings.ContainsRune("\"'`()[]{};|&<>,", r) })
	for i, word := range words {
		if _, below, ok := strings.Cut(word, "/"); ok && word[0] == '$' { // $HERE/lib.sh, of which the folder is not known
			words[i] = below
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// led adds what a word of a file's text names. A whole path counts in the workspace only: others are the system's own. endings are
// tried behind a name that no file has, as the languages do whose modules are named so.
func (e *entries) led(ctx context.Context, folder, word string, endings []string, depth int) error {
	at := word
	switch {
	case !filepath.IsAbs(at):
		at = filepath.Join(folder, at)
	case inFolder(at, e.root), inFolder(at, e.workspace):
	default: // what stands before it may be a folder in a form that is known only when it runs: {{ playbook_dir }}/tasks.yml
		at = filepath.Join(folder, at)
	}
	info, err := os.Stat(at)
	if err == nil && !info.IsDir() {
		return e.file(ctx, at, e.leads(at), depth+1)
	}
	if err == nil && at != folder {
		for _, rule := range e.rules {
			if err := e.folder(ctx, rule, at, depth+1); err != nil {
				return err
			}
		}
	}
	return e.module(ctx, folder, word, endings, depth)
}

// module adds what is imported by a name: lib.x and ..lib of Python, ./lib/x of JavaScript, lib/x of Ruby.
func (e *entries) module(ctx context.Context, folder, word string, endings []string, depth int) error {
	if len(endings) == 0 || filepath.IsAbs(word) || strings.Contains(word, ":") {
		return nil
	}
	if endings[0] == ".py" && !strings.Contains(word, "/") {
		name := strings.TrimLeft(word, ".")
		word = strings.Repeat("../", max(len(word)-len(name)-1, 0)) + strings.ReplaceAll(name, ".", "/")
	}
	at := filepath.Join(folder, filepath.FromSlash(path.Clean(word)))
	if at == folder || !inFolder(at, e.root) {
		return nil
	}
	for _, ending := range endings {
		if err := e.file(ctx, at+filepath.FromSlash(ending), false, depth+1); err != nil {
			return err
		}
	}
	if endings[0] != ".py" { // from lib import x: the file's name is a word of its own
		return nil
	}
	found, err := filepath.Glob(filepath.Join(escaped(at), "*.py"))
	if err != nil || len(found) > maxInstalled {
		return err
	}
	for _, file := range found {
		if err := e.file(ctx, file, false, depth+1); err != nil {
			return err
		}
	}
	return nil
}
