package templates

import "github.com/opsbook/opsbook/internal/procedures"

// RunFilePage is a file that a step wrote.
type RunFilePage struct {
	Frame
	Run      *procedures.Run
	Name     string
	Size     int64  // bytes
	Table    *Table // nil where the file is none
	Text     string
	Cut      bool   // the text goes on in the download
	Download string // its address
}
