package procedures

// Notification is a message of another process on the same database. It may be lost, and comes in no order: what has to be exact is
// read in the database.
type Notification struct {
	// From names the process.
	From string `json:"from"`
	// Topics are what changed.
	Topics []string `json:"topics,omitempty"`
	// Notes are what it has to say at the moment, the newest by subject.
	Notes map[string]string `json:"notes,omitempty"`
	// Ended reports that the process goes: nothing that it noted is so any more.
	Ended bool `json:"ended,omitempty"`
}
