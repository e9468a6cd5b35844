package runbook

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// outputOptions name what a program makes, or nothing that it reads: -o, --tag.
var (
	scriptArgument = lazy.Regexp(`^(?:\./)?[\w.-]+(?:/[\w.-]+)*\.(?:py|sh|bash|js|mjs|ts|rb|pl|php|sql)$`)
	fileArgument   = lazy.Regexp(`^(?:\./)?[\w.-]+(?:/[\w.-]+)+\.(?:ya?ml|json|tf|tfvars|sql|toml|conf|cfg|` +
		`csv|txt|xml|pem|env|py|sh|js)$`)
	folderArgument = lazy.Regexp(`^(?:\./)?[\w.-]*[A-Za-z][\w.-]*(?:/[\w.-]+)*/$`)
	interpreters   = setOf("python python3 bash sh node ruby perl php source . zsh deno ts-node psql mysql")
	outputOptions  = setOf("o output out outfile output-file target dest destination d name t tag w workdir")
)

// arguments looks for files and folders that a program is given.
// A name without a folder is a file only behind an interpreter: `python check.py`.
func (c *checker) arguments(call *syntax.CallExpr, words []string) {
	option := ""
	for i, w := range words[1:] {
		at := call.Args[i+1].Pos()
		previous := option
		option = ""
		if strings.HasPrefix(w, "-") {
			option = strings.TrimLeft(w, "-")
			continue
		}
		switch {
		case outputOptions[previous]:
			c.made = append(c.made, path.Clean(w))
		case interpreters[words[0]] && scriptArgument().MatchString(w):
			c.script(w, at)
		case fileArgument().MatchString(w):
			c.file(w, at)
		case folderArgument().MatchString(w) && words[0] != "docker" && words[0] != "git":
			c.folder(w, at)
		}
	}
}

// awsFiles looks for file:// and fileb:// arguments.
func (c *checker) awsFiles(call *syntax.CallExpr, words []string) {
	for i, w := range words {
		for _, scheme := range []string{"file://", "fileb://"} {
			if at := strings.Index(w, scheme); at >= 0 {
				name := w[at+len(scheme):]
				if end := strings.IndexAny(name, ", ]}"); end >= 0 {
					name = name[:end]
				}
				c.absolute(name, call.Args[i].Pos())
				c.file(name, call.Args[i].Pos())
			}
		}
	}
}

// filters are commands of ours that read the files which they are given, or take them away.
var filters = setOf("cat head tail grep egrep fgrep sort uniq wc cut jq tee cd source . find rm rmdir")

// absolute reports a file by its whole path, which is that of the machine of the person who typed it: a command here sees the run's
// files and those beside the runbooks. What is in /dev and /tmp is there.
func (c *checker) absolute(name string, at syntax.Pos) {
	if !wholePath().MatchString(name) || strings.HasPrefix(name, "/dev/") || strings.HasPrefix(name+"/", "/tmp/") || c.seen[name] {
		return
	}
	c.seen[name] = true
	c.add(procedures.SeverityWarning, "absolute-path", at,
		"%s is a whole path, and there is no such file here: a command sees the files of the run and those beside the runbooks, by "+
			"relative names", name)
}

// wholePath is a path with two parts or more, so that no pattern of grep or key of jq is taken for one.
var wholePath = lazy.Regexp(`^/[\w.-]+(?:/[\w.-]+)+/?$`)

// supplied reports whether a name is there: as a file beside the runbooks, or made by an earlier step.
// Absolute names, and those with variables or placeholders, are somebody else's to know.
// A name is searched beside the library's folder's root and beside the runbook. One that was
// reported before counts as supplied: each is reported once.
func (c *checker) supplied(name string) bool {
	if name == "" || strings.ContainsAny(name, "$*?~\\") || strings.HasPrefix(name, "/") || strings.HasPrefix(name, "-") ||
		strings.HasPrefix(name, "..") || strings.ContainsFunc(name, isSentinel) || c.seen[name] {
		return true
	}
	clean := path.Clean(name)
	for _, candidate := range []string{clean, path.Join(path.Dir(c.p.File), clean)} {
		if !fs.ValidPath(candidate) {
			return true
		}
		if _, err := fs.Stat(c.fsys, candidate); err == nil {
			return true
		}
	}
	if c.cloned(clean) || c.entered != nil && c.cloned(c.entered.folder) {
		return true
	}
	for _, made := range c.made {
		if made == clean || strings.HasPrefix(clean, made+"/") && made != "." || strings.HasPrefix(made, clean+"/") {
			return true
		}
	}
	return false
}

// clone notes the folder that `git clone ADDRESS [FOLDER]` makes.
func (c *checker) clone(words []string) {
	name := strings.TrimSuffix(path.Base(words[len(words)-1]), ".git")
	if name == "." || name == "" || strings.ContainsFunc(name, isSentinel) || strings.Contains(name, "$") {
		c.cloning = true
		return
	}
	c.clones = append(c.clones, name)
}

// cloned reports a folder, or what is in it, that the steps clone.
func (c *checker) cloned(name string) bool {
	return slices.ContainsFunc(c.clones, func(clone string) bool { return name == clone || strings.HasPrefix(name, clone+"/") })
}

// notSupplied is the end of such a finding: what it means for the reader.
const notSupplied = "the sandbox simulates it, but a real account needs it in the environment's workspace"

// script reports one that no heading, no file and no earlier step supplies.
func (c *checker) script(name string, at syntax.Pos) {
	c.names(name, at)
	if _, ok := c.lib.scriptFile(name); ok || c.supplied(name) || path.IsAbs(name) {
		return
	}
	c.seen[name] = true
	c.addOf(name, procedures.SeverityWarning, "not-supplied", at,
		"no heading and no file beside the runbooks supplies the script %s: %s.%s", name, notSupplied, c.elsewhere())
}

// file reports one that the step does not write itself either.
func (c *checker) file(name string, at syntax.Pos) {
	c.names(name, at)
	if c.supplied(name) || slices.Contains(c.step.Analysis.Writes, name) {
		return
	}
	c.seen[name] = true
	c.addOf(name, procedures.SeverityWarning, "not-supplied", at,
		"the file %s is not supplied beside the runbooks: %s.%s", name, notSupplied, c.elsewhere())
}

// workflow looks for a workflow file of GitHub's where gh looks for it.
func (c *checker) workflow(name string, at syntax.Pos) {
	if !strings.HasSuffix(name, ".yml") && !strings.HasSuffix(name, ".yaml") || c.seen[name] ||
		c.supplied(path.Join(".github/workflows", name)) {
		return
	}
	c.seen[name] = true
	c.addOf(name, procedures.SeverityWarning, "not-supplied", at,
		"the workflow %s is not supplied in .github/workflows beside the runbooks: %s.%s", name, notSupplied, c.elsewhere())
}

// folder reports one that is entered or handed over.
func (c *checker) folder(name string, at syntax.Pos) {
	c.names(name, at)
	if name == "." || name == "-" || c.supplied(name) {
		return
	}
	c.seen[name] = true
	c.addOf(name, procedures.SeverityWarning, "not-supplied", at,
		"the folder %s is not supplied beside the runbooks: %s.%s", name, notSupplied, c.elsewhere())
}
