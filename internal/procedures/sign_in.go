package procedures

import "time"

// SignIn is a person who has signed in, in one browser.
type SignIn struct {
	// ID is random, and nothing that a browser sends.
	ID string
	// Provider is the name of what signed the person in, as the configuration has it. Issuer and Subject are the person's, and
	// Session is the provider's own name of its session, empty where it has none.
	Provider, Issuer, Subject, Session string
	// Name is what others see, Email an address that the provider verified, Groups what it says that the person belongs to.
	Name, Email string
	Groups      []string
	// Browser is what it calls itself, Address where it was seen last.
	Browser, Address string
	// Kept is what the provider gave for later, encrypted.
	Kept []byte
	// Begun is when the person signed in, Used when a page was asked for last, Refreshed when the provider was asked last what holds
	// of the person. They are exact to a millisecond.
	Begun, Used, Refreshed time.Time
}
