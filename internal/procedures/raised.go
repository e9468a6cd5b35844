package procedures

import "time"

// Raised is somebody who has broken glass: for a while, and for a reason, they may run more than their roles say.
type Raised struct {
	ID string
	// Issuer, Subject, Email and Name are the person's: see access.Person.
	Issuer, Subject, Email, Name string
	Reason                       string
	Begun, Until                 time.Time
}
