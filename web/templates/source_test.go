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

// TestAClassIsStyledByOneComponent holds that two components give no class of one name to different things: the rules of both would
// hold for either.
func TestAClassIsStyledByOneComponent(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../static/css/*.css")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	root := regexp.MustCompile(`(?m)^  (\.[a-z][a-z0-9-]*) \{`)
	of := map[string]string{}
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range root.FindAllStringSubmatch(string(source), -1) {
			if other := of[m[1]]; other != "" && other != name {
				t.Errorf("%s is styled in %s and in %s", m[1], filepath.Base(other), filepath.Base(name))
			}
			of[m[1]] = name
		}
	}
	if len(of) < 40 {
		t.Errorf("only %d classes were found", len(of))
	}
}
