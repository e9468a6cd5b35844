package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// mostMine bounds what is listed of each kind.
const mostMine = 50

// The addresses that pages ask for by themselves.
const (
	waitingCountPath = "/waiting/count"
	waitingListPath  = "/waiting/list"
)

// showWaiting is the page of what waits for its reader, in all environments.
func (s *Server) showWaiting(w http.ResponseWriter, r *http.Request) error {
	f, err := s.frame(r, "Waiting for me")
	if err != nil {
		return err
	}
	page, err := s.mine(r)
	if err != nil {
		return err
	}
	page.Frame = *f
	return render(w, r, http.StatusOK, templates.WaitingPage(page))
}

// showWaitingList is the part of that page that changes.
func (s *Server) showWaitingList(w http.ResponseWriter, r *http.Request) error {
	page, err := s.mine(r)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, templates.WaitingList(page))
}

// showWaitingCount is how much waits for the reader, as it stands in the band of every page.
func (s *Server) showWaitingCount(w http.ResponseWriter, r *http.Request) error {
	page, err := s.mine(r)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, templates.WaitingCount(page.Count()))
}

// mine is what waits for the person of a request, in all environments that they may view: changes that they may approve, their own open
// runs, and what they asked others for. Nothing is read but what waits for an approval, and their own open runs.
func (s *Server) mine(r *http.Request) (*templates.Waiting, error) {
	ctx, person := r.Context(), s.person(r)
	page := &templates.Waiting{}
	page.Person = person.Name
	environments := s.environmentsOf(ctx, person)
	asking, err := s.reads.AwaitingApproval(ctx)
	if err != nil {
		return nil, err
	}
	for _, e := range environments {
		open, err := s.reads.OpenRuns(ctx, e.Name)
		if err != nil {
			return nil, err
		}
		for id := range asking { // where a later run is the newest one
			if !slices.ContainsFunc(open, func(run *procedures.Run) bool { return run.ID == id }) {
				if run, err := s.reads.Run(ctx, id); err == nil && run.Environment == e.Name {
					open = append(open, run)
				}
			}
		}
		slices.SortFunc(open, func(a, b *procedures.Run) int {
			return cmp.Or(b.UpdatedAt.Compare(a.UpdatedAt), cmp.Compare(a.ID, b.ID))
		})
		for _, run := range open {
			own := person.Name != "" && person.Same(access.Person{Name: run.StartedBy})
			if !asking[run.ID] && !own {
				continue
			}
			p := s.newestText(run)
			if p == nil { // it was removed, and the run goes on with its own text
				if p, err = s.reads.Procedure(ctx, run); err != nil {
					continue
				}
			}
			d, err := s.doing(ctx, run, p)
			if err != nil {
				return nil, err
			}
			h := homeRun{procedure: p, run: run, doing: d}
			s.addMine(ctx, page, person, e, h, own)
		}
	}
	return page, nil
}

// addMine adds a run to the list that it belongs to.
func (s *Server) addMine(
	ctx context.Context, page *templates.Waiting, person access.Person, e procedures.Environment, h homeRun, own bool,
) {
	at := func(list *[]templates.Need, needs ...templates.Need) {
		for _, n := range needs {
			if len(*list) == mostMine {
				page.More++
				continue
			}
			n.Environment = &e
			*list = append(*list, n)
		}
	}
	if d := h.doing; d.asked != nil {
		asker := access.Person{Name: d.request.By, Issuer: d.request.Issuer, Subject: d.request.Subject}
		given := slices.ContainsFunc(d.request.Approvals, func(a procedures.Event) bool {
			return person.Same(access.Person{Name: a.By, Issuer: a.Issuer, Subject: a.Subject})
		})
		switch {
		case person.Same(asker):
			at(&page.Asked, approvalNeeds(h)...)
			return
		case !given && s.Policy.May(ctx, access.Request{
			Person: person, Action: access.Approve, Environment: e.Name, Procedure: h.procedure.ID, Effect: d.asked.Effect(),
		}) == nil:
			at(&page.Approvals, approvalNeeds(h)...)
			return
		}
	}
	if !own {
		return
	}
	for _, of := range []func(homeRun) []templates.Need{redNeeds, bakeNeeds, handNeeds} {
		if needs := of(h); len(needs) > 0 {
			at(&page.Own, needs[0])
			return
		}
	}
	n := h.need(nil, 0)
	n.Tone, n.Sign, n.Word = h.doing.Tone(), h.doing.Sign(), h.doing.Word()
	if !h.doing.Left() {
		n.Says = "Nothing is left: finish the run."
	}
	at(&page.Own, n)
}
