package runbook

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// TestTitlesOfBlocks has blocks without a comment: a label, the sentence before them or their first command is the title.
func TestTitlesOfBlocks(t *testing.T) {
	const one, two = "```bash\naws s3 ls\n```\n", "```bash\n# Post in #ops\n\nkubectl get pods -n x\n```\n"
	for text, want := range map[string]string{
		"List them:\n" + one:            "Q: List them@5",
		"List them:\n" + two:            "Post in #ops@5 manual; Q: kubectl get pods@7",
		"**List them**\n\n" + one:       "Q: List them@6",
		"- First\n- Second\n" + one:     "Q: Second@6",
		"- First\n- Second\n\n" + one:   "Q@7",
		"- First\n- Second\n\n\n" + one: "Q@8",
		"- Only\n\n" + one:              "Q: Only@6",
		"1. First\n2. Second\n\n" + one: "Q: Second@7",
		"List them.\n" + one:            "Q@5",
		"It is late.\n" + one + one:     "Q: list S3@5; Q: list S3 (2)@8",
		"**" + strings.Repeat("x", 50) + "**\n" + two: "Post in #ops@5 manual in " + strings.Repeat("x", 50) + "; " +
			strings.Repeat("x", 50) + ": kubectl get pods@7",
	} {
		if got := stepsOf(openText(t, "# P\n## Q\n"+text)); got != want {
			t.Errorf("%q:\ngot  %s\nwant %s", text, got, want)
		}
	}
}

// TestPositionalArguments are called by the variable that takes them, and by their number otherwise.
func TestPositionalArguments(t *testing.T) {
	for script, want := range map[string]string{
		"NAME=$1\naws s3 ls $NAME":        "1 Name",
		"NAME=\"$9\"\naws s3 ls $NAME":    "9 Name",
		"NAME=${1:-x}\naws s3 ls $NAME":   "1 Name",
		"aws s3 ls $1":                    "1 Argument 1",
		"NAME=$1-x\naws s3 ls $NAME":      "1 Argument 1",
		"NAME=$A\naws s3 ls $NAME":        "A A",
		"NAME=$AB\naws s3 ls $NAME":       "AB Ab",
		"NAME=${12}\naws s3 ls $NAME":     "12 Argument 12",
		"BUCKET=MY_BUCKET\naws s3 ls":     "my-bucket My bucket",
		"export BUCKET=A_NAME\naws s3 ls": "a-name A name",
	} {
		got := ""
		for _, p := range openText(t, fenced(script)).Procedures()[0].Parameters {
			got += p.Name + " " + p.Title
		}
		if got != want {
			t.Errorf("%q: the fields are %q, want %q", script, got, want)
		}
	}
}

// TestPlacesInFrontMatter has the lines that are wrong in YAML and TOML, counted in the file.
func TestPlacesInFrontMatter(t *testing.T) {
	for text, line := range map[string]int{
		"+++\ntitle = \"a\"\nowner = = 1\n+++\n":         3,
		"+++\ntitle = \"a\"\nduration = \"soon\"\n+++\n": 3,
		"---\ntitle: a\nduration: soon\n---\n":           3,
		"---\ntitle: [\n---\n":                           2,
	} {
		lib := openText(t, text+fenced("aws s3 ls"))
		if len(lib.Findings) != 1 || lib.Findings[0].Line != line || lib.Findings[0].Column != 1 ||
			lib.Findings[0].Severity != procedures.SeverityError {
			t.Errorf("%q: %v, want line %d", text, lib.Findings, line)
		}
	}
}

// TestHighlightHasABound: code that is very long is shown without colours.
func TestHighlightHasABound(t *testing.T) {
	const largest = 1<<17 - 1
	code := "if true\n" + strings.Repeat(" ", largest-len("if true\n"))
	for text, coloured := range map[string]bool{code: true, code + " ": false} {
		if got := Highlight("bash", text); strings.Contains(got, "<span") != coloured || !strings.Contains(got, `class="chroma"`) {
			t.Errorf("%d bytes are coloured: %v", len(text), !coloured)
		}
	}
	for _, language := range []string{"", "text-of-nobody"} {
		if got := Highlight(language, "if <a>"); strings.Contains(got, "<span") || !strings.Contains(got, "if &lt;a&gt;") {
			t.Errorf("%q is shown as %s", language, got)
		}
	}
}

// TestWatchReadsYoungFilesAgain changes a file by another name of it, of which no event tells, to as many bytes and within the time
// that a file system may count as one.
func TestWatchReadsYoungFilesAgain(t *testing.T) {
	dir, other := t.TempDir(), filepath.Join(t.TempDir(), "other.md")
	write(t, other, strings.Replace(page, "Work", "Wait", 1))
	if err := os.Link(other, filepath.Join(dir, "a.md")); err != nil {
		t.Skip(err)
	}
	_, changed := watch(t, dir, WatchOptions{Poll: 5 * time.Millisecond})
	write(t, filepath.Join(dir, "b.md"), page) // the round that finds it has glanced at the file already
	if lib := await(t, changed, "the other page", has("b/work")); !has("a/wait")(lib) {
		t.Fatalf("the library has %s", stepsOf(lib))
	}
	before, err := os.Stat(other)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(other, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(page); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(other, before.ModTime(), before.ModTime()); err != nil {
		t.Fatal(err)
	}
	await(t, changed, "the change", has("a/work"))
}
