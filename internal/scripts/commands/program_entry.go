package commands

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/scripts/reads"
)

// entryRule is what programs read by themselves, without a word that names it: the files with which they begin. A line is bound to these
// as to the files among its words.
type entryRule struct {
	programs string
	// line is the subcommand that reads them, of a program with many; empty for all.
	line string
	// folders are the options with which a line says where they are; the working folder counts besides.
	folders string
	// files are patterns of their names. Folders among the line's words may have them, too.
	files string
	// above says that they are looked for in the folders above, as far as the workspace.
	above bool
	// leads says that names of files in their text count as well, and so do folders in it that have such files.
	leads bool
	why   string
}

// entryRules are those of programs that runbooks are known to use. What is not here is not compared, and the plan says so.
var entryRules = []entryRule{
	{programs: "make gmake", folders: "-C --directory", files: "GNUmakefile makefile Makefile *.mk", leads: true,
		why: "a target's recipe is what is run; a GNUmakefile that comes later takes the place of a Makefile"},
	{programs: "just", folders: "-d --working-directory", files: "justfile Justfile .justfile .env", above: true, leads: true,
		why: "a recipe is what is run"},
	{programs: "task", folders: "-d --dir", files: "Taskfile.yml Taskfile.yaml taskfile.yml taskfile.yaml Taskfile.dist.y*ml .env",
		above: true, leads: true, why: "a task is what is run"},
	{programs: "npm npx yarn pnpm bun", folders: "--prefix -C --cwd --dir", above: true, leads: true,
		files: "package.json package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml pnpm-workspace.yaml bun.lock .npmrc .yarnrc " +
			".yarnrc.yml",
		why: "a script of package.json is what is run, the lock says which packages, and .npmrc from and to where"},
	{programs: "kubectl oc kustomize", files: "kustomization.yaml kustomization.yml Kustomization", leads: true,
		why: "bases, components and patches lie outside of the folder that -k names"},
	{programs: "docker podman docker-compose podman-compose", folders: "--project-directory", above: true, leads: true,
		files: "compose.yaml compose.yml compose.override.y*ml docker-compose.y*ml docker-compose.override.y*ml .env Dockerfile " +
			"Containerfile .dockerignore docker-bake.hcl docker-bake.json",
		why: "the services, images and variables of `compose up`, and what `build` does"},
	{programs: "terraform tofu", folders: "-chdir", leads: true,
		files: "*.tf *.tf.json *.tofu *.tfvars *.tfvars.json .terraform.lock.hcl .terraform/environment .terraform/terraform.tfstate",
		why:   "the resources that `import` and `state` mean, the selected workspace and the backend; modules lie beside the folder"},
	{programs: "git", line: "push", folders: "-C", above: true,
		files: ".git .git/HEAD .git/packed-refs .git/refs/heads/* .git/refs/heads/*/* .git/refs/tags/*", why: "which commit is pushed"},
	{programs: "git", line: "commit", folders: "-C", above: true, files: ".git/HEAD .git/index",
		why: "what is committed, and to which branch"},
	{programs: "git", folders: "-C", above: true, files: ".git/config .git/hooks/*",
		why: "which repository is meant by a remote's name, and what is run besides"},
	{programs: "helm", files: "Chart.yaml Chart.lock values.yaml", why: "a chart that is the working folder"},
	{programs: "helmfile", files: "helmfile.yaml helmfile.yaml.gotmpl helmfile.d/*", leads: true, why: "the releases and their values"},
	{programs: "ansible ansible-playbook ansible-galaxy", files: "ansible.cfg hosts inventory group_vars/* host_vars/*", leads: true,
		why: "the inventory, and where roles and plugins are taken from"},
	{programs: "cdk", files: "cdk.json cdk.context.json package.json", leads: true, why: "the program that makes the stacks"},
	{programs: "sam", files: "template.yaml template.yml samconfig.*", leads: true, why: "the stack, and the options of `deploy`"},
	{programs: "serverless sls", files: "serverless.* package.json .env", leads: true, why: "the stack and its functions"},
	{programs: "pulumi", folders: "-C --cwd", files: "Pulumi.yaml Pulumi.*.yaml", above: true, leads: true,
		why: "the program and its settings"},
	{programs: "eksctl copilot skaffold", files: "skaffold.yaml copilot/.workspace copilot/*/manifest.yml", leads: true,
		why: "the services and where they go"},
	{programs: "mvn mvnw", files: "pom.xml .mvn/*", leads: true, why: "the plugins that are run"},
	{programs: "gradle gradlew", folders: "-p --project-dir", files: "build.gradle* settings.gradle* gradle.properties",
		above: true, leads: true,
		why: "the tasks that are run"},
	{programs: "go cargo", folders: "-C", files: "go.mod go.sum go.work Cargo.toml Cargo.lock .cargo/config.toml", above: true,
		why: "which versions are built"},
	{programs: "pip pip3 pipenv poetry uv pytest tox nox python python3", folders: "-C --directory --project", above: true, leads: true,
		files: "pyproject.toml setup.py setup.cfg Pipfile Pipfile.lock poetry.lock uv.lock tox.ini noxfile.py pytest.ini conftest.py",
		why:   "what is installed and run besides the words"},
	{programs: "bundle rake cap fastlane", files: "Gemfile Gemfile.lock Rakefile Capfile config/deploy.rb", above: true, leads: true,
		why: "a task is what is run"},
}

