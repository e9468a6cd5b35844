package lines

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/opsbook/opsbook/internal/lazy"
)

// Tally counts comparisons. It is safe for concurrent use.
type Tally struct {
	Differences []string

	mu                   sync.Mutex
	lines, same, refused int
	unfounded            int
	services             map[string]bool
}

// notHere is the exit status of what is not carried out, which is said before anything is sent.
const notHere = 127

// unfounded is what the AWS CLI says where a native library is only stood in for: of version 4a signatures, and of some checksums.
var unfounded = []string{"'int' object is not callable", "argument should be a bytes-like object or ASCII string, not 'NoneType'",
	"unsupported operand type(s) for &: 'NoneType' and 'int'"}

var comment = lazy.Regexp(`(?m) *#.*$`)

// Add compares two answers.
func (t *Tally) Add(l *Line, theirs, ours Answer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.services == nil {
		t.services = map[string]bool{}
	}
	t.lines++
	t.services[l.Operation.Service.Name] = true
	if slices.ContainsFunc(unfounded, func(text string) bool { return strings.Contains(theirs.Stderr, text) }) {
		t.unfounded++
		return
	}
	if slices.Contains(l.Args, "yaml-input") || slices.Contains(l.Args, "--generate-cli-skeleton=yaml-input") {
		// The models here are without the descriptions that stand in comments there.
		theirs.Stdout, ours.Stdout = comment().ReplaceAllString(theirs.Stdout, ""), comment().ReplaceAllString(ours.Stdout, "")
	}
	switch {
	case theirs == ours:
		t.same++
	case ours.Status == notHere && ours.Requests == "":
		t.refused++
	default:
		t.Differences = append(t.Differences, difference(l, theirs, ours))
	}
}

// String are the figures.
func (t *Tally) String() string {
	return fmt.Sprintf("%d lines over %d services: %d the same, %d not carried out, %d without a reference, %d differ\n", t.lines,
		len(t.services), t.same, t.refused, t.unfounded, len(t.Differences))
}

// difference says what is not the same; its first line is sorted by.
func difference(l *Line, theirs, ours Answer) string {
	var parts []string
	var text strings.Builder
	for _, p := range []struct{ name, theirs, ours string }{
		{"status", fmt.Sprint(theirs.Status), fmt.Sprint(ours.Status)}, {"requests", theirs.Requests, ours.Requests},
		{"stdout", theirs.Stdout, ours.Stdout}, {"stderr", theirs.Stderr, ours.Stderr}, {"files", theirs.Files, ours.Files},
	} {
		if p.theirs != p.ours {
			parts = append(parts, p.name)
			fmt.Fprintf(&text, "  %s of the AWS CLI\n%s\n  ours\n%s\n", p.name, cut(p.theirs, p.ours), cut(p.ours, p.theirs))
		}
	}
	return fmt.Sprintf("--- %s: %s\n%s", strings.Join(parts, ", "), l, text.String())
}

// cut is a text from a little before where it differs from another one.
func cut(text, other string) string {
	at := 0
	for at < len(text) && at < len(other) && text[at] == other[at] {
		at++
	}
	from, to := max(0, at-150), min(len(text), at+250)
	return strings.ToValidUTF8(text[from:to], "?")
}

// Written are the files that a line has made in its folder.
func Written(dir string, l *Line) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, e := range entries {
		if _, given := l.Files[e.Name()]; given {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&out, "%s %q\n", e.Name(), data)
	}
	return out.String(), nil
}
