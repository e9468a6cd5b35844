package templates

import (
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// DiffLine is a line of a correction.
type DiffLine struct {
	Sign string // "+" for a new line, "-" for one that goes, " " for one that stays
	Text string
}

// correction is the difference between a step's mistaken statement and its correction, line by line.
func correction(s *procedures.Step, m procedures.Finding) []DiffLine {
	corrected := strings.Split(strings.TrimRight(m.Corrected, "\n"), "\n")
	return diffLines(statement(s, m.Line, corrected), corrected)
}

// statement is the statement of a step's source that a line of the file belongs to and that is corrected: with the lines
// that a backslash at the end joins to it, and those of a loop or a condition up to where both end alike.
func statement(s *procedures.Step, line int, corrected []string) []string {
	lines := strings.Split(strings.TrimRight(s.Source, "\n"), "\n")
	at := line - s.Line
	if at < 0 || at >= len(lines) {
		return nil
	}
	first, last := at, at
	for first > 0 && strings.HasSuffix(strings.TrimRight(lines[first-1], " "), "\\") {
		first--
	}
	for last < len(lines)-1 && strings.HasSuffix(strings.TrimRight(lines[last], " "), "\\") {
		last++
	}
	if end := first + len(corrected) - 1; end > last && end < len(lines) &&
		strings.TrimSpace(lines[end]) == strings.TrimSpace(corrected[len(corrected)-1]) {
		last = end
	}
	return lines[first : last+1]
}

// diffLines compares by the longest common subsequence of lines, ignoring indentation.
func diffLines(before, after []string) []DiffLine {
	same := func(i, j int) bool { return strings.TrimSpace(before[i]) == strings.TrimSpace(after[j]) }
	longest := make([][]int, len(before)+1)
	for i := range longest {
		longest[i] = make([]int, len(after)+1)
	}
	for i := len(before) - 1; i >= 0; i-- {
		for j := len(after) - 1; j >= 0; j-- {
			if same(i, j) {
				longest[i][j] = longest[i+1][j+1] + 1
			} else {
				longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			}
		}
	}
	var out []DiffLine
	i, j := 0, 0
	for i < len(before) || j < len(after) {
		switch {
		case i < len(before) && j < len(after) && same(i, j):
			out = append(out, DiffLine{" ", after[j]})
			i, j = i+1, j+1
		case i < len(before) && (j == len(after) || longest[i+1][j] >= longest[i][j+1]):
			out = append(out, DiffLine{"-", before[i]})
			i++
		default:
			out = append(out, DiffLine{"+", after[j]})
			j++
		}
	}
	return out
}

// diffClass is the class of a line of a difference.
func diffClass(l DiffLine) string {
	switch l.Sign {
	case "+":
		return "plus"
	case "-":
		return "minus"
	}
	return ""
}

// severityTone is the colour of a severity.
func severityTone(s procedures.Severity) string {
	switch s {
	case procedures.SeverityError:
		return "fail"
	case procedures.SeverityWarning:
		return "warn"
	}
	return "none"
}

// Mistakes is the page of all mistakes.
type Mistakes struct {
	Frame
	Source string
	Groups []MistakeGroup
	// Undelivered is what could not be told to people, the newest first.
	Undelivered []Undelivered
}

// Undelivered is a message that a notification of the configuration did not take.
type Undelivered struct {
	Notification, Event, Error string
	At                         time.Time // of what it tells
	Attempts                   int
	Next                       time.Time // of the next attempt; zero where it was given up
}

// MistakeGroup is the mistakes of one severity.
type MistakeGroup struct {
	Severity procedures.Severity
	Says     string // what the severity means
	List     []FoundMistake
}

// FoundMistake is a mistake with all places that have it, in one file.
type FoundMistake struct {
	procedures.Finding
	Places []MistakePlace
}

// MistakePlace is where a mistake is, and the page that shows it there.
type MistakePlace struct {
	Line int
	URL  string // empty where it is on no page
	Step *procedures.Step
}
