package runbook

import (
	"fmt"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// fenced is a page with one procedure, and a block for each script.
func fenced(scripts ...string) string {
	text := "# P\n## Q\n"
	for _, s := range scripts {
		text += "```bash\n" + s + "\n```\n\n"
	}
	return text
}

// TestSeveritiesOfRules has an example of each rule: what cannot work is an error, what misleads a warning, the rest a note.
func TestSeveritiesOfRules(t *testing.T) {
	for _, tt := range []struct {
		rule     string
		severity procedures.Severity
		files    map[string]string
	}{
		{"same-title", "note", map[string]string{"a.md": "# A\n## Same\n```bash\naws s3 ls\n```\n## Same\n```bash\naws s3 ls\n```\n"}},
		{"same-title", "note", map[string]string{"a.md": fenced("# One\naws s3 ls\n\n# One\naws s3 ls")}},
		{"same-title", "note", map[string]string{
			"a.md": "---\nprocedure: heading\n---\n# A\n## B\n```bash\naws s3 ls\n```\n", "a/b.md": "```bash\naws s3 ls\n```\n"}},
		{"same-id", "error", map[string]string{"a.md": fenced("#| id: x\naws s3 ls", "#| id: x\naws s3 ls")}},
		{
			"same-script", "warning", map[string]string{
				"a.md": "# A\n## scripts/a.sh\n```bash\naws s3 ls\n```\n", "b.md": "# B\n## scripts/a.sh\n```bash\naws s3 ls\n```\n",
			},
		},
		{"annotation", "error", map[string]string{"a.md": fenced("#| needs: nowhere\naws s3 ls")}},
		{"annotation", "warning", map[string]string{"a.md": fenced("#| effect: read\naws s3 rb s3://b")}},
		{"annotation", "warning", map[string]string{"a.md": fenced("#| retry: 3\naws s3 rb s3://b")}},
		{"front-matter", "error", map[string]string{"a.md": "---\nduration: soon\n---\n" + fenced("aws s3 ls")}},
		{"front-matter", "warning", map[string]string{"a.md": "---\nonwer: me\n---\n" + fenced("aws s3 ls")}},
		{"front-matter", "warning", map[string]string{"a.md": "---\nparams: {X: {title: X}}\n---\n" + fenced("aws s3 ls")}},
		{
			"front-matter", "error", map[string]string{
				"a.md": "---\nparams: {X: {choose: aws s3 rb s3://b}}\n---\n" + fenced("aws s3 ls $X"),
			},
		},
		{
			"example-value", "warning",
			map[string]string{"a.md": fenced("aws sns get-topic-attributes --topic-arn arn:aws:sns:us-east-1:123456789012:topic")},
		},
		{"not-supplied", "warning", map[string]string{"a.md": fenced("./scripts/a.sh")}},
		{"alternative", "warning", map[string]string{"a.md": fenced(
			"# One\naws dynamodb update-table --table-name t\n\n# Or two\naws dynamodb update-table --table-name t --x")}},
		{"no-end", "note", map[string]string{"a.md": fenced("while true; do aws s3 ls; done")}},
		{"does-not-wait", "note", map[string]string{"a.md": fenced("gh workflow run deploy")}},
		{"environment-name", "note", map[string]string{"a.md": fenced(strings.Repeat("echo production\n", 5) + "aws s3 ls prod")}},
		{"fence-language", "note", map[string]string{"a.md": fenced("KeyError: 1", "aws s3 ls")}},
		{"pasted-output", "note", map[string]string{"a.md": fenced("aws sts get-caller-identity\n{\n  \"Account\": \"1\"\n}")}},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			lib := openFiles(t, tt.files)
			found := 0
			for _, m := range lib.Findings {
				if m.Rule == tt.rule {
					found++
					if m.Severity != tt.severity || m.Line < 1 || m.Column < 1 || tt.files[m.File] == "" {
						t.Errorf("%s, want %s", m, tt.severity)
					}
				}
			}
			if found == 0 {
				t.Errorf("not found in %v", lib.Findings)
			}
		})
	}
}

