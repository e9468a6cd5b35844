package access

import (
	"strings"

	"golang.org/x/text/secure/precis"

	"github.com/opsbook/opsbook/internal/procedures"
)

// IssuerSession is the issuer of people who only said their name: Subject is their session's own random id, which says that
// two presses came from one browser and nothing about who sat before it.
const IssuerSession = "session"

// IssuerProxy is the issuer of people whom the trusted proxy signed in.
const IssuerProxy = "proxy"

// IssuerLocal is the issuer of people whom the portal itself knows: see package accounts.
const IssuerLocal = "local"

// Person is somebody who uses the portal: a name to show, and what tells people apart whatever they call themselves.
type Person struct {
	// Name is what others see.
	Name string
	// Claimed reports that the name was not verified.
	Claimed bool
	// Issuer says who vouches for Subject; empty for the machine's own presses.
	Issuer string
	// Subject is unique at the issuer and does not change with the name.
	Subject string
	// Email is the address that the issuer verified; empty where it has none, or did not verify it.
	Email string
	// Groups are what the issuer says that the person belongs to, as it spells them.
	Groups []string
	// Token is what a program may do that is no person; nil for people.
	Token *Grant
	// machine reports that the server itself acts, by what its configuration and its runbooks say.
	machine bool
}

// Machine is the server itself, such as the schedule, under a name. The policy is about people: the machine does what the
// configuration and the runbooks say.
func Machine(name string) Person { return Person{Name: name, machine: true} }

// Sign returns the event with the person as the one who did it.
func (p Person) Sign(e procedures.Event) procedures.Event {
	e.By, e.Issuer, e.Subject = p.Name, p.Issuer, p.Subject
	return e
}

// Key is issuer and subject as executions and approvals store them. A session's id stands alone, as it was stored before there
// were issuers.
func (p Person) Key() string {
	if p.Issuer == "" || p.Issuer == IssuerSession || p.Subject == "" {
		return p.Subject
	}
	if p.Token != nil && p.Token.Maker != "" {
		return p.Issuer + " " + p.Subject + ofMaker + p.Token.Maker
	}
	return p.Issuer + " " + p.Subject
}

// Vouched reports whether somebody else than the person says who this is. Of those who only said their name nothing
// tells that two of them are not one: all of them are at the machine that the server runs on.
func (p Person) Vouched() bool {
	issuer := p.Issuer
	if issuer == "" {
		var ok bool
		if issuer, _, ok = strings.Cut(p.Subject, " "); !ok { // as Key stores it
			return false
		}
	}
	return issuer != IssuerSession
}

// Stored is a person of whom only the key, the name and the verified address were kept.
func Stored(key, name, email string) Person { return Person{Name: name, Subject: key, Email: email} }

// Same reports whether two may be one person: they have one account, one verified address or one browser, one has made the other, a
// token, or they call themselves the same. Names are compared as RFC 8266 compares nicknames: without regard to case, width or blanks.
func (p Person) Same(other Person) bool {
	if who := p.principal(); who != "" && who == other.principal() {
		return true
	}
	if a := p.address(); a != "" && a == other.address() {
		return true
	}
	return nickname(p.Name) != "" && nickname(p.Name) == nickname(other.Name)
}

// nickname is a name as it is compared.
func nickname(name string) string {
	name = CleanName(name)
	if key, err := precis.Nickname.CompareKey(name); err == nil {
		return key
	}
	return strings.ToLower(name)
}

// address is the address by which the person is known, in lower case: the verified one, else the account of a proxy that names
// people by theirs. Empty for none.
func (p Person) address() string {
	if p.Email != "" {
		return strings.ToLower(p.Email)
	}
	account, ok := strings.CutPrefix(p.principal(), IssuerProxy+" ")
	if !ok || !strings.Contains(account, "@") {
		return ""
	}
	return strings.ToLower(account)
}
