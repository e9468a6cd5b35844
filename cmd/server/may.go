package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
)

const mayHelp = `It answers from the roles of opsbook.yaml as the portal would, with the role and the line that
decide. It knows nothing of who has broken glass at the moment, and says who could. The person
is an address or an account; the verbs are those of a role's may. A procedure with #STEP is
asked about that step's effect; without it, about each effect that its steps have.

    opsbook may ada@example.com press scaling/scale-out --environment production
    opsbook may bob@example.com press iam/rotate-keys#delete-the-old-key --groups sre
    opsbook may bob@example.com approve deploy --groups sre,sre-lead --environment production

Exit status: 0 they may; 1 they may not; 3 wrong usage or configuration.`

// errRolesOfNobody is the answer to roles where nobody says who people are.
var errRolesOfNobody error = procedures.Errorf(procedures.CodeInvalid,
	"the configuration has roles, and nobody signs in here: a name that somebody gave themselves has no role, so that nobody could do "+
		"anything. Let people sign in (sign_in: in opsbook.yaml, or a proxy: --behind-proxy, --user-header, --groups-header), "+
		"or leave roles: out")

// verifies reports whether somebody says who people are.
func (r reach) verifies() bool { return r.closed() }

// mayCommand asks the policy.
type mayCommand struct{ Groups []string }

// flags implements flagged.
func (c *mayCommand) flags(f *pflag.FlagSet) {
	f.StringSliceVar(&c.Groups, "groups", nil, "`NAME,…` Groups that the person has; may be repeated.")
}

func (c *mayCommand) run(ctx context.Context, o *options, t terminal, words []string) error {
	if len(words) < 2 || len(words) > 3 {
		return procedures.Errorf(procedures.CodeInvalid, "may wants a person, a verb, and for most verbs a procedure: "+
			"opsbook may ada@example.com press deploy --environment production")
	}
	action := access.Action(words[1])
	if !action.Known() {
		names := verbs()[:len(access.Actions)]
		return procedures.Errorf(procedures.CodeInvalid, "there is no verb %q%s; there is %s", words[1],
			didYouMean("", words[1], names), strings.Join(names, ", "))
	}
	roles, err := o.roles()
	if err != nil {
		return err
	}
	e, err := o.environment()
	if err != nil {
		return err
	}
	if roles == nil {
		_, err := fmt.Fprintf(t.out, "yes: %s has no roles, so everybody who reaches the portal may do everything\n",
			configurationName(o.Config))
		return err
	}
	asked := access.Request{Person: c.person(words[0]), Action: action, Environment: e.Name}
	effects := []procedures.Effect{""}
	if len(words) == 3 {
		if effects, err = o.aboutProcedure(ctx, &asked, words[2]); err != nil {
			return err
		}
	}
	all := true
	for _, effect := range effects {
		asked.Effect = effect
		d := roles.Explain(asked)
		all = all && d.Allowed
		if err := printDecision(t.out, d); err != nil {
			return err
		}
	}
	if !all {
		return exitError(exitFailed)
	}
	return nil
}

// person is somebody of whom an address or an account is known.
func (c *mayCommand) person(name string) access.Person {
	p := access.Person{Name: name, Issuer: access.IssuerProxy, Subject: name, Groups: c.Groups}
	if strings.Contains(name, "@") {
		p.Email = name
	}
	return p
}

// aboutProcedure completes a request with the procedure that a name means, and returns the effects that are asked about.
func (o *options) aboutProcedure(ctx context.Context, asked *access.Request, name string) ([]procedures.Effect, error) {
	lib, _, err := o.library()
	if err != nil {
		return nil, err
	}
	p, step, err := o.find(ctx, lib, name)
	if err != nil {
		return nil, err
	}
	asked.Procedure = p.ID
	switch {
	case asked.Action != access.Press && asked.Action != access.Approve:
		return []procedures.Effect{""}, nil
	case step != nil:
		return []procedures.Effect{step.Effect()}, nil
	}
	var out []procedures.Effect
	for _, effect := range []procedures.Effect{procedures.EffectRead, procedures.EffectChange, procedures.EffectDestroy} {
		for _, s := range p.Steps {
			if s.Kind == procedures.KindScript && s.Effect() == effect {
				out = append(out, effect)
				break
			}
		}
	}
	if len(out) == 0 {
		out = []procedures.Effect{procedures.EffectRead}
	}
	return out, nil
}

// printDecision prints what was decided, and what each rule says.
func printDecision(w io.Writer, d access.Decision) error {
	var b strings.Builder
	answer := map[bool]string{true: "yes", false: "no"}[d.Allowed]
	what := string(d.Request.Action)
	if d.Request.Effect != "" {
		what += " (" + string(d.Request.Effect) + ")"
	}
	fmt.Fprintf(&b, "%s: %s, %s %s in %s\n", answer, d.Request.Person.Name, what,
		cmp.Or(d.Request.Procedure, "what is about no procedure"), d.Request.Environment)
	for _, r := range d.Rules {
		fmt.Fprintf(&b, "  %s: role %s %s\n", r.Rule.Place(), r.Rule.Name, cmp.Or(prefixed("does not allow it: ", r.Why), "allows it"))
	}
	if len(d.Rules) == 0 {
		fmt.Fprintf(&b, "  no role is this person's: none has the address, or one of the groups that --groups names\n")
	}
	if d.Glass != nil {
		fmt.Fprintf(&b, "  %s: role %s lets them break glass: then they may, for an hour\n", d.Glass.Place(), d.Glass.Name)
	}
	if !d.Allowed {
		for _, r := range d.Others {
			fmt.Fprintf(&b, "  %s: role %s allows it to %s\n", r.Place(), r.Name, r.Whose())
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// prefixed is a text with words before it; empty where it is.
func prefixed(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}
