package templates

import (
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Table is a document as rows.
type Table struct {
	Columns []string
	Rows    [][]Cell
	More    int  // rows that are left out
	Judged  bool // its rows have verdicts; on a narrow page each is a block
}

// Cell is one value.
type Cell struct {
	Text    string
	Number  bool
	Verdict procedures.Verdict
}

// classes are how a cell is set: numbers to the right, short ones on one line, empty ones hidden on a narrow page.
func (c Cell) classes() string {
	var out []string
	if c.Number {
		out = append(out, "n")
	}
	if len(c.Text) <= 20 {
		out = append(out, "short")
	}
	if c.Text == "" && c.Verdict == "" {
		out = append(out, "none")
	}
	return strings.Join(out, " ")
}
