package procedures

import "time"

// Account is a person whom the portal itself knows by a password, as it is kept.
type Account struct {
	// ID is random and does not change: it is the person's subject.
	ID string
	// Email is unique, in lower case: people sign in with it. Whoever invited the person vouches for it. Name is what others see.
	Email, Name string
	// Groups are what roles of the configuration go by.
	Groups []string
	// Password is the hash, with its parameters.
	Password string
	// Secret is that of the person's codes, encrypted; empty for none. Step is the last step of time of which a code was used.
	Secret []byte
	Step   int64
	// Version grows with each change, over all accounts: who changes an account names the one that was read.
	Version int64
	// By is who let the person in. Used is when they signed in last, Disabled since when they cannot, zero where they can.
	By                   string
	Made, Used, Disabled time.Time
}

// LinkKind is what a link of an account is for.
type LinkKind string

// The kinds of links.
const (
	LinkFirst  LinkKind = "first"  // makes the first account
	LinkInvite LinkKind = "invite" // makes an account
	LinkReset  LinkKind = "reset"  // sets a new password
)

// AccountLink is a link that counts once, as it is kept: without what stands in the address.
type AccountLink struct {
	// ID tells links apart, and opens none.
	ID   string
	Kind LinkKind
	// Email is whom it is for; empty for the first account. Groups are those of the account that it makes.
	Email  string
	Groups []string
	// Account is the one that it is of, where it resets one. Factors reports that codes and passkeys are removed with it.
	Account string
	Factors bool
	// By is the name of who made it, Maker their key as approvals keep it; empty for who answers for nothing in the portal.
	By, Maker     string
	Made, Expires time.Time
}

// AccountChange is a change of an account, all of it or nothing.
type AccountChange struct {
	// Account is how it is to be, with the version of how it was read. Its secret, step, email and times of use are left as they are.
	Account *Account
	// Link is the hash of the link that is used up by it; empty for none.
	Link string
	// End ends its sign-ins, but for Keep.
	End  bool
	Keep string
	// Factors takes away its codes and passkeys. Links ends the open links that are for it, Lent those that it has invited others with, by
	// its key.
	Factors, Links bool
	Lent           string
}

// Passkey is a key of an account that an authenticator holds the other half of.
type Passkey struct {
	// ID is the credential's, as base64 for addresses. Account is whose it is, Name what they call it.
	ID, Account, Name string
	// Key is the public key, as SubjectPublicKeyInfo (RFC 5280, 4.1).
	Key []byte
	// Counter is the authenticator's, as it was told last; 0 where it has none.
	Counter uint32
	// Challenged is when the newest challenge was made that was answered with it. Used is zero for never.
	Challenged, Made, Used time.Time
}