// TestEnvironmentNames counts: five uses make a name the document's own, and one or two of another are a slip.
func TestEnvironmentNames(t *testing.T) {
	for _, tt := range []struct {
		usual, other int
		slip         bool
	}{{5, 1, true}, {5, 2, true}, {5, 3, false}, {4, 1, false}, {9, 0, false}} {
		text := fenced(strings.Repeat("echo production\n", tt.usual) + strings.Repeat("aws s3 ls prod\n", tt.other) +
			"# aws s3 ls prod\naws s3 ls staging")
		lib := openText(t, text)
		got := findingsOf(lib, "environment-name")
		want := 0
		if tt.slip {
			want = tt.other
		}
		if n := strings.Count(got, `called "prod" here and "production" elsewhere`); n != want {
			t.Errorf("%d of one and %d of the other: %q", tt.usual, tt.other, got)
		}
		for i := range want {
			if line := fmt.Sprint(4 + tt.usual + i); !strings.Contains(got, line+" note") {
				t.Errorf("no note on line %s: %q", line, got)
			}
		}
	}
}

// What an operation or an option is called, and what other programs call an environment, is none of its names.
func TestEnvironmentNamesOfOthers(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("aws apigateway update-stage --rest-api-id a --stage-name x\n", 5) + "aws s3 ls staging",
		strings.Repeat("echo prod\n", 5) + "sam deploy \\\n  --parameter-overrides Environment=production",
	} {
		if got := findingsOf(openText(t, fenced(text)), "environment-name"); got != "" {
			t.Errorf("%s: %s", text, got)
		}
	}
}

