package web

import (
	"bytes"
	"context"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/ledger"
	"github.com/opsbook/opsbook/web/templates"
)

// homeSource is a part of the home page: its list is drawn again when a run began, went on or ended. All who have it open in
// one environment share it. html is what was sent last; it is compared, because most events of a run change nothing
// in the list.
type homeSource struct {
	server      *Server
	environment procedures.Environment
	visible     string // the procedures that its readers may view
	part        homePart
	at          position // its first part names this hub: another process counts from its own beginning
	html        []byte
}

// topics is that of all procedures in the environment.
func (s *homeSource) topics() []string { return []string{ledger.Topic(s.environment.Name, "")} }

// place is none: the list does not say who reads it.
func (*homeSource) place() string { return "" }

// read draws the list anew, and returns nil where it is as before. Its positions count drawings and mean nothing to
// another process, which sends its whole list to a page that comes with one.
func (s *homeSource) read(ctx context.Context) (func() (change, error), error) {
	page := &templates.Home{Frame: templates.Frame{Environment: s.environment, Environments: s.server.Environments}}
	if err := s.server.fillHome(ctx, page, s.visible, s.part); err != nil {
		return nil, err
	}
	html, err := markup(partial("#home", "innerMorph", templates.HomeList(page)))
	if err != nil || bytes.Equal(html, s.html) {
		return nil, err
	}
	return func() (change, error) {
		s.html = html
		s.at.number++
		return change{html: parts{html}, to: s.at}, nil
	}, nil
}

// since is the whole list, from any position: it is one part of the page.
func (s *homeSource) since(position) (parts, error) { return parts{s.html}, nil }
