package commands

import (
	"bufio"
	"errors"
	"io"
	"strings"

	"github.com/opsbook/opsbook/internal/limits"
)

// What a line costs besides its bytes.
const (
	lineBytes = 48 // held in a list that grows
	lineWork  = 50
)

// meterOf is the meter of the command that reads an input; nil for none.
func meterOf(r io.Reader) *limits.Meter {
	if c, ok := r.(*contextReader); ok {
		return c.meter
	}
	return nil
}

// lineReader reads an input line by line. What it charges is the longest line so far.
type lineReader struct {
	r       *bufio.Reader
	meter   *limits.Meter
	charged int
	end     byte // of a line
}

// newRecords reads lines that end with a byte.
func newRecords(r io.Reader, end byte) *lineReader {
	return &lineReader{r: bufio.NewReader(r), meter: meterOf(r), end: end}
}

// next returns a line with its newline. The last one may lack it and comes with io.EOF; a line
// of more than limits.LineBytes is an error.
func (l *lineReader) next() (string, error) {
	var line strings.Builder
	if err := l.meter.Work(lineWork); err != nil {
		return "", err
	}
	for {
		part, err := l.r.ReadSlice(l.end)
		if n := line.Len() + len(part); n > l.charged {
			if n > limits.LineBytes.Size() {
				return "", limits.LineBytes.Reached()
			}
			// a builder that grows holds its old bytes too
			if err := l.meter.Charge(3 * int64(n-l.charged)); err != nil {
				return "", err
			}
			l.charged = n
		}
		line.Write(part)
		// a full buffer is only a part of a long line
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line.String(), err
		}
	}
}

// close gives back what the reader holds.
func (l *lineReader) close() { l.meter.Release(3 * int64(l.charged)) }

// eachLine calls do with every line without its newline; the last one may lack it.
// An error of do ends the reading and is returned.
func eachLine(r io.Reader, do func(line string) error) error { return eachRecord(r, '\n', do) }

// eachRecord is eachLine for lines that end with another byte.
func eachRecord(r io.Reader, end byte, do func(line string) error) error {
	return eachWhole(r, end, func(line string, _ bool) error { return do(line) })
}

// eachWhole is eachRecord that says of each line whether it had its end.
func eachWhole(r io.Reader, end byte, do func(line string, ended bool) error) error {
	lines := newRecords(r, end)
	defer lines.close()
	for {
		line, err := lines.next()
		if line != "" {
			text, ended := strings.CutSuffix(line, string(end))
			if err := do(text, ended); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// allLines reads everything that the names hold, for commands that need it whole.
func allLines(r io.Reader, into *[]string) error { return allRecords(r, '\n', into) }

// allRecords is allLines for lines that end with another byte.
func allRecords(r io.Reader, end byte, into *[]string) error {
	meter := meterOf(r)
	return eachRecord(r, end, func(line string) error {
		if err := meter.Charge(int64(len(line) + lineBytes)); err != nil {
			return err
		}
		*into = append(*into, line)
		return nil
	})
}

// window holds lines that may be needed later.
type window struct {
	meter *limits.Meter
	lines []string
}

// push adds a line.
func (w *window) push(line string) error {
	if err := w.meter.Charge(int64(len(line) + lineBytes)); err != nil {
		return err
	}
	w.lines = append(w.lines, line)
	return nil
}

// shift takes the oldest line out.
func (w *window) shift() string {
	line := w.lines[0]
	w.lines[0] = ""
	w.lines = w.lines[1:]
	w.meter.Release(int64(len(line) + lineBytes))
	return line
}

// keep drops the oldest lines until n are left.
func (w *window) keep(n int) {
	for len(w.lines) > n {
		w.shift()
	}
}
