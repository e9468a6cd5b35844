package procedures

// Document is a file of Markdown as a page: all that it says, in its order. What is run of it are its procedures.
// It is never changed after it was read.
type Document struct {
	ID     string   // its path below the library's folder, as identifiers have it: "operational-procedures"
	Former []string // what ID was before the file was renamed
	Title  string
	File   string // path below the library's folder, with forward slashes
	Source string // as it was read
	Lines  int    // of its source
	// Blocks is how many blocks of code it has.
	Blocks int
	// Parts are all of it: text, and each procedure where it begins.
	Parts      []DocumentPart
	Procedures []*Procedure // in the order of the text
	// Reading says how the document was taken apart.
	Reading Reading
	// Before is what stands before and between its procedures, HTML: pages of one of several procedures show it one fold away.
	// Empty where the document is one procedure.
	Before   string
	Findings []Finding // those that are of none of its procedures
	// OtherKeys are the keys of its front matter that are other tools', with their values, as they are written.
	OtherKeys string
	// Unshown are the lines that are on no page, by their order: comments, scripts, styles.
	Unshown []Unshown
}

// Unshown are lines of a source that are on no page, and why: "comment", "script", "style", "definition" (of a link), "directive" (its
// options).
type Unshown struct {
	Line int    `json:"line"`
	Last int    `json:"last"`
	Why  string `json:"why"`
}

// DocumentPart is text of a document, or one of its procedures with all that stands under its heading.
type DocumentPart struct {
	HTML      string     // made as a Content's is; empty when Procedure is set
	Line      int        // where it begins, from 1
	Procedure *Procedure // nil for text
}

// One returns the procedure that a document is as a whole, nil where it is several or none. Scripts and collections in it may be
// procedures besides.
func (d *Document) One() *Procedure {
	for _, p := range d.Procedures {
		if p.Whole {
			return p
		}
	}
	return nil
}

// Reading says whether a document is one procedure or several, and why.
type Reading struct {
	Rule    string // short and stable, such as "variable"; empty where nothing was to be decided
	Because string // the end of "one procedure, because …", in plain text
	Line    int    // of the source, where one decided; 0 for none
	Change  string // the line of front matter that changes it: "procedure: heading"
}
