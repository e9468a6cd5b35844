package aws

import (
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/render"
	"github.com/opsbook/opsbook/internal/document"
)

// skeleton prints what --generate-cli-skeleton asks for; nothing is sent.
func (r *run) skeleton() int {
	shape, format := r.line.Operation.Input, "json"
	if r.line.Skeleton == "output" {
		shape = r.line.Operation.Output
	}
	if strings.HasPrefix(r.line.Skeleton, "yaml") {
		format = "yaml"
	}
	var v document.Value = &document.Object{}
	if shape != nil {
		v = skeletonOf(shape, map[*models.Shape]bool{})
	}
	if err := render.Write(r.inv.Stdout, format, r.line.Operation.Name, v); err != nil {
		return bind.ExitGeneral
	}
	return 0
}

func skeletonOf(s *models.Shape, above map[*models.Shape]bool) document.Value {
	if above[s] {
		return &document.Object{}
	}
	above[s] = true
	defer delete(above, s)
	switch s.Type {
	case models.TypeStructure:
		o := &document.Object{}
		for _, m := range s.Members {
			o.Set(m.Name, skeletonOf(m.Shape, above))
		}
		return o
	case models.TypeList:
		return document.List{skeletonOf(s.Element.Shape, above)}
	case models.TypeMap:
		return document.NewObject(document.Member{Name: "KeyName", Value: skeletonOf(s.Value.Shape, above)})
	case models.TypeInteger, models.TypeLong:
		return int64(0)
	case models.TypeFloat, models.TypeDouble:
		return 0.0
	case models.TypeBoolean:
		return true
	case models.TypeTimestamp:
		return "1970-01-01T00:00:00"
	}
	if len(s.Enum) > 0 {
		return s.Enum[0]
	}
	return ""
}
