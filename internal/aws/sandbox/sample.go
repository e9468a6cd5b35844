package sandbox

import (
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/lazy"
)

// The members of a sample are told by their names: those that say a state, and those that are never made up.
var (
	stateMember  = lazy.Regexp(`(?i)(?:status|state)$`)
	neverMade    = lazy.Regexp(`(?i)secret|polic|password|token|credential|private|endpoint|address|host|url|dns`)
	sampleVerb   = lazy.Regexp(`^(?:Describe|Get)`)
	healthyWords = lazy.Regexp(`(?i)^(?:active|available|enabled|running|healthy|ready|ok|green|online|succeeded|completed?|`,
		`in[-_]?service|deployed)$`)
)

// sampleDepth is how deep in an answer members are made.
const sampleDepth = 3

// sampleAnswer makes an answer about one named resource of a service that the sandbox does not have: what was asked for is
// echoed, a state is healthy, and what the shape requires is there. ok is false where it would say nothing: without a
// state that can be told to be healthy, or without a name that it echoes.
func sampleAnswer(r *request) (*document.Object, bool) {
	if r.op.Output == nil || r.op.Output.Payload != "" || !sampleVerb().MatchString(r.op.Name) ||
		knowledge.Of(r.service.Name, r.op.Name).Secret {
		return nil, false
	}
	m := &sampleMaker{asked: map[string]string{}}
	for name, v := range r.input.All() {
		if text, ok := v.(string); ok && len(r.op.Input.Member(name).Shape.Enum) == 0 {
			m.asked[strings.ToLower(name)] = text
		}
		if l, ok := v.(document.List); ok && len(l) == 1 {
			if text, ok := l[0].(string); ok {
				m.asked[strings.TrimSuffix(strings.ToLower(name), "s")] = text
			}
		}
	}
	if len(m.asked) == 0 {
		return nil, false
	}
	out, whole := m.structure(r.op.Output, sampleDepth).(*document.Object)
	return out, whole && m.echoed && m.state && !m.impossible
}

// sampleMaker makes a sample.
type sampleMaker struct {
	asked                     map[string]string // what the call named, by the members' names in small letters
	echoed, state, impossible bool
}

// structure makes the members of a structure that are asked for, tell a state, or are required.
func (m *sampleMaker) structure(s *models.Shape, deep int) document.Value {
	out := &document.Object{}
	for _, member := range s.Members {
		required := s.IsRequired(member.Name)
		if member.Location != "" || neverMade().MatchString(member.Name) && !required {
			continue
		}
		switch v := m.value(member, required, deep); {
		case v != nil:
			out.Set(member.Name, v)
		case !required:
		case member.Shape.Type == models.TypeList:
			out.Set(member.Name, document.List{})
		case member.Shape.Type == models.TypeMap, member.Shape.Type == models.TypeStructure && len(member.Shape.Required) == 0:
			out.Set(member.Name, &document.Object{})
		default: // not without what cannot be made
			return nil
		}
	}
	if out.Len() == 0 {
		return nil
	}
	return out
}

// value makes one member; nil for one that is left out.
func (m *sampleMaker) value(member *models.Member, required bool, deep int) document.Value {
	s := member.Shape
	asked := m.asked[strings.ToLower(member.Name)]
	switch {
	case s.Sensitive:
		m.impossible = m.impossible || required
	case s.Type == models.TypeString && asked != "":
		m.echoed = true
		return asked
	case s.Type == models.TypeString && len(s.Enum) > 0:
		return m.word(s, stateMember().MatchString(member.Name), required)
	case s.Type == models.TypeStructure && deep > 0:
		return m.structure(s, deep-1)
	case s.Type == models.TypeList && deep > 0 && s.Element.Shape.Type == models.TypeStructure:
		if one := m.structure(s.Element.Shape, deep-1); one != nil {
			return document.List{one}
		}
	case required:
		return m.plain(s)
	}
	return nil
}

// word is a healthy word of an enum that tells a state, else the first where the member is required.
func (m *sampleMaker) word(s *models.Shape, state, required bool) document.Value {
	if i := slices.IndexFunc(s.Enum, healthyWords().MatchString); state && i >= 0 {
		m.state = true
		return s.Enum[i]
	}
	if required {
		return s.Enum[0]
	}
	return nil
}

// plain is a value that a shape requires.
func (m *sampleMaker) plain(s *models.Shape) document.Value {
	switch s.Type {
	case models.TypeString:
		return "sample"
	case models.TypeInteger, models.TypeLong:
		return int64(1)
	case models.TypeDouble, models.TypeFloat:
		return 1.0
	case models.TypeBoolean:
		return false
	case models.TypeTimestamp:
		return estateBegan
	case models.TypeList:
		return document.List{}
	case models.TypeMap:
		return &document.Object{}
	}
	m.impossible = true
	return nil
}
