package templates

import "github.com/opsbook/opsbook/internal/procedures"

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
