// Package limits is the one table of what the server allows: how much memory a step may hold, how large a body may be, how long
// a header may take. A bound that is met is an *Error, which names its row; the row has the message, the metric's label and the
// line of docs/operating.md.
//
// It is a leaf: rooms above it read their bounds from the rows, and charge what they hold to a [Meter].
package limits

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Unit is what a row's value counts.
type Unit string

// The units. A Duration is in nanoseconds, as in package time.
const (
	Bytes    Unit = "bytes"
	Duration Unit = "duration"
	Count    Unit = "count"
)

// Row is one bound. Rows are made in this package, never changed, and compared by their addresses.
type Row struct {
	Name  string // the metric's label: "step_memory"
	Value int64  // in Unit
	Unit  Unit
	// Bounds says what it is a bound of, for docs/operating.md: "what a step may hold in memory".
	Bounds string
	// Message is what is said when it is reached; %s stands for the value: "the step held more than %s and was stopped".
	Message string
	// Advice is what to do then: "read the file in parts".
	Advice string

	reached atomic.Int64
}

// Size is the value as the type that lengths have.
func (r *Row) Size() int { return int(r.Value) }

// Time is the value of a row whose unit is Duration.
func (r *Row) Time() time.Duration { return time.Duration(r.Value) }

// String is the value as people read it: "64 MB", "200,000", "1h0m0s".
func (r *Row) String() string { return r.Unit.format(r.Value) }

// Times is how often the bound was met since the process began.
func (r *Row) Times() int64 { return r.reached.Load() }

// Reached is the error of the bound, which was met; it is counted.
func (r *Row) Reached() *Error { return r.ReachedAt(r.Value) }

// ReachedAt is Reached where another value holds in the row's place, such as that of a step's annotation.
func (r *Row) ReachedAt(value int64) *Error {
	r.reached.Add(1)
	return &Error{Row: r, Value: value}
}

// Error says that a bound was met.
type Error struct {
	Row   *Row
	Value int64 // in the row's unit: the row's, or the one that held in its place
	// Where is the place in front of the message, "line 3"; empty where none is known.
	Where string
}

// At is the error with a place in front of its message. An empty one changes nothing.
func (e *Error) At(where string) *Error { return &Error{e.Row, e.Value, where} }

// Error is the row's message with the value in it, and what to do.
func (e *Error) Error() string {
	text := e.Row.Message
	if strings.Contains(text, "%s") {
		text = fmt.Sprintf(text, e.Row.Unit.format(e.Value))
	}
	if e.Where != "" {
		text = e.Where + ": " + text
	}
	if e.Row.Advice != "" {
		text += "; " + e.Row.Advice
	}
	return text
}

// format writes a value as people read it.
func (u Unit) format(n int64) string {
	switch u {
	case Duration:
		text := time.Duration(n).String()
		if strings.HasSuffix(text, "m0s") {
			text = strings.TrimSuffix(text, "0s")
		}
		if strings.HasSuffix(text, "h0m") {
			text = strings.TrimSuffix(text, "0m")
		}
		return text
	case Bytes:
		for _, size := range []struct {
			bytes int64
			name  string
		}{{1 << 30, "GB"}, {1 << 20, "MB"}, {1 << 10, "kB"}} {
			if n >= size.bytes && n%size.bytes == 0 {
				return thousands(n/size.bytes) + " " + size.name
			}
		}
		return thousands(n) + " bytes"
	default:
		return thousands(n)
	}
}

// thousands writes a number with commas between its thousands.
func thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 && digits[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// table has every row, in the order of their files.
var table []*Row

// row adds one to the table.
func row(r *Row) *Row {
	table = append(table, r)
	return r
}

// Table returns every bound of the server. The slice is the caller's.
func Table() []*Row { return append([]*Row(nil), table...) }
