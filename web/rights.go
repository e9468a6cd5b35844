package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// explainer is a policy that says why.
type explainer interface {
	Explain(r access.Request) access.Decision
}

// offered are what pages have buttons for: verbs, and presses by their effects.
var offered = []struct {
	action access.Action
	effect procedures.Effect
}{
	{access.View, ""}, {access.Press, procedures.EffectRead}, {access.Press, procedures.EffectChange},
	{access.Press, procedures.EffectDestroy}, {access.Mark, ""}, {access.Note, ""}, {access.Cancel, ""}, {access.Finish, ""},
	{access.Rehearse, ""}, {access.Approve, procedures.EffectChange}, {access.Faults, ""}, {access.Audit, ""},
	{access.Erase, ""}, {access.Accounts, ""}, {access.Invite, ""}, {access.BreakGlass, ""},
}

// verbOf is the key of an offer in a page's rights.
func verbOf(action access.Action, effect procedures.Effect) string {
	if action == access.Press {
		return templates.PressVerb(effect)
	}
	return string(action)
}

// rights are what a person may not do with a procedure in an environment. An empty procedure is any.
func (s *Server) rights(ctx context.Context, person access.Person, at subject) templates.Rights {
	var out templates.Rights
	for _, o := range offered {
		err := s.Policy.May(ctx, access.Request{
			Person: person, Action: o.action, Environment: at.environment, Procedure: at.procedure, Effect: o.effect,
		})
		if err == nil {
			continue
		}
		if out == nil {
			out = templates.Rights{}
		}
		out[verbOf(o.action, o.effect)] = strings.TrimSuffix(sentence(err), ".")
	}
	return out
}

// rightsOn are what a person may not do on the page of a procedure: with it, and seeing those that its text leads to.
func (s *Server) rightsOn(ctx context.Context, person access.Person, environment string, p *procedures.Procedure) templates.Rights {
	out := s.rights(ctx, person, subject{environment, p.ID})
	for _, c := range p.Content {
		if c.Other == nil || s.Policy.May(ctx, access.Request{
			Person: person, Action: access.View, Environment: environment, Procedure: c.Other.ID,
		}) == nil {
			continue
		}
		if out == nil {
			out = templates.Rights{}
		}
		out[templates.HiddenOther(c.Other.ID)] = "hidden"
	}
	// Why a document was read as it was quotes the headings of all its procedures.
	if s.reads.wholeFile(context.WithValue(ctx, personKey{}, person), environment, p) != nil {
		if out == nil {
			out = templates.Rights{}
		}
		out[templates.HiddenOther("")] = "hidden"
	}
	return out
}

// markOfRights tells on a page's address what its reader lacked when it was drawn.
func markOfRights(lacks string) string {
	sum := sha256.Sum256([]byte(lacks))
	return hex.EncodeToString(sum[:4])
}

// lacks are the verbs that a person has not, without the reasons: what is asked often.
func (s *Server) lacks(ctx context.Context, person access.Person, at subject) string {
	var b strings.Builder
	for _, o := range offered {
		if s.Policy.May(ctx, access.Request{
			Person: person, Action: o.action, Environment: at.environment, Procedure: at.procedure, Effect: o.effect,
		}) != nil {
			b.WriteString(verbOf(o.action, o.effect) + "\n")
		}
	}
	return b.String()
}

// showRights is the page of what its reader may do with a procedure, and why.
func (s *Server) showRights(w http.ResponseWriter, r *http.Request) error {
	e, err := s.environment(r)
	if err != nil {
		return err
	}
	p, err := s.find(r.Context(), e.Name, r.FormValue("procedure"))
	if err != nil {
		return err
	}
	f, err := s.frameIn(r, e, "What you may do")
	if err != nil {
		return err
	}
	person := s.person(r)
	page := &templates.RightsView{Frame: *f, Procedure: p, Groups: strings.Join(person.Groups, ", ")}
	policy, ok := s.Policy.(explainer)
	page.Open = !ok
	var roles []string
	for _, o := range offered {
		if !ok {
			break
		}
		d := policy.Explain(access.Request{
			Person: person, Action: o.action, Environment: e.Name, Procedure: p.ID, Effect: o.effect,
		})
		row := templates.RightsRow{Verb: verbOf(o.action, o.effect), Does: doesOf(o.action), Allowed: d.Allowed, Who: d.Who()}
		for _, says := range d.Rules {
			if !slices.Contains(roles, says.Rule.Name) {
				roles = append(roles, says.Rule.Name)
			}
			why := templates.RightsWhy{Place: path.Base(says.Rule.Place()), Text: says.Rule.Name + " allows it"}
			if says.Why != "" {
				why.Text = says.Rule.Name + " does not: " + says.Why
			}
			row.Why = append(row.Why, why)
		}
		if d.Glass != nil {
			why := templates.RightsWhy{Place: path.Base(d.Glass.Place())}
			why.Text = d.Glass.Name + " lets you break glass: then you may, for an hour"
			if d.Raised != nil {
				why.Text = "you broke glass, by " + d.Glass.Name + ": you may until " + d.Raised.Until.UTC().Format("15:04") + " UTC"
			}
			row.Why = append(row.Why, why)
		}
		page.Rows = append(page.Rows, row)
	}
	page.Roles = strings.Join(roles, ", ")
	page.MayBreak = ok && s.Glass != nil && s.Glass.Of(person) == nil &&
		s.may(r, access.BreakGlass, subject{e.Name, p.ID}) == nil
	return render(w, r, http.StatusOK, templates.RightsPage(page))
}

// doesOf is what an action lets somebody do.
func doesOf(a access.Action) string {
	for _, known := range access.Actions {
		if known.Action == a {
			return known.Does
		}
	}
	return ""
}
