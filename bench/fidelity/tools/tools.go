// Package tools makes lines of text tools, from templates, and runs them here and with GNU's own.
package tools

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
)

//go:embed templates
var templates embed.FS

// Case is a line of shell with what it reads.
type Case struct {
	Tool, Text, Stdin string
	Files             map[string]string
}

// Answer is what a line did.
type Answer struct {
	Stdout, Stderr string
	Status         int
	Files          string // the names and contents afterwards
}

// Names are the tools for which there are templates.
func Names() []string {
	entries, err := templates.ReadDir("templates")
	if err != nil {
		panic(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, strings.TrimSuffix(e.Name(), ".txt"))
	}
	return out
}

// Generate makes n lines of a tool.
func Generate(tool string, rng *rand.Rand, n int) []Case {
	data, err := templates.ReadFile("templates/" + tool + ".txt")
	if err != nil {
		panic(err)
	}
	var lines, values []string
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "" || strings.HasPrefix(line, "# "):
		case strings.HasPrefix(line, "@"):
			values = append(values, line[1:]) // @NAME VALUE: a value of «NAME»
		default:
			lines = append(lines, line)
		}
	}
	g := generator{rng, values}
	out := make([]Case, n)
	for i := range out {
		template := lines[i%len(lines)]
		if i >= len(lines) {
			template = lines[rng.IntN(len(lines))]
		}
		out[i] = Case{Tool: tool, Text: strings.ReplaceAll(g.expand(template), "¶", "\n"), Stdin: g.input(), Files: map[string]string{}}
		for _, name := range []string{"a", "b", "c.txt"} {
			out[i].Files[name] = g.input()
		}
		if rng.IntN(3) == 0 {
			out[i].Files["b"] = g.changed(out[i].Files["a"])
		}
	}
	return out
}

type generator struct {
	rng    *rand.Rand
	values []string
}

// expand chooses: «a|b|c» is one of them, «2:a|b|c» up to two, and «NAME» one of the values of that name.
func (g generator) expand(template string) string {
	for {
		start := strings.LastIndex(template, "«")
		if start < 0 {
			return template
		}
		body, rest, ok := strings.Cut(template[start+len("«"):], "»")
		if !ok {
			panic("no » in " + template)
		}
		template = template[:start] + g.choose(body) + rest
	}
}

func (g generator) choose(body string) string {
	var named []string
	for _, v := range g.values {
		if name, value, _ := strings.Cut(v, " "); name == body {
			named = append(named, value)
		}
	}
	if named != nil {
		return named[g.rng.IntN(len(named))]
	}
	most := 0
	if len(body) > 1 && body[1] == ':' {
		most, body = int(body[0]-'0'), body[2:]
	}
	choices := strings.Split(body, "|")
	for i := range choices {
		choices[i] = strings.ReplaceAll(choices[i], "¦", "|") // where it is no choice
	}
	if most == 0 {
		return choices[g.rng.IntN(len(choices))]
	}
	g.rng.Shuffle(len(choices), func(i, j int) { choices[i], choices[j] = choices[j], choices[i] })
	return strings.Join(choices[:g.rng.IntN(min(most, len(choices))+1)], " ")
}

var pool = strings.Split(`one|two three|apple 3 10.5|banana 12 7|Cherry 2 -4|apple 3 10.5|  indented text|tab	separated	line||`+
	`a,b,c|x=1;y=2|`+
	`10.0.0.1 GET /index.html 200 512|10.0.0.2 POST /api 500 33|2024-01-15 12:00:01 ERROR failed: timeout|2024-01-15 INFO ok|`+
	`The quick brown fox|the the cat|foo bar foo baz foo|foo123 bar_baz|i-0abc running t3.micro|i-0def stopped m5.large|v1.10|v1.9|`+
	`100|20|3|1K|2M|3.5G|-5|+7|0x1f|1e3|JAN|feb|Über straße|日本 語|a b c d e f g|trailing  |key: value|"quoted", 'single'|`+
	`{"Name": "x"}|arn:aws:s3:::bucket/key|[section]|# comment|a.b.c|path/to/file.txt|$5.00 & more|back\slash|(paren)|a*b+c?|^start|`+
	`end$`, "|")

// input is a text of some lines.
func (g generator) input() string {
	n := g.rng.IntN(12)
	var b strings.Builder
	for range n {
		b.WriteString(pool[g.rng.IntN(len(pool))])
		b.WriteByte('\n')
	}
	if g.rng.IntN(8) == 0 {
		return strings.TrimSuffix(b.String(), "\n")
	}
	return b.String()
}

