package access

import (
	"strings"

	"golang.org/x/text/secure/precis"
)

// Same reports whether two may be one person: they sign in as one, or sit before the same browser, or call themselves the
// same. Names are compared as RFC 8266 compares nicknames: without regard to case, width or blanks.
func (p Person) Same(other Person) bool {
	if p.Identity != "" && p.Identity == other.Identity {
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
