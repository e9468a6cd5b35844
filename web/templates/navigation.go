package templates

import "github.com/opsbook/opsbook/internal/procedures"

// NavChapter is a chapter in the navigation.
type NavChapter struct {
	Title      string
	Procedures []NavItem
}

// NavItem is a procedure in the navigation.
type NavItem struct {
	ID, Title string
	Words     string // what it is found by besides
	Verdict   procedures.Verdict
	Running   bool
	Open      bool // something is left of its run
}
