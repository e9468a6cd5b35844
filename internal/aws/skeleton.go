package aws

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/render"
	"github.com/opsbook/opsbook/internal/document"
)

// skeleton prints an input for --cli-input-json or --cli-input-yaml; nothing is sent.
// The status is 255 only where the output cannot be written.
func (r *run) skeleton() int {
	s := r.line.Operation.Input
	if s == nil {
		s = &models.Shape{Type: models.TypeStructure}
	}
	var err error
	if r.line.Skeleton == "yaml-input" {
		r.Note("The AWS CLI writes what it says of each member behind it; these models have no such descriptions.")
		err = yamlSkeleton(r.Invocation.Stdout, s)
	} else {
		var text []byte
		if text, err = document.AppendJSON(nil, plain(sampleOf(s, "", false), false), "    ", false); err == nil {
			_, err = r.Invocation.Stdout.Write(append(text, '\n'))
		}
	}
	if err != nil {
		return bind.ExitGeneral
	}
	r.report()
	return 0
}

// sample answers with an example of the output, whose texts are the members' names, instead of a call. Like
// the AWS CLI it is checked as a real answer is not, and often refused for a text that is too short.
func (r *run) sample() error {
	output := &document.Object{}
	if op := r.line.Operation; op.Output != nil {
		v, _ := sampleOf(op.Output, "", true).(*document.Object)
		output = v
		if err := bind.ValidateShape(op.Output, output); err != nil {
			return err
		}
	}
	if r.output == "json" || r.output == "off" {
		return r.print(plain(output, false))
	}
	return r.print(plain(output, true))
}

// plain writes the moments of a sample as the CLI does, which have no zone.
// They become text, so that no renderer adds a zone: in JSON by isoformat, elsewhere by str, which YAML does not quote.
func plain(v document.Value, str bool) document.Value {
	switch v := v.(type) {
	case time.Time:
		if str {
			return unquoted(v.Format("2006-01-02 15:04:05"))
		}
		return v.Format("2006-01-02T15:04:05")
	case *document.Object:
		out := &document.Object{}
		for name, inner := range v.All() {
			out.Set(name, plain(inner, str))
		}
		return out
	case document.List:
		out := make(document.List, len(v))
		for i, inner := range v {
			out[i] = plain(inner, str)
		}
		return out
	}
	return v
}

// unquoted is a text that no format quotes.
type unquoted string

// sampleOf makes a value of a shape: botocore's ArgumentGenerator. Texts are empty, or the names of what they are.
// A shape inside of itself is empty there, otherwise a sample had no end. Blobs are null.
func sampleOf(s *models.Shape, name string, named bool, above ...*models.Shape) document.Value {
	// WAF's statements, for example, hold statements.
	if s.Type == models.TypeStructure && slices.Contains(above, s) {
		return &document.Object{}
	}
	above = append(slices.Clip(above), s)
	switch s.Type {
	case models.TypeStructure:
		o := &document.Object{}
		for _, m := range s.Members {
			o.Set(m.Name, sampleOf(m.Shape, m.Name, named, above...))
		}
		return o
	case models.TypeList:
		element := ""
		if named {
			element = s.Element.ShapeName
		}
		return document.List{sampleOf(s.Element.Shape, element, named, above...)}
	case models.TypeMap:
		// The key of a map is called KeyName, as by the CLI.
		return document.NewObject(document.Member{Name: "KeyName", Value: sampleOf(s.Value.Shape, "", named, above...)})
	case models.TypeInteger, models.TypeLong:
		return int64(0)
	case models.TypeFloat, models.TypeDouble:
		return 0.0
	case models.TypeBoolean:
		return true
	case models.TypeTimestamp:
		// The CLI's sample is 1970-01-01T00:00:00.
		return time.Unix(0, 0).UTC()
	case models.TypeString:
		if named {
			return name
		}
		if len(s.Enum) > 0 {
			return s.Enum[0]
		}
		return ""
	}
	return nil
}

// yamlSkeleton prints an input as YAML with a comment at what is required. (The AWS CLI prints the members'
// documentation there, which the models here are without.)
func yamlSkeleton(w io.Writer, s *models.Shape) error {
	var b strings.Builder
	if len(s.Members) == 0 {
		b.WriteString("{}\n")
	}
	writeSkeleton(&b, s, "", true)
	_, err := io.WriteString(w, b.String())
	return err
}

// writeSkeleton writes the members of a structure. first says whether the first one is indented; behind the dash of a
// list it is not.
func writeSkeleton(b *strings.Builder, s *models.Shape, indent string, first bool, above ...*models.Shape) {
	above = append(slices.Clip(above), s)
	for i, m := range s.Members {
		if i > 0 || first {
			b.WriteString(indent)
		}
		comment := ""
		if s.IsRequired(m.Name) {
			comment = "  # [REQUIRED]"
		}
		b.WriteString(m.Name + ":")
		writeSample(b, m.Shape, indent, comment, above)
	}
}

// writeSample writes what stands behind a name or a dash.
// A list has one element, written behind a dash.
func writeSample(b *strings.Builder, s *models.Shape, indent, comment string, above []*models.Shape) {
	if s.Type == models.TypeStructure && slices.Contains(above, s) {
		b.WriteString(" {}" + comment + "\n")
		return
	}
	switch {
	case s.Type == models.TypeStructure && len(s.Members) > 0:
		b.WriteString(comment + "\n")
		writeSkeleton(b, s, indent+"  ", true, above...)
	case s.Type == models.TypeMap:
		b.WriteString(comment + "\n" + indent + "  KeyName:")
		writeSample(b, s.Value.Shape, indent+"  ", "", append(slices.Clip(above), s))
	case s.Type == models.TypeList:
		b.WriteString(comment + "\n" + indent + "-")
		if e := s.Element.Shape; e.Type == models.TypeStructure && len(e.Members) > 0 && !slices.Contains(above, e) {
			b.WriteByte(' ')
			writeSkeleton(b, e, indent+"  ", false, append(slices.Clip(above), s)...)
			return
		}
		writeSample(b, s.Element.Shape, indent+"  ", "", append(slices.Clip(above), s))
	case s.Type == models.TypeBlob:
		b.WriteString(" !!binary ''" + comment + "\n")
	default:
		v := plain(sampleOf(s, "", false), true)
		var text strings.Builder
		if err := render.Write(&text, "yaml", "", document.List{v}); err != nil {
			fmt.Fprintf(&text, "- %v\n", v)
		}
		b.WriteString(" " + strings.TrimSuffix(strings.TrimPrefix(text.String(), "- "), "\n") + comment + "\n")
	}
}
