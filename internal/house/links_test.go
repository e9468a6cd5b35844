package house_test

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// link is a link of Markdown, without its fragment.
var link = regexp.MustCompile(`\]\(([^)#\s]+)(?:#[^)\s]*)?\)`)

// TestLinksOfDocumentsLeadSomewhere finds a document that names a file which was moved or never written.
func TestLinksOfDocumentsLeadSomewhere(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, f := range sources(t, ".md") {
		if strings.HasPrefix(f.path, "runbooks/") { // the library checks these
			continue
		}
		folder := filepath.Dir(filepath.Join("..", "..", filepath.FromSlash(f.path)))
		fenced := false
		for i, line := range f.lines {
			if strings.HasPrefix(strings.TrimSpace(line), "```") {
				fenced = !fenced
			}
			if fenced {
				continue
			}
			for _, m := range link.FindAllStringSubmatch(line, -1) {
				to, err := url.Parse(m[1])
				if err != nil || to.Scheme != "" {
					continue
				}
				seen++
				if _, err := os.Stat(filepath.Join(folder, filepath.FromSlash(to.Path))); err != nil {
					t.Errorf("%s:%d links to %s, which is not there", f.path, i+1, m[1])
				}
			}
		}
	}
	if seen < 40 {
		t.Errorf("only %d links were found", seen)
	}
}

// TestDocumentsAreListedOnce compares the list of documents with the folder: each how-to and decision stands in it once, under its own
// title.
func TestDocumentsAreListedOnce(t *testing.T) {
	t.Parallel()
	docs := filepath.Join("..", "..", "docs")
	list, err := os.ReadFile(filepath.Join(docs, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, folder := range []string{"decisions", "how-to"} {
		files, err := filepath.Glob(filepath.Join(docs, folder, "*.md"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			title, _, _ := strings.Cut(strings.TrimPrefix(string(text), "# "), "\n")
			number, name, numbered := strings.Cut(title, ". ")
			entry := "[" + title + "]"
			if numbered {
				entry = number + ". [" + name + "]"
			}
			to := "(" + folder + "/" + filepath.Base(file) + ")"
			if strings.Count(string(list), to) != 1 || !strings.Contains(string(list), entry+to) {
				t.Errorf("docs/README.md does not list %s once as %s", to, entry)
			}
			seen++
		}
	}
	if seen < 20 {
		t.Errorf("only %d documents were found", seen)
	}
}
