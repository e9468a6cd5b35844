package runbook

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// outlineCase is one of testdata/outlines.txt, which says how they are written.
type outlineCase struct {
	line     int
	rule     int
	one      bool
	document string
	roots    string
	aside    string
	ways     string
	opens    map[string]string
}

func outlineCases(t *testing.T) []*outlineCase {
	t.Helper()
	data, err := os.ReadFile("testdata/outlines.txt")
	if err != nil {
		t.Fatal(err)
	}
	var cases []*outlineCase
	var c *outlineCase
	for i, line := range strings.Split(string(data), "\n") {
		key, rest, _ := strings.Cut(line, " ")
		switch {
		case key == "---":
			c = &outlineCase{line: i + 1, opens: map[string]string{}}
			var word string
			if _, err := fmt.Sscan(rest, &c.rule, &word); err != nil || word != "one" && word != "several" {
				t.Fatalf("line %d: %q", i+1, line)
			}
			c.one = word == "one"
			cases = append(cases, c)
		case c == nil || strings.TrimSpace(line) == "":
		case key == "front:":
			c.document += "---\n" + rest + "\n---\n"
		case key == "=>":
			c.roots = rest
		case key == "aside:":
			c.aside = rest
		case key == "ways:":
			c.ways = rest
		case key == "opens:":
			name, by, _ := strings.Cut(rest, " < ")
			c.opens[name] = by
		case strings.HasPrefix(key, "#") && c.roots == "":
			title, script, step := strings.Cut(line, " $")
			title, task := strings.CutSuffix(title, " [ ]")
			c.document += "\n" + title + "\n\nWords.\n"
			if step {
				if script = strings.TrimSpace(script); script == "" {
					script = "aws sts get-caller-identity"
				}
				c.document += "\n```bash\n" + script + "\n```\n"
			}
			if task {
				c.document += "\n- [ ] Done\n"
			}
		}
	}
	return cases
}

// decided reads a document up to what is run together.
func decided(t *testing.T, document string) *docReader {
	t.Helper()
	d := newDocReader("runbook.md", []byte(document), Options{})
	d.cutSections(d.parse())
	d.nameSections()
	return d
}

// ruleOf is the number of the rule that decided, and whether it made one procedure.
func ruleOf(r procedures.Reading) (rule int, one bool) {
	rule = slices.IndexFunc(togetherRules, func(t togetherRule) bool { return t.name == r.Rule }) + 2
	switch r.Rule {
	case "front-matter":
		rule = 1
	case ruleSeveral:
		rule = 17
	}
	return rule, r.Change == "procedure: heading"
}

func TestWhatIsRunTogether(t *testing.T) {
	cases := outlineCases(t)
	if len(cases) < 120 {
		t.Errorf("there are %d outlines", len(cases))
	}
	asked := map[int]int{}
	for _, c := range cases {
		t.Run(fmt.Sprintf("line %d", c.line), func(t *testing.T) {
			d := decided(t, c.document)
			rule, one := ruleOf(d.reading)
			if rule != c.rule || one != c.one {
				t.Errorf("rule %d (one: %t) decided: %+v", rule, one, d.reading)
			}
			asked[rule]++
			name := func(s *section) string {
				if s.node == nil {
					return "."
				}
				return d.plain(s.node)
			}
			var roots, aside, ways []string
			for _, s := range d.sections {
				switch {
				case s.procs && s.within != nil:
					t.Errorf("%s is a procedure and a section of %s", name(s), name(s.within))
				case s.procs:
					roots = append(roots, name(s))
				case s.aside:
					aside = append(aside, name(s))
				}
				if s.choice {
					ways = append(ways, name(s))
				}
				if d.holdsSteps(s) && !s.procs && (s.within == nil || !s.within.procs) {
					t.Errorf("the steps under %s are in no procedure", name(s))
				}
				var by []string
				for _, o := range s.opening {
					by = append(by, name(o))
				}
				if got := strings.Join(by, " | "); got != c.opens[name(s)] {
					t.Errorf("%s is opened by %q, want %q", name(s), got, c.opens[name(s)])
				}
			}
			for _, x := range []struct{ what, got, want string }{
				{"procedures", strings.Join(roots, " | "), c.roots},
				{"asides", strings.Join(aside, " | "), c.aside},
				{"ways", strings.Join(ways, " | "), c.ways},
			} {
				if x.got != x.want {
					t.Errorf("%s: %s\nwant: %s", x.what, x.got, x.want)
				}
			}
			if d.reading.Line == 0 || d.reading.Because == "" || !strings.HasPrefix(d.reading.Change, "procedure: ") {
				t.Errorf("it says too little: %+v", d.reading)
			}
			if c.rule == 1 {
				return
			}
			changed := decided(t, "---\n"+d.reading.Change+"\n---\n"+c.document).reading
			if rule, now := ruleOf(changed); rule != 1 || now == one {
				t.Errorf("%s made %+v", d.reading.Change, changed)
			}
		})
	}
	for rule := 1; rule <= 17; rule++ {
		if rule != 6 && rule != 8 && rule != 13 && asked[rule] == 0 { // those three are of headings
			t.Errorf("rule %d decides no outline", rule)
		}
	}
}

func TestProcedureKeyOfFrontMatter(t *testing.T) {
	for value, want := range map[string]struct{ kept, finding string }{
		"document":    {"document", ""},
		"heading":     {"heading", ""},
		" Document ":  {"document", ""},
		"1":           {"1", ""},
		"\"6\"":       {"6", ""},
		"":            {"", ""},
		"0":           {"", `not "0"`},
		"7":           {"", `not "7"`},
		"section":     {"", `not "section"`},
		"true":        {"", `not "true"`},
		"[1, 2]":      {"", "not a list"},
		"{level: 2}":  {"", "not a mapping"},
		"h2":          {"", `not "h2"`},
		"heading 2":   {"", `not "heading 2"`},
		"# document":  {"", ""},
		"\"heading\"": {"heading", ""},
	} {
		f, findings := readFrontMatter("runbook.md", "title: x\nprocedure: "+value+"\n")
		if f.Procedure != want.kept || f.Procedure != "" && f.procedureLine != 3 {
			t.Errorf("%q became %q on line %d", value, f.Procedure, f.procedureLine)
		}
		if want.finding == "" {
			if len(findings) != 0 {
				t.Errorf("%q: %+v", value, findings)
			}
			continue
		}
		if len(findings) != 1 || findings[0].Line != 3 || findings[0].Severity != "error" ||
			!strings.Contains(findings[0].Message, want.finding) || !strings.Contains(findings[0].Message, "`procedure` must be document") {
			t.Errorf("%q: %+v", value, findings)
		}
	}
	_, findings := readFrontMatter("runbook.md", "procedur: document\n")
	if len(findings) != 1 || !strings.Contains(findings[0].Message, "`procedure`") {
		t.Errorf("a slip: %+v", findings)
	}
	toml := decided(t, "+++\ntitle = 'x'\nprocedure = 2\n+++\n# A\n\n## B\n\n```sh\nls\n```\n\n## C\n\n```sh\nls\n```\n")
	if rule, one := ruleOf(toml.reading); rule != 1 || one {
		t.Errorf("TOML: %+v", toml.reading)
	}
}
