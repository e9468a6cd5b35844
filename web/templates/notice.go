package templates

// Notice is an error page.
type Notice struct {
	Frame
	Status int
	Head   string
	Text   string
}
