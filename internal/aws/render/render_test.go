package render

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/document"
)

// recorded is a document with what the AWS CLI's formatters print of it.
type recorded struct {
	name, document string
	printed        map[string]string // by format; "! " and the text of an error at the end
}

// readRecorded reads testdata/formats.txt: "== name", a line with the document, and for each format "-- format", the
// lines behind "|", and a line "\" where the last one has no line break.
func readRecorded(t *testing.T) []recorded {
	t.Helper()
	data, err := os.ReadFile("testdata/formats.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []recorded
	format := ""
	for line := range strings.SplitSeq(strings.TrimSuffix(string(data), "\n"), "\n") {
		var at *recorded
		if len(out) > 0 {
			at = &out[len(out)-1]
		}
		switch {
		case strings.HasPrefix(line, "== "):
			out, format = append(out, recorded{name: line[3:], printed: map[string]string{}}), ""
		case strings.HasPrefix(line, "-- "):
			format = line[3:]
			at.printed[format] = ""
		case at != nil && format == "":
			at.document = line
		case strings.HasPrefix(line, "|"):
			at.printed[format] += line[1:] + "\n"
		case strings.HasPrefix(line, "! "):
			at.printed[format] += line
		case line == `\`:
			at.printed[format] = strings.TrimSuffix(at.printed[format], "\n")
		}
	}
	return out
}

// TestFormatsAreTheCLIs compares each format of each document with what the AWS CLI's formatters print.
func TestFormatsAreTheCLIs(t *testing.T) {
	t.Parallel()
	all := readRecorded(t)
	if len(all) < 25 {
		t.Fatalf("only %d documents", len(all))
	}
	for _, r := range all {
		v, err := document.Parse([]byte(r.document))
		if err != nil {
			t.Fatal(r.name, err)
		}
		for _, format := range []string{"json", "text", "table", "yaml", "yaml-stream"} {
			want, ok := r.printed[format]
			if !ok {
				t.Fatalf("%s has no %s", r.name, format)
			}
			var got strings.Builder
			if err := Write(&got, format, "DescribeThings", v); err != nil {
				fmt.Fprintf(&got, "! %v", err)
			}
			if strings.HasPrefix(want, "! string indices") { // an error of Python's, which says less than ours
				want = "! a list of objects holds b as well"
			}
			if got.String() != want {
				t.Errorf("%s as %s\n--- the AWS CLI\n%s\n--- here\n%s", r.name, format, want, got.String())
			}
		}
	}
}

// broken fails after some bytes.
type broken struct{ left int }

func (b *broken) Write(p []byte) (int, error) {
	if len(p) > b.left {
		return b.left, errors.New("nobody reads")
	}
	b.left -= len(p)
	return len(p), nil
}

func TestWhatCannotBeWrittenIsAnError(t *testing.T) {
	t.Parallel()
	v := document.NewObject(document.Member{Name: "A", Value: "text"})
	for _, format := range Formats {
		if err := Write(&broken{}, format, "T", v); (err == nil) != (format == "off") {
			t.Errorf("%s to a closed pipe: %v", format, err)
		}
	}
	if err := Write(&strings.Builder{}, "wide", "T", v); err == nil || err.Error() != "Unknown output type: wide" {
		t.Errorf("an unknown format: %v", err)
	}
}

// TestWidths measures texts as the AWS CLI does: it takes East Asian characters that are ambiguous for wide.
func TestWidths(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"": 0, "abc": 3, "日本": 4, "ＡＢ": 4, "é": 2, "e\u0301": 3, "…": 2, "😀": 2, "\u200b": 1,
	} {
		if got := displayWidth(text); got != want {
			t.Errorf("%q is %d columns, want %d", text, got, want)
		}
	}
}
