package runbook

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/testenv"
)

var update = flag.Bool("update", false, "write the golden files anew")

func openText(t testing.TB, text string) *Library {
	t.Helper()
	return openFiles(t, map[string]string{"page.md": text})
}

func openFiles(t testing.TB, files map[string]string) *Library {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	lib, err := Open(fsys, Options{Analyser: fakeAnalyser{}})
	if err != nil {
		t.Fatal(err)
	}
	checkLibrary(t, lib)
	return lib
}

// goldenStep is what a golden file holds of a step besides what the listing shows.
type goldenStep struct {
	ID          string                  `json:"id"`
	Group       string                  `json:"group,omitempty"`
	About       string                  `json:"about,omitempty"`
	Why         string                  `json:"why,omitempty"`
	Language    string                  `json:"language,omitempty"`
	Alternative bool                    `json:"alternative,omitempty"`
	Countdown   string                  `json:"countdown,omitempty"`
	After       []string                `json:"after,omitempty"`
	Expected    string                  `json:"expected,omitempty"`
	Parts       []procedures.Part       `json:"parts,omitempty"`
	ScriptFile  string                  `json:"script_file,omitempty"`
	Script      []string                `json:"script,omitempty"` // with {name} for placeholders
	Parameters  []string                `json:"parameters,omitempty"`
	Annotations *procedures.Annotations `json:"annotations,omitempty"`
	Refused     string                  `json:"refused,omitempty"`
}

type goldenPage struct {
	ID      string   `json:"id"`
	Content []string `json:"content"` // HTML, or "#step", "## section", "page"
	Steps   []goldenStep
}

func goldenOf(t *testing.T, lib *Library) []byte {
	t.Helper()
	type golden struct {
		Listing Listing           `json:"listing"`
		About   map[string]string `json:"about,omitempty"`
		Pages   []goldenPage      `json:"pages"`
	}
	g := golden{Listing: lib.Listing(), About: map[string]string{}}
	for _, c := range lib.Chapters {
		if c.About != "" {
			g.About[c.ID] = c.About
		}
	}
	for _, p := range lib.Procedures() {
		page := goldenPage{ID: p.ID, Content: []string{}}
		for _, c := range p.Content {
			switch {
			case c.Step != nil:
				page.Content = append(page.Content, "#"+c.Step.ID)
			case c.Section != nil:
				page.Content = append(page.Content, strings.Repeat("#", c.Section.Level)+" "+c.Section.ID+" at "+c.Section.Address)
			case c.Other != nil:
				page.Content = append(page.Content, "page "+c.Other.ID)
			default:
				page.Content = append(page.Content, c.HTML)
			}
		}
		for _, s := range p.Steps {
			text := s.Script.Text
			for sentinel, name := range s.Script.Placeholders {
				text = strings.ReplaceAll(text, sentinel, "{"+name+"}")
			}
			step := goldenStep{ID: s.ID, Group: s.Group, About: s.About, Why: s.Why, Language: s.Language,
				Alternative: s.Alternative, Countdown: procedures.FormatDuration(s.Countdown),
				After: s.After, Expected: s.Expected, Parts: s.Parts, ScriptFile: s.ScriptFile,
				Parameters: s.Parameters, Refused: s.Analysis.Refused}
			if text != "" {
				step.Script = strings.Split(strings.TrimSuffix(text, "\n"), "\n")
			}
			if a := s.Annotations; fmt.Sprint(a) != fmt.Sprint(procedures.Annotations{}) {
				step.Annotations = &a
			}
			page.Steps = append(page.Steps, step)
		}
		g.Pages = append(g.Pages, page)
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(g); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestDocuments compares what documents of several styles become with golden files; -update writes them.
func TestDocuments(t *testing.T) {
	names, err := filepath.Glob("testdata/documents/*.md")
	if err != nil || len(names) < 6 {
		t.Fatalf("documents: %v, %v", names, err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			lib := openFiles(t, map[string]string{filepath.Base(name): string(text)})
			checkLibrary(t, lib)
			got := goldenOf(t, lib)
			path := filepath.Join("testdata", "golden", strings.TrimSuffix(filepath.Base(name), ".md")+".json")
			if *update {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s differs from its golden file (-update writes it):\n%s", name, firstDifference(want, got))
			}
		})
	}
}

func firstDifference(want, got []byte) string {
	a, b := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i := range max(len(a), len(b)) {
		var x, y string
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			return fmt.Sprintf("line %d\n- %s\n+ %s", i+1, x, y)
		}
	}
	return ""
}

