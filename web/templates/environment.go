package templates

import "github.com/opsbook/opsbook/internal/procedures"

// grouped writes an account's twelve digits so that they can be compared.
func grouped(account string) string {
	if len(account) != 12 {
		return account
	}
	return account[:4] + "-" + account[4:8] + "-" + account[8:]
}

// colour is the tone that marks an environment on every page; grey where the configuration gives none.
func colour(e procedures.Environment) string {
	if e.Colour != "" {
		return e.Colour
	}
	return "grey"
}

// AccountWords is where calls go, in words.
func (f *Frame) AccountWords() string { return account(f) }

// account is where calls go, in words; the digits are grouped so that they can be compared.
func account(f *Frame) string {
	what := f.Account
	switch {
	case f.Environment.Sandbox():
		what = "simulated account"
	case what == "":
		what = "account of the profile"
	case len(what) == 12:
		what = what[:4] + "-" + what[4:8] + "-" + what[8:]
	}
	if f.Region != "" {
		what += " · " + f.Region
	}
	return what
}
