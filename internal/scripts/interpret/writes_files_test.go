package interpret

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/bench/fidelity/snippets"
)

// TestWritersOfFilesAreKnown runs every recorded snippet of which the analysis says that it writes no file, and looks: steps that
// leave files run in their order, since nobody knows which files the others read.
func TestWritersOfFilesAreKnown(t *testing.T) {
	list := recordedAnswers(t)
	if testing.Short() || raced {
		list = list[:len(list)/8]
	}
	none, some := 0, 0
	for _, a := range list {
		if analysed(a.Text).WritesFiles {
			some++
		} else {
			none++
		}
	}
	if none < len(list)/3 || some < len(list)/20 {
		t.Errorf("%d snippets write no file, and %d do: one of both is always said", none, some)
	}
	each(list, func(a answered) {
		if leftOut(a.Text) != "" || analysed(a.Text).WritesFiles {
			return
		}
		var folder, before string
		_, _, _, _ = runScript(t, a.Text+"\n", func(e *Execution) {
			e.Args = snippets.Args
			own, ok := e.Files.(*Folder)
			if !ok {
				t.Errorf("the files are %T", e.Files)
				return
			}
			folder = own.Own.Name()
			if err := snippets.Lay(folder); err != nil {
				t.Error(err)
			}
			before = listed(t, folder)
		})
		if after := listed(t, folder); after != before {
			t.Errorf("files are written, and the analysis knows nothing of it:\n%s\nbefore %s\nafter  %s", a.Text, before, after)
		}
	})
}

// listed is what lies in a folder: names with their content.
func listed(t *testing.T, folder string) string {
	t.Helper()
	var out strings.Builder
	err := fs.WalkDir(os.DirFS(folder), ".", func(name string, d fs.DirEntry, err error) error {
		out.WriteString(name + " ")
		if err == nil && d.Type().IsRegular() {
			var text []byte
			text, err = os.ReadFile(folder + "/" + name)
			out.WriteString(string(text) + "\n")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return out.String()
}