// checkLibrary holds for every library, whatever its documents say.
func checkLibrary(t testing.TB, lib *Library) {
	t.Helper()
	pages := map[string]bool{}
	for _, c := range lib.Chapters {
		if len(c.Procedures) == 0 || c.ID == "" || c.Title == "" {
			t.Errorf("chapter %q (%q) has %d procedures", c.ID, c.Title, len(c.Procedures))
		}
	}
	for _, p := range lib.Procedures() {
		if pages[p.ID] {
			t.Errorf("two procedures are called %q", p.ID)
		}
		pages[p.ID] = true
		text, ok := lib.Markdown(p.File)
		if !ok {
			t.Fatalf("no text of %q", p.File)
		}
		lines := strings.Split(text, "\n")
		inRange := func(what string, line int) {
			if line < 1 || line > len(lines) {
				t.Errorf("%s of %s is on line %d of %d", what, p.ID, line, len(lines))
			}
		}
		inRange("the heading", p.Line)
		steps := map[string]bool{}
		for _, s := range p.Steps {
			if steps[s.ID] || s.ID == "" || s.Title == "" {
				t.Errorf("%s: step %q (%q) is there twice, or has no name", p.ID, s.ID, s.Title)
			}
			steps[s.ID] = true
			inRange("step "+s.ID, s.Line)
			checkScript(t, s, lines)
		}
		for _, m := range p.Findings {
			inRange("finding "+m.String(), m.Line)
			if line := lines[max(0, min(m.Line, len(lines))-1)]; m.Column != 1 &&
				(m.Column < 1 || m.Column > len(line)+1 || strings.HasPrefix(line, "## ") || anyFence.MatchString(line)) {
				t.Errorf("finding %s is in column %d of %q", m, m.Column, line)
			}
			if _, word, _ := strings.Cut(m.Message, `called "`); m.Rule == "environment-name" {
				word, _, _ = strings.Cut(word, `"`)
				if line := lines[m.Line-1]; !strings.HasPrefix(line[m.Column-1:], word) {
					t.Errorf("finding %s is in column %d of %q", m, m.Column, line)
				}
			}
		}
	}
	if _, err := json.Marshal(lib); err != nil {
		t.Error(err)
	}
}

// checkScript holds lines and columns of a script against the document's.
func checkScript(t testing.TB, s *procedures.Step, lines []string) {
	t.Helper()
	if s.Script.Text == "" {
		return
	}
	for sentinel, name := range s.Script.Placeholders {
		if !strings.Contains(s.Script.Text, sentinel) || name == "" {
			t.Errorf("step %s has the placeholder %q for %q without using it", s.ID, sentinel, name)
		}
	}
	for i, text := range strings.Split(strings.TrimSuffix(s.Script.Text, "\n"), "\n") {
		if strings.TrimSpace(text) == "" {
			continue
		}
		n := s.Script.Line - 1 + i
		if n >= len(lines) || len(strings.TrimRight(lines[n], " \t\r")) < len(strings.TrimRight(strings.TrimLeft(text, " "), " \t")) {
			t.Errorf("step %s: line %d of the script is not line %d of the document", s.ID, i+1, n+1)
		}
	}
}

