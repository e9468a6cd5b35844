package templates

import (
	"cmp"

	"github.com/opsbook/opsbook/internal/procedures"
)

// named is the title, with the environment first: tabs and bookmarks show their beginning.
func (f *Frame) named() string {
	if f.Environment.Name == "" {
		return f.Title
	}
	return f.Environment.Name + " · " + f.Title
}

// Frame is what every page has around its content.
type Frame struct {
	Title       string
	Description string // for what unfurls links
	Canonical   string // the page's full address
	Card        string // the full address of the picture that links to it show; empty for none
	Assets      string // a version of the static files, for their addresses
	Here        string // path and query of this page, to come back to
	Other       string // the page that other environments have in place of this one; empty for the same
	Current     string // the procedure that is open, for the navigation

	Environment  procedures.Environment
	Environments []procedures.Environment
	Before       string // the environment in which the person was, where a link from outside led to another; empty otherwise
	Account      string
	Verified     bool // AWS has said that calls go to the account
	Region       string

	Chapters []NavChapter
	Mistakes int // of severity error, in all runbooks
	Waiting  int // how much waits for the reader, in all environments
	Person   string
	Mark     string // tells on the page whether something is the person's own; empty where nothing tells
	Claimed  bool
	// LocalAccounts reports that the portal has accounts of its own, OwnAccount that the reader's is one.
	LocalAccounts, OwnAccount bool

	SignedIn bool   // in the portal itself, so that the person can sign out
	Theme    string // "light", "dark", or "" for the system's
	Flash    string // said once
	Faults   []Fault
	Rights   Rights // what the reader may not do here
	Raised   []Raised
	// FaultsSay says why the faults are not known; empty where they are.
	FaultsSay string
}

// elsewhere is what is shown when another environment is chosen.
func (f *Frame) elsewhere() string { return cmp.Or(f.Other, f.Here) }