func TestWaitsAndEnds(t *testing.T) {
	for name, tt := range map[string]struct {
		script, rule string
		found        bool
	}{
		"true":         {"while true; do aws s3 ls; done", "no-end", true},
		"a colon":      {"while :; do aws s3 ls; done", "no-end", true},
		"a break":      {"while true; do aws s3 ls && break; done", "no-end", false},
		"an exit":      {"while true; do aws s3 ls; exit; done", "no-end", false},
		"a condition":  {"while aws s3 ls; do sleep 1; done", "no-end", false},
		"until":        {"until true; do aws s3 ls; done", "no-end", false},
		"arguments":    {"while true x; do aws s3 ls; done", "no-end", false},
		"gh and watch": {"gh workflow run deploy\ngh run watch --exit-status", "does-not-wait", false},
		"gh alone":     {"gh workflow run deploy", "does-not-wait", true},
		"gh otherwise": {"gh workflow list", "does-not-wait", false},
		"gh's runs":    {"gh codespace run x", "does-not-wait", false},
		"gh's status":  {"gh status", "does-not-wait", false},
	} {
		if got := findingsOf(openText(t, fenced(tt.script)), tt.rule); (got != "") != tt.found {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestSupplied finds what a step makes or what lies in the folder, and nothing else.
func TestSupplied(t *testing.T) {
	for name, tt := range map[string]struct {
		script string
		found  bool
	}{
		"nothing":            {"kubectl apply -f k8s/web.yaml", true},
		"there":              {"kubectl apply -f there/web.yaml", false},
		"made by a redirect": {"echo x > k8s/web.yaml\nkubectl apply -f k8s/web.yaml", false},
		"made by mkdir":      {"mkdir k8s\nkubectl apply -f k8s/web.yaml", false},
		"made by a clone":    {"git clone https://example.com/a/k8s.git\nkubectl apply -f k8s/web.yaml", false},
		"another folder":     {"mkdir k9s\nkubectl apply -f k8s/web.yaml", true},
		"a variable":         {"kubectl apply -f \"$DIR/web.yaml\"", false},
		"absolute":           {"kubectl apply -f /etc/k8s/web.yaml", false},
		"outside":            {"kubectl apply -f ../k8s/web.yaml", false},
		"a file argument":    {"aws s3api put-bucket-policy --bucket b --policy file://policy.json", true},
		"one that is there":  {"aws s3api put-bucket-policy --bucket b --policy file://there/web.yaml", false},
		"an output":          {"trivy fs --output out/report.json .", false},
		"an address":         {"curl -s https://example.com/a/b.json", false},
	} {
		lib := openFiles(t, map[string]string{"a.md": fenced(tt.script), "there/web.yaml": "x"})
		if got := findingsOf(lib, "not-supplied"); (got != "") != tt.found {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestParametersOfFrontMatter says which of text, environment and front matter has the last word.
func TestParametersOfFrontMatter(t *testing.T) {
	for name, tt := range map[string]struct{ params, script, want string }{
		"none":                    {"", "aws s3 ls $X", "X required default= example= choices=[]"},
		"a fallback":              {"", "aws s3 ls ${X:-a}", "X optional default=a example= choices=[]"},
		"a fallback, and without": {"", "aws s3 ls ${X:-a} && aws s3 ls $X", "X optional default=a example= choices=[]"},
		"an empty fallback":       {"", "aws s3 ls ${X:-} && aws s3 ls $X", "X optional default= example= choices=[]"},
		"a default":               {"X: {default: b}", "aws s3 ls $X", "X optional default=b example= choices=[]"},
		"both":                    {"X: {default: b}", "aws s3 ls ${X:-a}", "X optional default=b example= choices=[]"},
		"required all the same":   {"X: {default: b, required: true}", "aws s3 ls $X", "X required default=b example= choices=[]"},
		"not required":            {"X: {required: false}", "aws s3 ls $X", "X optional default= example= choices=[]"},
		"choices":                 {"X: {one of: [a, b]}", "aws s3 ls $X", "X required default= example= choices=[a b]"},
		"an example":              {"X: {example: e}", "aws s3 ls $X", "X required default= example=e choices=[]"},
		"a secret by its name":    {"", "aws s3 ls $API_TOKEN", "API_TOKEN required secret default= example= choices=[]"},
		"a secret by its word":    {"X: {secret: true}", "aws s3 ls $X", "X required secret default= example= choices=[]"},
		"a placeholder":           {"my-bucket: {default: b}", "aws s3 ls <my bucket>", "my-bucket optional default=b example= choices=[]"},
	} {
		t.Run(name, func(t *testing.T) {
			text := fenced(tt.script)
			if tt.params != "" {
				text = "---\nparams:\n  " + tt.params + "\n---\n" + text
			}
			lib := openText(t, text)
			p := lib.Procedures()[0].Parameters
			if len(p) != 1 {
				t.Fatalf("the fields are %+v", p)
			}
			words := []string{p[0].Name, map[bool]string{true: "required", false: "optional"}[p[0].Required]}
			if p[0].Secret {
				words = append(words, "secret")
			}
			got := fmt.Sprintf("%s default=%s example=%s choices=%v", strings.Join(words, " "), p[0].Default, p[0].Example, p[0].Choices)
			if got != tt.want || len(lib.Findings) > 0 {
				t.Errorf("got %s, want %s; %v", got, tt.want, lib.Findings)
			}
		})
	}
}

// TestPlacesOfFindings has the line and column at which a person has to look.
func TestPlacesOfFindings(t *testing.T) {
	for _, tt := range []struct{ script, rule, place string }{
		{"# One\naws s3 ls\n\n#| expect: Done", "annotation", "page.md:7:1"},
		{"aws s3 ls && watch -n 30 './scripts/a.sh x'", "not-supplied", "page.md:4:26"},
		{"aws s3 ls\n  ./scripts/a.sh", "not-supplied", "page.md:5:3"},
		{"aws s3 ls --profile x --x file://a.json", "not-supplied", "page.md:4:27"},
		{"echo a\ncd there && aws s3 ls", "not-supplied", "page.md:5:4"},
		{"aws s3 ls\nwhile true; do aws s3 ls; done", "no-end", "page.md:5:1"},
	} {
		places := ""
		for _, m := range openText(t, fenced(tt.script)).Findings {
			if m.Rule == tt.rule {
				places += fmt.Sprintf("%s:%d:%d", m.File, m.Line, m.Column)
			}
		}
		if places != tt.place {
			t.Errorf("%q: %s at %q, want %s", tt.script, tt.rule, places, tt.place)
		}
	}
}
