// Package report prints what a benchmark measured: one Markdown table, and the machine that
// it is of.
package report

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Machine says on what was measured.
func Machine() string {
	return fmt.Sprintf("%d cores, %s/%s, %s", runtime.GOMAXPROCS(0), runtime.GOOS, runtime.GOARCH, runtime.Version())
}

// Percentile returns the smallest value that p (between 0 and 1) of all values do not
// exceed. It sorts them.
func Percentile(values []time.Duration, p float64) time.Duration {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[min(int(p*float64(len(values))), len(values)-1)]
}

// Median is the value in the middle. It sorts them.
func Median(values []time.Duration) time.Duration { return Percentile(values, 0.5) }

// Time writes a duration with three digits.
func Time(d time.Duration) string {
	switch {
	case d >= time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d >= 100*time.Millisecond:
		return fmt.Sprintf("%d ms", d.Round(time.Millisecond).Milliseconds())
	case d >= time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	}
	return fmt.Sprintf("%.0f µs", float64(d)/float64(time.Microsecond))
}

// Times writes how many times longer a is than b.
func Times(a, b time.Duration) string {
	ratio := float64(a) / float64(b)
	if ratio >= 10 {
		return fmt.Sprintf("%.0f ×", ratio)
	}
	return fmt.Sprintf("%.2f ×", ratio)
}

// Table writes a Markdown table: the first row is its head, and all columns but the first
// are numbers, which stand to the right. All rows have as many cells as the head.
func Table(w io.Writer, rows [][]string) error {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell), 4)
		}
	}
	var out strings.Builder
	for n, row := range rows {
		for i, cell := range row {
			if i == 0 {
				out.WriteString("| " + cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)))
			} else {
				out.WriteString(" | " + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)) + cell)
			}
		}
		out.WriteString(" |\n")
		if n > 0 {
			continue
		}
		for i, width := range widths {
			// A colon at the end aligns a column to the right:
			// https://github.github.com/gfm/#tables-extension-
			rule := strings.Repeat("-", width)
			if i > 0 {
				rule = rule[1:] + ":"
			}
			out.WriteString(map[bool]string{true: "| ", false: " | "}[i == 0] + rule)
		}
		out.WriteString(" |\n")
	}
	_, err := io.WriteString(w, out.String())
	return err
}
