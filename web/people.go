package web

import (
	"net/http"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// showPeople lists the accounts of the portal, and the links that are open.
func (s *Server) showPeople(w http.ResponseWriter, r *http.Request) error {
	return s.peoplePage(w, r, "", "")
}

// peoplePage is the page of all accounts, with a link that was made now: it is shown this once.
func (s *Server) peoplePage(w http.ResponseWriter, r *http.Request, made, address string) error {
	all, links, err := s.Accounts.Accounts(r.Context())
	if err != nil {
		return err
	}
	f, err := s.frame(r, "People")
	if err != nil {
		return err
	}
	page := &templates.Accounts{Frame: *f, Made: made, Address: address, You: s.person(r).Subject}
	if s.Lendable != nil {
		page.Roles, page.Lendable = true, strings.Join(s.Lendable(s.person(r)), ", ")
	}
	for _, a := range all {
		page.People = append(page.People, templates.PersonRow{
			ID: a.ID, Email: a.Email, Name: a.Name, Groups: strings.Join(a.Groups, ", "), By: a.By, Used: a.Used, Disabled: a.Disabled,
			Codes: len(a.Secret) > 0,
		})
	}
	for _, l := range links {
		page.Links = append(page.Links, templates.LinkRow{
			ID: l.ID, Kind: string(l.Kind), Email: l.Email, Groups: strings.Join(l.Groups, ", "), By: l.By, Expires: l.Expires,
		})
	}
	return render(w, r, http.StatusOK, templates.PeoplePage(page))
}

// commaList are the entries of a field that are separated by commas.
func commaList(text string) []string { return strings.Split(text, ",") }

// invite makes an invitation, and shows its link. It is an answer and no redirect: nothing keeps what is shown once.
func (s *Server) invite(w http.ResponseWriter, r *http.Request) error {
	address, l, err := s.Accounts.Invite(r.Context(), s.person(r), r.PostForm.Get("email"), commaList(r.PostForm.Get("groups")))
	if err != nil {
		return err
	}
	did := "invited " + l.Email + " to the groups " + orNone(strings.Join(l.Groups, ", "))
	if err := s.recordChange(r, did); err != nil {
		return err
	}
	return s.peoplePage(w, r, "Invitation for "+l.Email, address)
}

func orNone(text string) string {
	if text == "" {
		return "(none)"
	}
	return text
}

// resetAccount makes a link for a new password, and shows it.
func (s *Server) resetAccount(w http.ResponseWriter, r *http.Request) error {
	factors := r.PostForm.Get("factors") == "true"
	address, a, err := s.Accounts.Reset(r.Context(), s.person(r), r.PostForm.Get("account"), factors)
	if err != nil {
		return err
	}
	did := "reset the account of " + a.Email
	if factors {
		did += ", with its codes and passkeys"
	}
	if err := s.recordChange(r, did); err != nil {
		return err
	}
	return s.peoplePage(w, r, "New password for "+a.Email, address)
}

// disableAccount keeps somebody out.
func (s *Server) disableAccount(w http.ResponseWriter, r *http.Request) error {
	a, err := s.Accounts.Disable(r.Context(), s.person(r), r.PostForm.Get("account"))
	if err != nil {
		return err
	}
	return s.peopleChanged(w, r, "disabled the account of "+a.Email,
		a.Name+" cannot sign in any more, and their sessions have ended. A reset lets them in again.")
}

// setGroups puts somebody into other groups.
func (s *Server) setGroups(w http.ResponseWriter, r *http.Request) error {
	a, err := s.Accounts.SetGroups(r.Context(), s.person(r), r.PostForm.Get("account"), commaList(r.PostForm.Get("groups")))
	if err != nil {
		return err
	}
	groups := orNone(strings.Join(a.Groups, ", "))
	return s.peopleChanged(w, r, "put "+a.Email+" into the groups "+groups, a.Name+" is in these groups from now on: "+groups)
}

// endLink ends an open link.
func (s *Server) endLink(w http.ResponseWriter, r *http.Request) error {
	l, err := s.Accounts.EndLink(r.Context(), r.PostForm.Get("id"))
	if err != nil {
		return err
	}
	return s.peopleChanged(w, r, "ended the link for "+orNone(l.Email), "The link has ended, and does nothing any more.")
}

// peopleChanged keeps what was done, and leads to the list.
func (s *Server) peopleChanged(w http.ResponseWriter, r *http.Request, did, said string) error {
	if err := s.recordChange(r, did); err != nil {
		return err
	}
	s.Sessions.Put(r.Context(), "flash", procedures.Capital(said))
	http.Redirect(w, r, "/people", http.StatusSeeOther)
	return nil
}