// Of a file that leads on, names are looked for up to this size, in bytes.
const maxEntry = 256 << 10

// rulesOf are the rules of a line, in their order.
func rulesOf(args []string) []entryRule {
	var out []entryRule
	for _, rule := range entryRules {
		if slices.Contains(strings.Fields(rule.programs), args[0]) && (rule.line == "" || slices.Contains(args[1:], rule.line)) {
			out = append(out, rule)
		}
	}
	return out
}

// places are the folders that a line's options name as where it works, as they are written.
func places(args []string) []string {
	var out []string
	for _, rule := range rulesOf(args) {
		for option := range strings.FieldsSeq(rule.folders) {
			for i, arg := range args[1:] {
				value, joined := strings.CutPrefix(arg, option+"=")
				if !joined && len(option) == 2 && len(arg) > 2 {
					value, joined = strings.CutPrefix(arg, option) // -Cweb
				}
				switch {
				case joined:
					out = append(out, value)
				case arg == option && i+2 < len(args):
					out = append(out, args[i+2])
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// entries adds to a collector what a line's program reads by itself, and what that leads to.
type entries struct {
	*reads.Collector
	label     string // before a file's name
	from      string // the folder that names are relative to
	root      string // the workspace, its links followed
	seen      map[string]bool
	workspace string
}

// collect adds what a rule names in a folder.
func (e *entries) collect(ctx context.Context, rule entryRule, folder string) error {
	for at := folder; ; at = filepath.Dir(at) {
		if err := e.folder(ctx, rule, at, 0); err != nil {
			return err
		}
		if !rule.above || !inFolder(at, e.root) || at == e.root {
			return nil
		}
	}
}

// inFolder reports whether a path is a folder or lies below it.
func inFolder(at, folder string) bool {
	return at == folder || strings.HasPrefix(at, strings.TrimSuffix(folder, string(filepath.Separator))+string(filepath.Separator))
}

// folder adds what a rule names in just this folder.
func (e *entries) folder(ctx context.Context, rule entryRule, folder string, depth int) error {
	for pattern := range strings.FieldsSeq(rule.files) {
		found, err := filepath.Glob(filepath.Join(escaped(folder), filepath.FromSlash(pattern)))
		if err != nil {
			return err
		}
		slices.Sort(found)
		for _, file := range found {
			if err := e.file(ctx, rule, file, true, depth); err != nil {
				return err
			}
		}
	}
	return nil
}

// escaped is a folder's name in a pattern.
func escaped(folder string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(folder)
}

// file adds a file, and what its text leads to where it is one with which the program begins.
func (e *entries) file(ctx context.Context, rule entryRule, file string, begins bool, depth int) error {
	size, regular := regularFile(file)
	if !regular || e.seen[file] { // what is not there is none of what is compared
		return nil
	}
	e.seen[file] = true
	name := file
	if below, err := filepath.Rel(e.from, file); err == nil {
		name = filepath.ToSlash(below)
	}
	if _, known := e.Sums[name]; !known {
		if err := e.Add(ctx, e.label+name, name); err != nil {
			return err
		}
	}
	if !begins || !rule.leads || size > maxEntry || depth > maxLeads {
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
	for _, word := range reads.Candidates(wordsOf(string(text))) {
		if err := e.led(ctx, rule, filepath.Dir(file), word, depth); err != nil {
			return err
		}
	}
	return nil
}

// maxLeads bounds how often one file leads to the next one.
const maxLeads = 8

// wordsOf are the words of a text, in whatever language it is.
func wordsOf(text string) []string {
	words := strings.FieldsFunc(text, func(r rune) bool { return r <= ' ' || strings.ContainsRune("\"'`()[]{};|&<>,", r) })
	slices.Sort(words)
	return slices.Compact(words)
}

// led adds what a word of a file's text names. A whole path counts in the workspace only: others are the system's own.
func (e *entries) led(ctx context.Context, rule entryRule, folder, word string, depth int) error {
	at := word
	if !filepath.IsAbs(at) {
		at = filepath.Join(folder, at)
	} else if !inFolder(at, e.root) && !inFolder(at, e.workspace) {
		return nil
	}
	info, err := os.Stat(at)
	switch {
	case err != nil:
		return nil //nolint:nilerr // no name of a file
	case info.IsDir() && at != folder:
		return e.folder(ctx, rule, at, depth+1)
	}
	return e.file(ctx, rule, at, rule.begins(at), depth+1)
}

// begins reports whether a file has a name that a rule knows.
func (rule entryRule) begins(file string) bool {
	for pattern := range strings.FieldsSeq(rule.files) {
		if ok, err := filepath.Match(filepath.Base(pattern), filepath.Base(file)); ok && err == nil {
			return true
		}
	}
	return false
}

// serverFiles are the server's files, with names as they are in a folder.
type serverFiles string

func (f serverFiles) at(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(string(f), name)
}

// Open, Stat and ReadDir implement reads.Files.
func (f serverFiles) Open(name string) (fs.File, error)          { return os.Open(f.at(name)) }
func (f serverFiles) Stat(name string) (fs.FileInfo, error)      { return os.Stat(f.at(name)) }
func (f serverFiles) ReadDir(name string) ([]fs.DirEntry, error) { return os.ReadDir(f.at(name)) }

// regularFile reports whether there is a regular file, and its size in bytes.
func regularFile(name string) (size int64, ok bool) {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() {
		return 0, false
	}
	return info.Size(), true
}
