package templates

// Notice is an error page.
type Notice struct {
	Frame
	Status int
	Head   string
	Text   string
}

// Lost is the page of an address that there is not.
type Lost struct {
	Head, Text string
	Assets     string // a version of the static files, for their addresses
	Theme      string
}
