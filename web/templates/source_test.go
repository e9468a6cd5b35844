package templates

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// sourceLike is what a template carries out and does not print: the call of a component, or a condition or loop that opens.
var sourceLike = regexp.MustCompile(`@[A-Za-z.]+\(|\b(?:if|for|switch) [^<>]*\{\s*(?:"|$)`)

// TestTemplatesPrintNoSource reads the texts that the generated code writes: a statement that stands in the middle of a
// line of text is printed as it is.
func TestTemplatesPrintNoSource(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*_templ.go")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	written := regexp.MustCompile(`WriteString\(templ_7745c5c3_Buffer, \d+, ("(?:[^"\\]|\\.)*")\)`)
	texts := 0
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range written.FindAllSubmatch(source, -1) {
			texts++
			if found := sourceLike.Find(m[1]); found != nil {
				t.Errorf("%s prints %q in %s", name, found, m[1])
			}
		}
	}
	if texts < 500 {
		t.Errorf("only %d texts were found: the generated code is another now", texts)
	}
}