// TestUneditedDocument reads the document that the project was written for.
func TestUneditedDocument(t *testing.T) {
	lib := openFiles(t, map[string]string{"operational-procedures.md": string(testenv.Document(t))})
	checkLibrary(t, lib)
	t.Run("chapters", func(t *testing.T) {
		var titles []string
		for _, c := range lib.Chapters {
			titles = append(titles, c.Title)
		}
		want := "Daily Operations,Weekly Maintenance,Monthly Reviews,Deployment Procedures,Backup and " +
			"Recovery,Monitoring and Alerting,Scaling Procedures,Useful Scripts"
		if got := strings.Join(titles, ","); got != want {
			t.Errorf("chapters are %s", got)
		}
	})
	t.Run("introduction", func(t *testing.T) {
		if about := lib.Chapters[0].About; about != "" { // it has a table of contents and nothing else
			t.Errorf("the document says %q", about)
		}
		other := openText(t,
			"# P\n\nAsk first.\n\n## Contents\n- [A](#a)\n\n## Daily\n### A\n```bash\naws s3 ls\n```\n## Contacts\nThe team.\n")
		if about := other.Chapters[0].About; !strings.Contains(about, "Ask first.") ||
			!strings.Contains(about, "The team.") || strings.Contains(about, "Contents") {
			t.Errorf("the introduction is %q", about)
		}
	})
	t.Run("pages", func(t *testing.T) {
		for _, tt := range documentPages {
			p, _, err := lib.Find(tt.id)
			if err != nil {
				t.Error(err)
				continue
			}
			var steps []string
			for _, s := range p.Steps {
				steps = append(steps, s.Title)
			}
			if got := strings.Join(steps, "; "); got != tt.steps || p.Line != tt.line ||
				procedures.FormatDuration(p.Duration) != tt.duration || p.Rhythm != tt.rhythm {
				t.Errorf("%s: line %d, %q, %q, steps\n  %s\nwant line %d, %q, %q\n  %s", tt.id, p.Line,
					procedures.FormatDuration(p.Duration), p.Rhythm, got, tt.line, tt.duration, tt.rhythm, tt.steps)
			}
		}
		if n := len(lib.Procedures()); n != len(documentPages) {
			t.Errorf("%d procedures, want %d", n, len(documentPages))
		}
	})
	t.Run("deployment", func(t *testing.T) { checkDeployment(t, lib) })
	t.Run("parameters", func(t *testing.T) {
		for id, want := range map[string]string{
			"morning-health-check": "CLOUDFRONT_DIST_ID", "api-gateway-throttling": "API_ID",
			"recovery-testing": "backup-arn", "scripts/pre-deployment-checks.sh": "1",
		} {
			p, _, err := lib.Find(id)
			if err != nil || len(p.Parameters) != 1 || p.Parameters[0].Name != want || !p.Parameters[0].Required {
				t.Errorf("%s: parameters %+v, %v", id, p.Parameters, err)
			}
		}
	})
	t.Run("findings", func(t *testing.T) {
		for _, want := range []string{
			"291 not-supplied", "297 does-not-wait", "303 no-end", "333 same-title", "384 example-value",
			"387 not-finished", "390 not-finished", "438 alternative", "443 alternative", "455 environment-name",
		} {
			found := false
			for _, m := range lib.Findings {
				found = found || fmt.Sprintf("%d %s", m.Line, m.Rule) == want
			}
			if !found {
				t.Errorf("nobody says %s", want)
			}
		}
	})
}

func checkDeployment(t *testing.T, lib *Library) {
	p, s, err := lib.Find("production-deployment-high-risk#take-pre-deployment-snapshot")
	if err != nil {
		t.Fatal(err)
	}
	if len(s.After) != 5 || s.After[0] != "change-request-approved" {
		t.Errorf("the snapshot waits for %v", s.After)
	}
	waits := 0
	for _, s := range p.Steps {
		if s.Countdown == 30*time.Minute && s.Kind == procedures.KindManual {
			waits++
		}
	}
	if waits != 2 {
		t.Errorf("%d countdowns of half an hour", waits)
	}
	if got := p.Step("phase-2-deploy-to-50-of-traffic").Group; got != "Deploy with gradual rollout" {
		t.Errorf("phase 2 is in the group %q", got)
	}
	verify := p.Step("post-deployment-verification")
	if len(verify.Analysis.Scripts) != 1 || len(verify.Analysis.Programs) != 0 {
		t.Errorf("the verification calls scripts %v and programs %v", verify.Analysis.Scripts, verify.Analysis.Programs)
	}
	if calls := verify.Analysis.Calls; len(calls) != 1 || calls[0] != "cloudwatch get-metric-statistics" ||
		verify.Effect() != procedures.EffectRead {
		t.Errorf("the verification calls %v with the effect %s; its script makes one reading call", calls, verify.Effect())
	}
	script, ok := lib.Script("./scripts/production-verification.sh")
	if !ok || script.Line != 492 || !strings.HasPrefix(script.Text, "#!/bin/bash\n") ||
		script.Name != "scripts/production-verification.sh" {
		t.Errorf("the script file is %+v", script)
	}
	if _, ok := lib.Script("scripts/health-check.sh"); ok {
		t.Error("a script that nobody wrote is there")
	}
	other, s, err := lib.Find("horizontal-scaling-dynamodb#or-increase-provisioned-capacity")
	if err != nil || !s.Alternative || other.Steps[0].Alternative {
		t.Errorf("the alternative: %v", err)
	}
}

