package custom

import (
	"context"
	"slices"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/render"
	"github.com/opsbook/opsbook/internal/aws/session"
	"github.com/opsbook/opsbook/internal/aws/wire"
	"github.com/opsbook/opsbook/internal/document"
)

// clientOf is the client of a service, by its folder in the models.
func clientOf(ctx context.Context, s *session.Session, name string) (*wire.Client, error) {
	service, err := models.Load(name)
	if err != nil {
		return nil, err
	}
	return s.Client(ctx, service)
}

// show prints an answer that a command has made itself, with --query and in the format that is asked for. The session has its identity.
func show(s *session.Session, title string, v document.Value) error {
	if q := s.Globals.Expression; q != nil {
		var err error
		if v, err = q.Search(v); err != nil {
			return &bind.Error{Message: err.Error(), Status: bind.ExitGeneral}
		}
	}
	format := s.Format()
	if !slices.Contains(render.Formats, format) {
		return &bind.Error{Message: "Unknown output type: " + format, Status: bind.ExitGeneral}
	}
	if err := render.WriteColored(s.Invocation.Stdout, format, title, v, s.Globals.Color == "on"); err != nil {
		return &bind.Error{Message: err.Error(), Status: bind.ExitGeneral}
	}
	return nil
}
