package sandbox

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/protocol"
	"github.com/opsbook/opsbook/internal/document"
)

// validate checks an input against the constraints of its model that clients leave to the service: enums, patterns, largest
// values and lengths. It words them as AWS's services do.
func validate(r *request) error {
	if r.op.Input == nil || slices.Contains(r.service.Protocols, protocol.RestXML) || slices.Contains(r.service.Protocols, protocol.EC2) {
		return nil // S3, CloudFront and EC2 have words of their own for each
	}
	v := &constraints{}
	v.structure(r.op.Input, r.input, "")
	if len(v.broken) == 0 {
		return nil
	}
	errors := "error"
	if len(v.broken) > 1 {
		errors = "errors"
	}
	code := "ValidationException"
	if slices.Contains(r.service.Protocols, protocol.Query) {
		code = "ValidationError"
	}
	return refuse(http.StatusBadRequest, code, "%d validation %s detected: %s", len(v.broken), errors, strings.Join(v.broken, "; "))
}

// constraints gathers what an input violates.
type constraints struct{ broken []string }

// fail adds a violation, worded as AWS words it.
func (c *constraints) fail(value, path, format string, args ...any) {
	c.broken = append(c.broken, fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: Member must %s", value,
		path, fmt.Sprintf(format, args...)))
}

// lower is a member's name as AWS's services write it in a path.
func lower(name string) string {
	first, n := utf8.DecodeRuneInString(name)
	return string(unicode.ToLower(first)) + name[n:]
}

// structure checks the members of a structure. An idempotency token may be absent, since
// clients fill it in.
func (c *constraints) structure(s *models.Shape, o *document.Object, path string) {
	for _, name := range s.Required {
		if _, ok := o.Get(name); !ok && !s.Member(name).Idempotency {
			c.fail("null", path+lower(name), "not be null")
		}
	}
	for name, v := range o.All() {
		if m := s.Member(name); m != nil {
			c.value(m.Shape, v, path+lower(name))
		}
	}
}

// value checks one value by its type; blobs, booleans and timestamps have no constraints here.
func (c *constraints) value(s *models.Shape, v document.Value, path string) {
	switch v := v.(type) {
	case *document.Object:
		switch s.Type {
		case models.TypeStructure:
			c.structure(s, v, path+".")
		case models.TypeMap:
			for name, inner := range v.All() {
				c.value(s.Value.Shape, inner, path+"."+name+".member")
			}
		}
	case document.List:
		c.list(s, v, path)
	case string:
		c.text(s, v, path)
	case int64:
		c.bounds(s, float64(v), fmt.Sprintf("'%d'", v), path, "value")
	}
}

// list checks the length of a list and its elements. AWS words a list of enums as one
// constraint of the whole list.
func (c *constraints) list(s *models.Shape, l document.List, path string) {
	if s.Element == nil {
		return
	}
	if enum := s.Element.Shape.Enum; len(enum) > 0 {
		var given []string
		legal := true
		for _, v := range l {
			given = append(given, fmt.Sprint(v))
			legal = legal && slices.Contains(enum, fmt.Sprint(v))
		}
		if !legal {
			c.fail("'["+strings.Join(given, ", ")+"]'", path,
				"satisfy constraint: [Member must satisfy enum value set: [%s]]", strings.Join(enum, ", "))
		}
		return
	}
	c.bounds(s, float64(len(l)), "'"+fmt.Sprint(l)+"'", path, "length")
	for i, v := range l {
		c.value(s.Element.Shape, v, fmt.Sprintf("%s.%d.member", path, i+1))
	}
}

// text checks length in characters, enum and pattern of a text. A sensitive one is not
// repeated in the message.
func (c *constraints) text(s *models.Shape, text, path string) {
	quoted := "'" + text + "'"
	if s.Sensitive {
		quoted = "***"
	}
	c.bounds(s, float64(utf8.RuneCountInString(text)), quoted, path, "length")
	switch {
	case len(s.Enum) > 0 && !slices.Contains(s.Enum, text):
		c.fail(quoted, path, "satisfy enum value set: [%s]", strings.Join(s.Enum, ", "))
	case s.Pattern != "" && !matches(s.Pattern, text):
		c.fail(quoted, path, "satisfy regular expression pattern: %s", s.Pattern)
	}
}

// bounds checks the least and the largest value or length, both inclusive.
func (c *constraints) bounds(s *models.Shape, n float64, quoted, path, what string) {
	switch {
	case s.Min != nil && n < *s.Min:
		c.fail(quoted, path, "have %s greater than or equal to %.0f", what, *s.Min)
	case s.Max != nil && n > *s.Max:
		c.fail(quoted, path, "have %s less than or equal to %.0f", what, *s.Max)
	}
}

var patterns sync.Map // text → *regexp.Regexp, nil for one of another dialect than Go's

// matches reports whether the whole text is as a model's pattern says. A pattern that Go cannot read allows everything.
func matches(pattern, text string) bool {
	compiled, ok := patterns.Load(pattern)
	if !ok {
		r, err := regexp.Compile(`\A(?:` + pattern + `)\z`)
		if err != nil {
			r = nil
		}
		compiled, _ = patterns.LoadOrStore(pattern, r)
	}
	r, _ := compiled.(*regexp.Regexp)
	return r == nil || r.MatchString(text)
}