// changed is a text with a few lines that are other ones.
func (g generator) changed(text string) string {
	lines := strings.SplitAfter(text, "\n")
	for range 1 + g.rng.IntN(3) {
		at := g.rng.IntN(len(lines) + 1)
		line := pool[g.rng.IntN(len(pool))] + "\n"
		switch what := g.rng.IntN(4); {
		case at < len(lines) && what < 2:
			lines = slices.Delete(lines, at, at+1)
		case at < len(lines) && what == 2:
			lines[at] = line
		default:
			lines = slices.Insert(lines, at, line)
		}
		if len(lines) == 0 {
			break
		}
	}
	return strings.Join(lines, "")
}

// lay writes a case's files into a new folder below parent, which anybody may write.
func (c Case) lay(parent string) (string, error) {
	folder, err := os.MkdirTemp(parent, "case")
	if err != nil {
		return "", err
	}
	at := time.Date(2024, 1, 15, 12, 0, 0, 0, time.UTC)
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for n := range c.Files {
			if !yield(n) {
				return
			}
		}
	}) {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(c.Files[name]), 0o666); err != nil {
			return "", err
		}
		if err := os.Chmod(path, 0o666); err != nil {
			return "", err
		}
		if err := os.Chtimes(path, at, at); err != nil {
			return "", err
		}
		if os.Getuid() == 0 { // a reference that runs as nobody may set the times of its files
			if err := os.Chown(path, nobody, nobody); err != nil {
				return "", err
			}
		}
	}
	return folder, os.Chmod(folder, 0o777)
}

// after is what a folder holds.
func after(folder string) string {
	var b strings.Builder
	_ = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // what cannot be read is left out
		}
		name, _ := filepath.Rel(folder, path)
		if d.IsDir() {
			if name == "tmp" { // ours alone has it in the folder
				return fs.SkipDir
			}
			if name != "." {
				fmt.Fprintf(&b, "%s/\n", name)
			}
			return nil
		}
		data, _ := os.ReadFile(path)
		fmt.Fprintf(&b, "%s: %q\n", name, data)
		return nil
	})
	return b.String()
}

// nobody is the user that the reference runs as where this process is root.
const nobody = 65534

// Reference runs a case with the machine's tools.
func Reference(ctx context.Context, parent string, c Case) (Answer, error) {
	folder, err := c.lay(parent)
	if err != nil {
		return Answer{}, err
	}
	defer os.RemoveAll(folder)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", c.Text)
	cmd.Dir, cmd.Stdin = folder, strings.NewReader(c.Stdin)
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC", "POSIXLY_CORRECT_AWK=1"}
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); cmd.ProcessState == nil {
		return Answer{}, err
	}
	return Answer{out.String(), errs.String(), cmd.ProcessState.ExitCode(), after(folder)}, nil
}

// Ours runs a case here.
func Ours(ctx context.Context, parent string, c Case) (Answer, error) {
	folder, err := c.lay(parent)
	if err != nil {
		return Answer{}, err
	}
	defer os.RemoveAll(folder)
	root, err := os.OpenRoot(folder)
	if err != nil {
		return Answer{}, err
	}
	defer root.Close()
	table := commands.Table(commands.Options{})
	var out, errs bytes.Buffer
	outcome, err := interpret.Run(ctx, &interpret.Execution{
		Script: procedures.Script{Text: c.Text, Line: 1}, Files: &interpret.Folder{Own: root}, Now: time.Now, Rehearse: true,
		Commands: func(name string) (procedures.Command, bool) { command, ok := table[name]; return command, ok },
		Stdin:    strings.NewReader(c.Stdin), Stdout: &out, Stderr: &errs,
		Limits: interpret.Limits{Time: 20 * time.Second},
	})
	answer := Answer{out.String(), errs.String(), outcome.Status, after(folder)}
	if outcome.Refused != "" {
		answer.Stderr += "not carried out here: " + outcome.Refused
	}
	if err != nil {
		answer.Stderr += "not carried out here: " + err.Error()
	}
	return answer, nil
}

// Refused reports that a line was not carried out here, and says so.
func (a Answer) Refused() bool {
	return strings.Contains(a.Stderr, "not carried out here") || strings.Contains(a.Stderr, "not supported here") ||
		strings.Contains(a.Stderr, "is not sent: ") || strings.Contains(a.Stderr, "done by hand") ||
		strings.Contains(a.Stderr, "rehearsed, not run")
}

// Same reports whether two answers are equal but for messages.
func (a Answer) Same(b Answer) bool {
	return a.Stdout == b.Stdout && a.Status == b.Status && a.Files == b.Files
}
