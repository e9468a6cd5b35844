// Package snippets are scripts to compare with bash: collected and generated ones, what bash answers, and how answers differ.
//
// None of them needs more than a folder of its own, and none can do anything outside of it: they write no absolute names but /dev/null
// and below /tmp of the script, start no program that is not a small filter, and have no loop without an end.
package snippets

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Snippet is a script of some lines.
type Snippet struct {
	Family string // what it tries
	Text   string
}

// Args are the positional parameters that each snippet is run with.
var Args = []string{"one", "two"}

// Folders are there when a snippet begins, each with an empty file y in it.
var Folders = []string{"d", "s"}

// Lay makes the folders.
func Lay(folder string) error {
	for _, name := range Folders {
		path := filepath.Join(folder, name)
		if err := os.Mkdir(path, 0o777); err != nil {
			return err
		}
		if err := errors.Join(os.Chmod(path, 0o777), os.WriteFile(filepath.Join(path, "y"), nil,
			0o666)); err != nil {
			return err
		}
	}
	return nil
}

// Answer is how a snippet ended.
type Answer struct {
	Stdout  string
	Status  int
	Quiet   bool   // nothing was printed on standard error
	Refused string // why it was not run at all; of the interpreter only
}

//go:embed collected/*.txt
var collected embed.FS

// Collected are the snippets that people wrote: one family a file.
func Collected() []Snippet {
	var out []Snippet
	entries, err := collected.ReadDir("collected")
	if err != nil {
		panic(err) // they are embedded
	}
	for _, e := range entries {
		text, err := collected.ReadFile("collected/" + e.Name())
		if err != nil {
			panic(err)
		}
		out = append(out, Parse(strings.TrimSuffix(e.Name(), ".txt"), string(text))...)
	}
	return out
}

// Parse are the snippets of a file, between which ---- stands on a line of its own.
func Parse(family, text string) []Snippet {
	var out []Snippet
	for s := range strings.SplitSeq(text, "\n----\n") {
		if s = strings.Trim(s, "\n"); s != "" {
			out = append(out, Snippet{family, s})
		}
	}
	return out
}

// Difference is a snippet whose answer is not bash's.
type Difference struct {
	Snippet
	Want, Got Answer
}

// Silent reports that nobody would have noticed: another result or another output, with nothing said on standard error.
func (d Difference) Silent() bool { return d.Got.Quiet }

// String shows the snippet and both answers.
func (d Difference) String() string {
	if d.Got.Refused != "" {
		return fmt.Sprintf("--- %s\n%s\n+++ bash %d quiet=%v\n%s\n+++ refused: %s\n", d.Family, d.Text, d.Want.Status, d.Want.Quiet,
			d.Want.Stdout, d.Got.Refused)
	}
	return fmt.Sprintf("--- %s\n%s\n+++ bash %d quiet=%v\n%s\n+++ ours %d quiet=%v\n%s\n", d.Family, d.Text,
		d.Want.Status, d.Want.Quiet, d.Want.Stdout, d.Got.Status, d.Got.Quiet, d.Got.Stdout)
}

// Report is a comparison of many snippets.
type Report struct {
	Compared, Refused map[string]int // by family
	Causes            map[string]int // of refusals
	Differences       []Difference   // of status or standard output
	NotRun            []Difference   // what was refused
	Messages          []Difference   // the same result, but one has said something on standard error, and the other has not
}

// NewReport is a report of nothing yet.
func NewReport() *Report {
	return &Report{Compared: map[string]int{}, Refused: map[string]int{}, Causes: map[string]int{}}
}

// Add compares the two answers of a snippet.
func (r *Report) Add(s Snippet, want, got Answer) {
	r.Compared[s.Family]++
	switch {
	case got.Refused != "":
		r.Refused[s.Family]++
		r.Causes[cause(got.Refused)]++
		r.NotRun = append(r.NotRun, Difference{s, want, got})
	case want.Status != got.Status || want.Stdout != got.Stdout:
		r.Differences = append(r.Differences, Difference{s, want, got})
	case want.Quiet != got.Quiet:
		r.Messages = append(r.Messages, Difference{s, want, got})
	}
}

// cause is a refusal without its line.
func cause(refused string) string {
	if _, rest, ok := strings.Cut(refused, ": "); ok && strings.HasPrefix(refused, "Line ") {
		refused = rest
	}
	if rest, ok := strings.CutPrefix(refused, "The script cannot be parsed: "); ok {
		_, rest, _ = strings.Cut(rest, ": ")
		return "cannot be parsed: " + rest
	}
	return refused
}

// Silent are the differences that nobody would have noticed.
func (r *Report) Silent() []Difference {
	return slices.DeleteFunc(slices.Clone(r.Differences), func(d Difference) bool { return !d.Silent() })
}

// String is the report as a table.
func (r *Report) String() string {
	var b strings.Builder
	all, refused := 0, 0
	differs := map[string]int{}
	for _, d := range r.Differences {
		differs[d.Family]++
	}
	fmt.Fprintf(&b, "%-14s %9s %9s %9s\n", "family", "compared", "refused", "different")
	for _, family := range sortedKeys(r.Compared) {
		fmt.Fprintf(&b, "%-14s %9d %9d %9d\n", family, r.Compared[family], r.Refused[family], differs[family])
		all, refused = all+r.Compared[family], refused+r.Refused[family]
	}
	fmt.Fprintf(&b, "%-14s %9d %9d %9d\n\n", "all", all, refused, len(r.Differences))
	fmt.Fprintf(&b, "%d silent differences; %d with a message; %d with the same result and only one message; %.1f %% refused\n",
		len(r.Silent()), len(r.Differences)-len(r.Silent()), len(r.Messages), 100*float64(refused)/float64(max(all, 1)))
	causes := sortedKeys(r.Causes)
	slices.SortStableFunc(causes, func(a, b string) int { return cmp.Compare(r.Causes[b], r.Causes[a]) })
	for _, c := range causes {
		fmt.Fprintf(&b, "%6d refused: %s\n", r.Causes[c], c)
	}
	return b.String()
}

func sortedKeys(m map[string]int) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
