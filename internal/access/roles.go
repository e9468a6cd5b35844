package access

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Role is one rule of the configuration: what its groups and people may do, where, and to what. Rules add up, and each counts as
// a whole: never one's effect with another's procedures.
type Role struct {
	Name string
	File string // of the configuration
	Line int
	// Groups are as the issuer spells them. People are verified addresses, without regard to case, or accounts of the proxy.
	Groups, People []string
	May            []Action
	// Effects is the worst effect that may be pressed; empty where the rule says nothing: then what only reads. Approvals are bounded
	// only where it says something.
	Effects procedures.Effect
	// Environments are those of the rule, each with the worst effect there, empty for that of Effects; nil for all.
	Environments map[string]procedures.Effect
	// Procedures are patterns of identifiers; none for all. Those that begin with ! take away from this rule, and from no other.
	Procedures []string

	only, except []pattern
}

// where is the worst effect that the rule allows in an environment, whether it names one, and whether it is about that environment.
func (r *Role) where(environment string) (worst procedures.Effect, said, is bool) {
	worst = r.Effects
	if r.Environments != nil {
		own, ok := r.Environments[environment]
		switch {
		case !ok && environment != "":
			return "", false, false
		case environment == "": // about any of them: the best of them
			for _, e := range r.Environments {
				own = own.Worse(e)
			}
		}
		if own != "" {
			worst = own
		}
	}
	if worst == "" {
		return procedures.EffectRead, false, true
	}
	return worst, true, true
}

// about reports whether the rule is about a procedure; an empty one is any.
func (r *Role) about(procedure string) bool {
	if procedure == "" {
		return true
	}
	is := func(p pattern) bool { return p.matches(procedure) }
	return (len(r.only) == 0 || slices.ContainsFunc(r.only, is)) && !slices.ContainsFunc(r.except, is)
}

// grants reports whether the rule has an action. To approve is to view, too: nobody approves what they do not see.
func (r *Role) grants(a Action) bool {
	return slices.Contains(r.May, a) || a == View && slices.Contains(r.May, Approve)
}

// has reports whether the rule is a person's.
func (r *Role) has(p Person) bool {
	if p.Token != nil {
		return p.Token.Role == r.Name
	}
	if p.Claimed || p.Issuer == "" || p.Issuer == IssuerSession { // nobody vouches for them
		return false
	}
	if slices.ContainsFunc(p.Groups, func(g string) bool { return slices.Contains(r.Groups, g) }) {
		return true
	}
	address := p.address()
	return slices.ContainsFunc(r.People, func(name string) bool {
		return address != "" && strings.EqualFold(name, address) || p.Issuer == IssuerProxy && name == p.Subject
	})
}

// Roles is the policy of a configuration with roles. It is safe for use by several goroutines.
type Roles struct {
	rules []*Role
	// Raised is what somebody has raised by breaking glass; nil for nobody and nothing.
	Raised func(Person) *procedures.Raised

	mu     sync.Mutex
	people map[string]*decisions
}

// decisions are what was decided about one person: rules do not change while a server runs, and pages ask a lot.
type decisions struct {
	rules []*Role
	mu    sync.Mutex
	known map[request]bool
}

// request is a Request without its person.
type request struct {
	action                 Action
	environment, procedure string
	effect                 procedures.Effect
}

// Most people whose rules are remembered at a time, and most decisions about one. Beyond it is begun anew.
const (
	mostPeople    = 4096
	mostDecisions = 20000
)

// NewRoles makes the policy of rules, in the order of their file.
func NewRoles(rules []Role) *Roles {
	out := &Roles{people: map[string]*decisions{}}
	for _, r := range rules {
		for _, text := range r.Procedures {
			if p := newPattern(text); p.not {
				r.except = append(r.except, p)
			} else {
				r.only = append(r.only, p)
			}
		}
		out.rules = append(out.rules, &r)
	}
	return out
}

// May implements Policy.
func (p *Roles) May(_ context.Context, r Request) error {
	if r.Person.machine {
		return nil
	}
	if err := r.Person.beyond(r); err != nil || r.reads() {
		return err
	}
	if p.decide(r) {
		return nil
	}
	if by, glass := p.glass(r); by != nil && glass != nil && p.raisedBy(r.Person) != nil {
		return nil
	}
	return &refusal{words: sync.OnceValue(func() *procedures.Error {
		return procedures.Errorf(procedures.CodeRefused, "%s", p.Explain(r).Sentence())
	})}
}

// refusal is the error of a refused request. Lists ask about everything and throw most answers away, so that it finds its words
// when it is read.
type refusal struct{ words func() *procedures.Error }

// Error implements error.
func (r *refusal) Error() string { return r.words().Error() }

// As makes it a [procedures.Error] of the code refused.
func (r *refusal) As(target any) bool {
	e, ok := target.(**procedures.Error)
	if ok {
		*e = r.words()
	}
	return ok
}

// decide is Explain without its reasons.
func (p *Roles) decide(r Request) bool {
	of := p.of(r.Person)
	return of.decided(request{r.Action, r.Environment, r.Procedure, r.Effect}, func() bool {
		return slices.ContainsFunc(of.rules, func(rule *Role) bool { return rule.allows(r) == "" })
	})
}

// glass returns, for a press that is refused for its effect alone, the rule that grants presses there, and the one that lets the person
// break glass there; nil for none. Approvals, and every other verb, are as they are.
func (p *Roles) glass(r Request) (press, glass *Role) {
	if r.Action != Press || r.Effect == "" {
		return nil, nil
	}
	for _, rule := range p.of(r.Person).rules {
		q := r
		q.Effect = ""
		if press == nil && rule.allows(q) == "" {
			press = rule
		}
		q.Action = BreakGlass
		if glass == nil && rule.allows(q) == "" {
			glass = rule
		}
	}
	return press, glass
}

// raisedBy is what a person has raised.
func (p *Roles) raisedBy(person Person) *procedures.Raised {
	if p.Raised == nil {
		return nil
	}
	return p.Raised(person)
}

// of is what is remembered of a person.
func (p *Roles) of(person Person) *decisions {
	var key strings.Builder
	for _, text := range append([]string{person.Issuer, person.Subject, person.Email}, person.Groups...) {
		key.WriteString(text)
		key.WriteByte(0)
	}
	if person.Claimed {
		key.WriteByte(1)
	}
	if person.Token != nil {
		key.WriteString("token\x00" + person.Token.Role)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	of := p.people[key.String()]
	if of == nil {
		if len(p.people) >= mostPeople {
			clear(p.people)
		}
		of = &decisions{known: map[request]bool{}}
		for _, rule := range p.rules {
			if rule.has(person) {
				of.rules = append(of.rules, rule)
			}
		}
		p.people[key.String()] = of
	}
	return of
}

// decided is what was decided before, else what decide says.
func (d *decisions) decided(key request, decide func() bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	may, known := d.known[key]
	if !known {
		may = decide()
		if len(d.known) >= mostDecisions {
			clear(d.known)
		}
		d.known[key] = may
	}
	return may
}
