// Package lint prints what is wrong in runbooks, for people and for the tools that read such lists, and applies corrections.
package lint

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
)

// Document is a file that was read.
type Document struct {
	// Name is how the file is called in reports: with the path by which it was asked for.
	Name     string
	Text     string // with line feeds; "" where it could not be read
	Findings []procedures.Finding
}

// Report is what was found in some documents.
type Report struct {
	Documents []Document
	Version   string // of the program
	Fixed     int    // corrections that were applied
}

// Add takes the documents of a library. name says how one of its files is called in the report, and whether it is in it.
func (r *Report) Add(lib *runbook.Library, name func(file string) (string, bool)) {
	byFile := map[string][]procedures.Finding{}
	for _, m := range lib.Findings {
		byFile[m.File] = append(byFile[m.File], m)
	}
	files := lib.Files()
	for file := range byFile {
		if !slices.Contains(files, file) {
			files = append(files, file)
		}
	}
	for _, file := range files {
		shown, wanted := name(file)
		if !wanted {
			continue
		}
		d := Document{Name: shown}
		d.Text, _ = lib.Markdown(file)
		for _, m := range byFile[file] {
			m.File = shown
			d.Findings = append(d.Findings, m)
		}
		r.Documents = append(r.Documents, d)
	}
}

// Sort orders the documents by name, and drops one that is there twice.
func (r *Report) Sort() {
	slices.SortStableFunc(r.Documents, func(a, b Document) int { return cmp.Compare(a.Name, b.Name) })
	r.Documents = slices.CompactFunc(r.Documents, func(a, b Document) bool { return a.Name == b.Name })
}

// Count is the number of findings of a severity.
func (r *Report) Count(severity procedures.Severity) int {
	n := 0
	for _, d := range r.Documents {
		for _, m := range d.Findings {
			if m.Severity == severity {
				n++
			}
		}
	}
	return n
}

// findings are those of all documents, never nil.
func (r *Report) findings() []procedures.Finding {
	all := []procedures.Finding{}
	for _, d := range r.Documents {
		all = append(all, d.Findings...)
	}
	return all
}

// Formats are the names of what Write writes.
var Formats = []string{"text", "json", "sarif", "github", "junit"}

// Write prints the report in one of Formats.
func (r *Report) Write(w io.Writer, format string) error {
	switch format {
	case "text":
		return r.text(w)
	case "json":
		return r.json(w)
	case "sarif":
		return r.sarif(w)
	case "github":
		return r.github(w)
	case "junit":
		return r.junit(w)
	}
	return fmt.Errorf("there is no format %q", format)
}

// text prints a finding a line, as compilers do, the corrected line below it, and the counts at the end.
func (r *Report) text(w io.Writer) error {
	var out strings.Builder
	for _, m := range r.findings() {
		fmt.Fprintf(&out, "%s:%d:%d: %s: %s [%s]\n", OneLine(m.File), m.Line, m.Column, m.Severity, OneLine(m.Message), m.Rule)
		if m.Corrected == "" {
			continue
		}
		for line := range strings.SplitSeq(strings.TrimRight(m.Corrected, "\n"), "\n") {
			fmt.Fprintf(&out, "    %s\n", OneLine(line))
		}
	}
	if r.Fixed > 0 {
		fmt.Fprintf(&out, "%s applied\n", Plural(r.Fixed, "correction"))
	}
	fmt.Fprintf(&out, "%s in %s: %s, %s, %s\n", Plural(len(r.findings()), "finding"), Plural(len(r.Documents), "document"),
		Plural(r.Count(procedures.SeverityError), "error"), Plural(r.Count(procedures.SeverityWarning), "warning"),
		Plural(r.Count(procedures.SeverityNote), "note"))
	_, err := io.WriteString(w, out.String())
	return err
}

// Plural is a number with its noun.
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// OneLine writes what would begin a line of its own, or move a terminal's cursor, as an escape: names of files and text of
// documents are anybody's.
func OneLine(text string) string {
	var out strings.Builder
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD"):
			fmt.Fprintf(&out, `\x%02x`, text[i])
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r):
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// json prints the findings as `list --format json` has them, with the counts.
func (r *Report) json(w io.Writer) error {
	return writeJSON(w, struct {
		Documents int                  `json:"documents"`
		Errors    int                  `json:"errors"`
		Warnings  int                  `json:"warnings"`
		Notes     int                  `json:"notes"`
		Fixed     int                  `json:"fixed"`
		Findings  []procedures.Finding `json:"findings"`
	}{len(r.Documents), r.Count(procedures.SeverityError), r.Count(procedures.SeverityWarning), r.Count(procedures.SeverityNote),
		r.Fixed, r.findings()})
}

func writeJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// column is a finding's column in units of UTF-16, or in characters. Findings count bytes.
func (d *Document) column(m procedures.Finding, utf16Units bool) int {
	lines := strings.Split(d.Text, "\n")
	if m.Line < 1 || m.Line > len(lines) || m.Column < 1 || m.Column-1 > len(lines[m.Line-1]) {
		return max(1, m.Column)
	}
	before := lines[m.Line-1][:m.Column-1]
	if !utf16Units {
		return utf8.RuneCountInString(before) + 1
	}
	n := 1
	for _, r := range before {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}
