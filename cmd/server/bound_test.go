package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFilesOfRealLinesAreBound approves lines as AWS documents them that send files, writes the files anew, and confirms:
// nothing is sent.
func TestFilesOfRealLinesAreBound(t *testing.T) {
	for name, c := range map[string]struct{ first, change, other, want string }{
		"the package of a function": {
			"echo PK one > fn.zip; ls fn.zip",
			"aws lambda update-function-code --function-name network-visualizer-api-production --zip-file fileb://fn.zip",
			"echo PK two > fn.zip; ls fn.zip", "fn.zip: its content is not what was approved",
		},
		"a file that is uploaded": {
			"echo one > r.txt; ls r.txt", "aws s3 cp r.txt s3://network-visualizer-data-production/r.txt",
			"echo two > r.txt; ls r.txt", "r.txt: its content is not what was approved",
		},
		"a folder that is uploaded": {
			"echo one > d/b; ls d", "aws s3 sync d s3://network-visualizer-data-production/d",
			"echo two > d/b; ls d", "d/b: its content is not what was approved",
		},
	} {
		t.Run(name, func(t *testing.T) {
			folder := runbookFolder(t,
				"# Book\n\n## Mine\n\n```bash\n#| title: First\n"+c.first+"\n```\n\n```bash\n#| title: Change\n"+c.change+
					"\n```\n\n```bash\n#| title: Other\n"+c.other+"\n```\n")
			d := filepath.Join(folder, "d")
			if err := errors.Join(os.Mkdir(d, 0o700), os.WriteFile(filepath.Join(d, "a"), nil, 0o600)); err != nil {
				t.Fatal(err)
			}
			s := start(t, folder)
			form := url.Values{
				"procedure": {"book/mine"}, "environment": {"sandbox"}, "as": {"theirs"}, "back": {"/procedures/book/mine"},
			}
			press := func(step string) string {
				form.Set("step", step)
				status, body := post(t, s.address+"/press", form)
				if status != 200 {
					t.Fatalf("%s was pressed: %d %s", step, status, body)
				}
				return body
			}
			ended := func(n int) {
				eventually(t, fmt.Sprintf("%d steps have ended", n), func() bool {
					_, body := get(t, s.address+"/procedures/book/mine")
					return strings.Count(body, "data-verdict=\"info\"") >= n
				})
			}
			press("first")
			ended(1) // what is planned before reads what is there before
			found := asked.FindStringSubmatch(press("change"))
			press("other")
			ended(2)
			form.Set("confirmed", found[1])
			press("change")
			body := s.waitFor(t, "/procedures/book/mine", "data-verdict=\"error\"")
			if !strings.Contains(body, c.want) {
				t.Errorf("the page does not say %q: %s", c.want, body)
			}
		})
	}
}
