package access

import (
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// IssuerToken is the issuer of programs that send a token of this server. Subject is the token's identifier.
const IssuerToken = "token"

// Metrics is reading /metrics: a verb of tokens alone, people read it where they may view everything.
const Metrics Action = "metrics"

// TokenActions are what a token may be made for. Everything else takes a person: a token never approves.
var TokenActions = []Action{View, Press, Mark, Note, Cancel, Finish, Rehearse, Metrics}

// Grant is what a program may do: what a role of the configuration allows, and of that only what the bounds allow too.
type Grant struct {
	// Role is the program's one role; empty where the configuration has none.
	Role string
	// Maker is the Key of who made the token: nobody approves what their own token pressed. Empty for nobody.
	Maker  string
	bounds *Role
}

// Bounds are what a token's maker says of it. Missing effects are read, missing environments and procedures all; missing verbs are all
// of TokenActions but Metrics.
type Bounds struct {
	May          []Action
	Effects      procedures.Effect
	Environments []string
	Procedures   []string
}

// NewGrant makes the grant of a role within bounds.
func NewGrant(role, maker string, b Bounds) *Grant {
	r := Role{Name: role, May: b.May, Effects: b.Effects, Procedures: b.Procedures}
	if len(b.May) == 0 {
		r.May = slices.DeleteFunc(slices.Clone(TokenActions), func(a Action) bool { return a == Metrics })
	}
	for _, name := range b.Environments {
		if r.Environments == nil {
			r.Environments = map[string]procedures.Effect{}
		}
		r.Environments[name] = ""
	}
	return &Grant{Role: role, Maker: maker, bounds: NewRoles([]Role{r}).rules[0]}
}

// beyond is why a program may not do something whatever its role says; nil for people, and for what its bounds allow.
func (p Person) beyond(r Request) error {
	if p.Token == nil {
		return nil
	}
	refuse := func(why string) error {
		return procedures.Errorf(procedures.CodeRefused, "the token %s may not %s: %s", p.Name, r.what(), why)
	}
	switch {
	case r.Action == Approve:
		return refuse("approving takes a person")
	case !slices.Contains(TokenActions, r.Action):
		return refuse("it takes a person")
	}
	if why := p.Token.bounds.allows(r); why != "" {
		return refuse(why)
	}
	return nil
}

// reads reports whether a request is a program's for the numbers, which no role is asked about.
func (r Request) reads() bool { return r.Person.Token != nil && r.Action == Metrics }

// ofMaker stands before the key of who made a token, in the key of what it does.
const ofMaker = " of "

// principal is the key of who answers for what somebody does: a token's maker, else the person.
func (p Person) principal() string {
	key := p.Key()
	if rest, ok := strings.CutPrefix(key, IssuerToken+" "); ok {
		if _, maker, ok := strings.Cut(rest, ofMaker); ok {
			return maker
		}
	}
	return key
}
