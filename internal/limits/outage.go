package limits

// UnwrittenBytes is the bound of what waits on disk while the database takes nothing.
var UnwrittenBytes = row(&Row{
	Name: "unwritten_bytes", Value: 256 << 20, Unit: Bytes,
	Bounds:  "events on disk that the database has not taken yet, of all steps of a server",
	Message: "the disk holds %s of events that the database has not taken, which is all that it may",
	Advice:  "bring the database back; steps wait until it takes them",
})
