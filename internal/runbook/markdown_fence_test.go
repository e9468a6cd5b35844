package runbook

import (
	"strings"
	"testing"
)

// TestFencesThatPeopleWrite reads fences that are not as they should be: the code that is meant is a step, the text after
// it is text, and a finding names the line where something is wrong.
func TestFencesThatPeopleWrite(t *testing.T) {
	for _, c := range []struct {
		source, rule string
		line         int // of the finding, or of the step without one
	}{
		{"```bash\naws s3 ls\n```\n\nafter", "", 6},
		{"````bash\naws s3 ls\n````\n\nafter", "", 6},
		{"~~~ sh\naws s3 ls\n~~~\n\nafter", "", 6},
		{"```bash\naws s3 ls\n\n## Next\n\nafter", "unclosed-fence", 5},
		{"```bash\naws s3 ls\n\n## Next\n\nafter\n\n```bash\necho after\n```\n", "unclosed-fence", 5},
		{"```\naws s3 ls\n# Next\n\nafter", "unclosed-fence", 5},
		{"```bash\naws s3 ls ```\n\nafter", "unclosed-fence", 5},
		{"```bash\naws s3 ls```\n\nafter\n\n```bash\necho after\n```\n", "unclosed-fence", 5},
		{"```bash\naws s3 ls\n```\n# after that wait", "heading-under-fence", 8},
		{"    ```bash\n    aws s3 ls\n    ```\n\nafter", "", 6},
		{"text\n     ```bash\n     aws s3 ls\n     ```\n\nafter", "", 7},
		{"- item\n\n      ```bash\n      aws s3 ls\n      ```\n\nafter", "", 8},
		{"1. item\n  ```bash\n  aws s3 ls\n  ```\n\nafter", "", 7},
		{"10. item\n    ```bash\n    aws s3 ls\n  ```\n\nafter", "", 7},
		{"text:\n\n    $ aws s3 ls\n\nafter", "", 7},
		{"text:\n\n    aws s3 ls\n\nafter", "", 7},
		{"text:\n\n\taws s3 ls\n\nafter", "", 7},
		{"- `aws s3 ls`\n\nafter", "", 5},
		{"1. text\n2. `aws s3 ls`\n\nafter", "", 6},
		{"````markdown\n```bash\necho x\n```\n````\n\n```bash\naws s3 ls\n```\n\nafter", "", 12},
		{"```markdown\n```bash\necho x\n```\n\nafter\n\n```bash\naws s3 ls\n```\n", "", 13},
		{"> ```bash\n> aws s3 ls\n> ```\n\nafter", "", 6},
		{"```bash\naws s3 ls\n```text\n\nafter\n\n```bash\necho x\n```text\n\nlast", "unclosed-fence", 5},
		{"- item\n  ```bash\n  aws s3 ls\n  ```text\n\nafter", "unclosed-fence", 6},
		{"```bash\naws s3 ls\n\n```text\nafter\n```\n", "unclosed-fence", 5},
		{"```bash {.x}\naws s3 ls\n```\n\nafter", "", 6},
	} {
		book := readRunbook("a.md", []byte("# A book\n\n## Work\n\n"+c.source+"\n"), Options{Analyser: fakeAnalyser{}})
		first, found := "", false
		line := 0
		for _, p := range book.procedures {
			for _, s := range p.Steps {
				if first == "" {
					first, line = strings.TrimSpace(s.Script.Text), s.Line
				}
			}
		}
		for _, f := range book.findings {
			found = found || f.Rule == c.rule && f.Line == c.line
			if f.Rule == "unclosed-fence" && c.rule != f.Rule || f.Rule == "heading-under-fence" && c.rule != f.Rule {
				t.Errorf("%q has %s", c.source, f)
			}
		}
		if first != "aws s3 ls" || c.rule == "" && line != c.line || c.rule != "" && !found || !strings.Contains(htmlOf(book),
			"after") {
			t.Errorf("%q: the step %q on line %d, findings %v, and %s", c.source, first, line, book.findings, htmlOf(book))
		}
	}
	book := readRunbook("a.md", []byte("# A book\n\n## Work\n\ntext:\n\n    a table of\n    things\n\n- `aws`\n- see `aws s"+
		"3 ls`\n\n| a |\n|---|\n| `aws s3 ls` |\n"), Options{})
	if len(book.procedures) > 0 {
		t.Errorf("there is a step in %s", htmlOf(book))
	}
}

// TestBlocksOfComments has blocks that are nothing but comments, and banners of several lines: all of it is on the page.
func TestBlocksOfComments(t *testing.T) {
	for _, text := range []string{
		"# P\n\n## Q\n\n```bash\n# In the console, under Domains\n# Add app.example.com\n```\n",
		"# P\n\n```bash\naws s3 ls\n\n# ------\n# Roles\n#\n# If the first deployment is denied, look here first.\n" +
			"# The condition names two tags\n# ------\n\n" +
			"# List them\naws iam list-roles\n```\n",
	} {
		if lost := Lost("p.md", []byte(text), Options{Analyser: fakeAnalyser{}}); len(lost) > 0 {
			t.Errorf("lines %v are nowhere:\n%s", lost, text)
		}
	}
}
