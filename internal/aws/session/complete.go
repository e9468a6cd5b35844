package session

import (
	"context"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/document"
)

// Complete reads what a line leaves as it is, and puts it into the line's input: `cloudfront update-distribution
// --default-root-object` sends the whole configuration with one member changed (awscli/customizations/cloudfront.py). The ETag that is
// sent with it makes CloudFront refuse a configuration that somebody else has changed meanwhile.
func (s *Session) Complete(ctx context.Context, line *bind.Line) error {
	if line == nil || line.RootObject == "" {
		return nil
	}
	client, err := s.Client(ctx, line.Service)
	if err != nil {
		return err
	}
	id, _ := line.Input.Get("Id")
	which := document.NewObject(document.Member{Name: "Id", Value: id})
	response, err := client.Do(ctx, line.Service.Operation("GetDistributionConfig"), which)
	if err != nil {
		return err
	}
	v, _ := response.Output.Get("DistributionConfig")
	config, ok := v.(*document.Object)
	if !ok {
		return &bind.Error{Message: "'DistributionConfig'", Status: bind.ExitGeneral}
	}
	config.Set("DefaultRootObject", line.RootObject)
	line.Input.Set("IfMatch", response.Output.Text("ETag"))
	line.Input.Set("DistributionConfig", config)
	return nil
}
