package runbook

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNothingIsLost holds every line of every document at hand against its page.
func TestNothingIsLost(t *testing.T) {
	lines, lost := 0, 0
	folders := []string{"testdata", "../../runbooks"}
	if folder := os.Getenv("OPSBOOK_DOCUMENTS"); folder != "" {
		folders = append(folders, folder)
	}
	var files []string
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && IsMarkdown(path) {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if document := os.Getenv("OPSBOOK_DOCUMENT"); document != "" {
		files = append(files, document)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all := strings.Split(strings.ReplaceAll(string(source), "\r", ""), "\n")
		lines += len(all)
		for _, n := range Lost(filepath.Base(file), source, Options{Analyser: fakeAnalyser{}}) {
			lost++
			t.Errorf("%s:%d is nowhere: %s", file, n, all[n-1])
		}
	}
	t.Logf("%d of %d lines of %d documents are lost", lost, lines, len(files))
}

// pieces are what documents are made of; % is a word that stands nowhere else.
var pieces = []string{
	"%\n", "\n", "## %\n", "### % (5 minutes)\n", "# %\n", "- %\n", "1. %\n", "- [ ] %\n", "  - %\n", "    %\n",
	"> %\n", "> [!NOTE]\n> %\n", "| % | b |\n|---|---|\n| c | d |\n", "```bash\n# %\naws s3 ls\n```\n",
	"```bash\naws s3 ls %\n", "```\n%\n```\n", "```yaml\n% : 1\n", "~~~ python\n% = 1\n~~~\n",
	"    ```sh\n    aws %\n    ```\n", "    aws s3 ls %\n", "- `aws s3 ls %`\n", "!!! note \"%\"\n",
	"??? tip \"%\"\n\n    x\n", "=== \"%\"\n", ":::tip %\n", ":::\n", "<Steps>\n", "</Steps>\n",
	"<TabItem label=\"%\">\n", "</TabItem>\n", "<p>%</p>\n", "<details><summary>%</summary>\n", "</details>\n",
	"<table><tr><td>%\n", "</td></tr></table>\n", "<div>\n%\n", "</div>\n",
	"<pre><code class=\"language-bash\">aws %</code></pre>\n", "<pre>\n%\n\n", "</pre>\n", "<h2>%</h2>\n",
	"<ul><li>%\n", "</ul>\n", "<img alt=\"%\" src=a.png>\n", "![%](a.png)\n", "[%](b.md)\n",
	"x <kbd>%</kbd> **%**\n", "<%>\n", "x[^1]\n", "[^1]: %\n", "% \n: %\n", "---\n", "===\n", "{% raw %}\n",
	"<b>%\n", "<blockquote>%\n", "</blockquote>\n", "<svg><text>%</text></svg>\n", "aws s3 ls % ```\n",
}

// FuzzNothingIsLost puts pieces together in any order, on pages whose words are all different: each is shown, in its step, or
// on a line that a finding names, and the page has nothing that a page may not have.
func FuzzNothingIsLost(f *testing.F) {
	f.Add([]byte{2, 0, 13, 1, 31, 1, 13, 32})
	f.Add([]byte{2, 33, 1, 14, 2, 0, 38, 0, 39})
	f.Add([]byte{21, 18, 1, 22, 23, 19, 24, 2, 0, 25, 26, 28, 13, 29, 27})
	f.Add([]byte{46, 47, 48, 49, 5, 6, 7, 8, 20})
	f.Fuzz(func(t *testing.T, order []byte) {
		var source strings.Builder
		source.WriteString("# A book of work\n\n")
		var words []string
		for _, k := range order[:min(len(order), 40)] {
			piece := pieces[int(k)%len(pieces)]
			for strings.Contains(piece, "%") && !strings.Contains(piece, "{%") {
				words = append(words, fmt.Sprintf("w%dw", len(words)))
				piece = strings.Replace(piece, "%", words[len(words)-1], 1)
			}
			source.WriteString(piece)
		}
		book := readRunbook("a.mdx", []byte(source.String()), Options{Analyser: fakeAnalyser{}})
		shown := shownText(book.document)
		named := map[int]bool{}
		for _, m := range book.findings {
			named[m.Line] = true
		}
		for i, line := range strings.Split(source.String(), "\n") {
			for _, w := range words {
				if strings.Contains(line, w) && !strings.Contains(shown, w) && !named[i+1] {
					t.Fatalf("%s on line %d is nowhere:\n%s", w, i+1, source.String())
				}
			}
		}
		checkShown(t, source.String(), htmlOf(book))
	})
}