func TestFind(t *testing.T) {
	lib := openFiles(t, map[string]string{
		"a.md":     "# A\n## Daily\n### Check it\n```bash\n# Look\naws s3 ls\n```\n## Scale\n```bash\naws s3 ls\n```\n",
		"sub/b.md": "# B\n## Daily\n### Check it\n```bash\n# Look\naws s3 ls\n# Only here\naws sts get-caller-identity\n```\n",
	})
	tests := []struct{ name, id, want, code string }{
		{"whole", "a/daily/check-it", "a/daily/check-it", ""},
		{"suffix", "scale", "a/scale", ""},
		{"longer suffix", "b/daily/check-it", "sub/b/daily/check-it", ""},
		{"title", "Scale", "a/scale", ""},
		{"step", "a/daily/check-it#look", "a/daily/check-it#look", ""},
		{"step that settles which", "check-it#only-here", "sub/b/daily/check-it#only-here", ""},
		{"step alone", "#only-here", "sub/b/daily/check-it#only-here", ""},
		{"step's name alone", "only-here", "sub/b/daily/check-it#only-here", ""},
		{"two pages", "check-it", "", "invalid a/daily/check-it sub/b/daily/check-it"},
		{"two steps", "#look", "", "invalid a/daily/check-it#look"},
		{"half a word", "ale", "", "not-found"},
		{"slip", "a/daily/chek-it", "", "not-found did you mean a/daily/check-it"},
		{"no such step", "scale#nothing", "", "not-found a/scale"},
		{"nothing", "", "", "not-found"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, s, err := lib.Find(tt.id)
			if tt.code != "" {
				words := strings.SplitN(tt.code, " ", 2)
				if string(procedures.CodeOf(err)) != words[0] || len(words) > 1 && !containsAll(err.Error(), strings.Fields(words[1])) {
					t.Errorf("Find(%q): %s: %v", tt.id, procedures.CodeOf(err), err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := p.ID
			if s != nil {
				got += "#" + s.ID
			}
			if got != tt.want {
				t.Errorf("Find(%q) is %s, want %s", tt.id, got, tt.want)
			}
		})
	}
}

func containsAll(s string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(s, w) {
			return false
		}
	}
	return true
}

// TestListing holds the names of `list --format json` and its empty lists.
func TestListing(t *testing.T) {
	empty, err := json.Marshal(openFiles(t, map[string]string{"readme.txt": "no runbook"}))
	if err != nil || string(empty) != `{"chapters":[],"mistakes":[]}` {
		t.Errorf("an empty library is %s, %v", empty, err)
	}
	got, err := json.Marshal(openText(t, "# P\n## Daily work\n### Look (90 minutes)\n- [ ] Tick\n"))
	want := `{"chapters":[{"id":"page/daily-work","title":"Daily work","procedures":[{"id":"page/daily-work/look",` +
		`"title":"Look","file":"page.md","line":3,"duration":"1h30m","rhythm":"daily","parameters":[],` +
		`"steps":[{"id":"tick","title":"Tick","kind":"manual","effect":"none","calls":[],"programs":[],"line":4}]}]}],` +
		`"mistakes":[]}`
	if err != nil || string(got) != want {
		t.Errorf("got  %s\nwant %s (%v)", got, want, err)
	}
}

func TestOpenText(t *testing.T) {
	text := "# P\n## Work\n```bash\naws s3 ls s3://<bucket>\n```\n## Play\n- [ ] Tick\n"
	whole, one := openText(t, text), OpenText("page.md", text, Options{Analyser: fakeAnalyser{}})
	checkLibrary(t, one)
	p, q := whole.Procedures()[0], one.Procedures()[0]
	if p.ID != q.ID || p.Digest != q.Digest || p.Digest == "" {
		t.Errorf("%s %s, %s %s", p.ID, p.Digest, q.ID, q.Digest)
	}
	changed := OpenText("page.md", strings.Replace(text, "ls", "mb", 1), Options{Analyser: fakeAnalyser{}})
	if changed.Procedures()[0].Digest == p.Digest {
		t.Error("a changed text has the same digest")
	}
	moved := OpenText("page.md", strings.Replace(text, "# P\n", "# P\n\nMore words.\n\n", 1), Options{Analyser: fakeAnalyser{}})
	if moved.Procedures()[0].ID != p.ID || moved.Procedures()[0].Digest != p.Digest {
		t.Error("text around a procedure changes what it is called, or its digest")
	}
}

// brokenFS cannot read one file.
type brokenFS struct {
	fs.FS
	name string
}

func (b brokenFS) Open(name string) (fs.File, error) {
	if name == b.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return b.FS.Open(name)
}

func TestBrokenFilesSpoilNothing(t *testing.T) {
	good := "# Good\n## Work\n```bash\naws s3 ls\n```\n"
	files := fstest.MapFS{
		"good.md":   {Data: []byte(good)},
		"secret.md": {Data: []byte(good)},
		"bytes.md":  {Data: []byte("# Bytes\n\nfine\n\xff\xfe\n## Work\n```bash\naws s3 ls\n```\n")},
		"front.md":  {Data: []byte("---\ntitle: [\n---\n# Front\n## Work\n```bash\naws s3 ls\n```\n")},
		"open.md":   {Data: []byte("---\ntitle: never closed\n\n## Work\n```bash\naws s3 ls\n```\n")},
		"huge.md":   {Data: bytes.Repeat([]byte("x"), limits.RunbookBytes.Size()+1)},
		"empty.md":  {},
	}
	lib, err := Open(brokenFS{files, "secret.md"}, Options{Analyser: fakeAnalyser{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"good/work", "bytes/work", "front/work", "open/work"} {
		if _, _, err := lib.Find(id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	var got []string
	for _, m := range lib.Findings {
		got = append(got, fmt.Sprintf("%s:%d %s", m.File, m.Line, m.Rule))
	}
	want := "bytes.md:4 encoding; front.md:2 front-matter; huge.md:1 file-unreadable; open.md:1 front-matter; secret.md:1 file-unreadable"
	if strings.Join(got, "; ") != want {
		t.Errorf("findings are %s\nwant %s", strings.Join(got, "; "), want)
	}
	if _, err := Open(brokenFS{files, "."}, Options{}); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("a folder that cannot be read: %v", err)
	}
}

// BenchmarkOpen reads a folder of a thousand runbooks.
func BenchmarkOpen(b *testing.B) {
	text, err := os.ReadFile("testdata/documents/eks-nodes.md")
	if err != nil {
		b.Fatal(err)
	}
	files := fstest.MapFS{}
	for i := range 1000 {
		files[fmt.Sprintf("team-%d/runbook-%d.md", i%20, i)] = &fstest.MapFile{
			Data: append(bytes.Clone(text), fmt.Sprintf("\n<!-- %d -->\n", i)...),
		}
	}
	var before *Library
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			if before, err = Open(files, Options{Analyser: fakeAnalyser{}}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("reload", func(b *testing.B) {
		for b.Loop() {
			if _, err = Open(files, Options{Analyser: fakeAnalyser{}, previous: before}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// anyFence begins or ends a block, wherever it stands; other lines with three backticks may be in one.
var anyFence = regexp.MustCompile("^```[a-z]*$")

// FuzzOpen reads any text: nothing panics, lines are in range, identifiers are unique.
func FuzzOpen(f *testing.F) {
	names, _ := filepath.Glob("testdata/documents/*.md")
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	for _, text := range []string{
		"", "#", "---", "---\n---", "```bash\n<x><x>\n```", "- [ ] \n- [ ]", "# a\n# a\n```sh\n#\n#|\n```",
		"```bash\n#| id: a\n#| id: b\nx\n```", "```sh\n#B\n0\n#|id: B\n0", "# \n#\n## \n```0\n0",
		"> ```sh\n> $ a\n> ```", "```console\n$ cat <<E\n> <a>\n> E\n{\n```", "+++\na=\n+++\n", "\r\n\t```\n\t$ x\n",
		"```sh\n\u00e9\ue000<\ue001>\n```",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		checkLibrary(t, openText(t, text))
	})
}
