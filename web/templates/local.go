package templates

import "time"

// Code is the page that asks for a code, after the password was right.
type Code struct {
	Assets, Theme string
	Said          string // what went wrong; empty for nothing
	Ticket, Back  string
}

// Link is the page of a link that counts once.
type Link struct {
	Assets, Theme string
	Said          string // what was wrong with what was filled in; empty for nothing
	Ended         string // why the link is for nothing any more; empty where it is for something
	Secret        string
	First, Reset  bool // what it is for; neither is an invitation
	By            string
	Email, Name   string
}

func (l *Link) title() string {
	switch {
	case l.Ended != "":
		return "This link has ended"
	case l.First:
		return "Make the first account"
	case l.Reset:
		return "Choose a new password"
	}
	return "Make your account"
}

// YourAccount is somebody's own account.
type YourAccount struct {
	Frame
	Email, Name, Groups, By string
	Made                    time.Time
	// Codes reports that codes of an app are asked for, Left how many recovery codes were not used, Recovery those that were made now.
	Codes    bool
	Left     int
	Recovery []string
	// Passkeys are theirs, Passkey is the challenge for another one. NoPasskeys says why there can be none; empty where there can.
	Passkeys   []PasskeyRow
	Passkey    *Challenge
	NoPasskeys string
}

// PasskeyRow is a passkey of somebody.
type PasskeyRow struct {
	ID, Name   string
	Made, Used time.Time
}

// remove is the form that removes it.
func (k PasskeyRow) remove() Form {
	return Form{Action: "/your-account/passkeys/remove", Plain: true, Class: "inline", Hidden: hidden("passkey", k.ID)}
}

// Challenge is what an authenticator is asked to sign.
type Challenge struct {
	Text, Ticket, Host string
	// Of an account that has a passkey added.
	User, Name, Label string
	Known             []string
}

// Enrol is the page on which an app is given a secret.
type Enrol struct {
	Frame
	Secret, Ticket, Address string
	Size                    int
	Dark                    string // squares of the picture, as a path of SVG
}

// Accounts are those of the portal.
type Accounts struct {
	Frame
	People []PersonRow
	Links  []LinkRow
	// Made says what was made now, and Address is its link.
	Made, Address string
	You           string // the reader's own identifier
	// Roles reports that groups give roles, Lendable are those that the reader may give.
	Roles    bool
	Lendable string
}

// PersonRow is an account.
type PersonRow struct {
	ID, Email, Name, Groups, By string
	Used, Disabled              time.Time
	Codes                       bool
}

// LinkRow is a link that is open.
type LinkRow struct {
	ID, Kind, Email, Groups, By string
	Expires                     time.Time
}

func (l LinkRow) what() string {
	switch l.Kind {
	case "first":
		return "the first account"
	case "reset":
		return "new password"
	}
	return "invitation"
}
