package bind

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// Validate checks an input as botocore does before it sends one: what is required, types,
// smallest lengths and values. Enums, patterns and largest values are the service's to refuse.
func Validate(op *models.Operation, input *document.Object) error {
	v := &validation{known: func(string) bool { return true }}
	v.operation(op, input)
	return v.err()
}

// ValidateShape checks a tree against a structure.
func ValidateShape(s *models.Shape, tree *document.Object) error {
	v := &validation{known: func(string) bool { return true }}
	v.structure(s, tree, "")
	return v.err()
}

// validate checks the line's input. Of a line that is only read, each problem is at its word, and what the service would refuse is one too.
func (r *reader) validate(found []*Given, partial bool) error {
	if r.before == nil {
		return Validate(r.Operation, r.Input)
	}
	v := &validation{known: r.known, partial: partial || r.before.Open, service: true}
	v.operation(r.Operation, r.Input)
	noted := slices.ContainsFunc(r.before.Problems, func(e *Error) bool { return e.Kind == KindRequired })
	for _, e := range v.problems {
		if e.Kind == KindMissing && e.Path == e.Name && noted {
			continue // an option that is required
		}
		e.Message = "An error occurred (ParamValidation): Parameter validation failed:\n" + e.Message
		e.Status = ExitUsage
		if g := givenFor(found, e.Path); g != nil {
			e.Given = g
			e.Word = g.wordOf(e.Path)
		}
		_ = r.note(e, 0) // which is nil for a line that is only read
	}
	return nil
}

// givenFor is the option that gave a member of the input, by a path in it.
// The last one wins, as it does in the input.
func givenFor(found []*Given, path string) *Given {
	name := path[:len(path)-len(strings.TrimLeftFunc(path, func(r rune) bool { return r != '.' && r != '[' }))]
	for _, g := range slices.Backward(found) {
		if g.Option.Member != nil && g.Option.Member.Name == name {
			return g
		}
	}
	return nil
}

// wordOf is the word that a value of the option is in, by its path in the input.
// Of a list the n-th word is the n-th element, unless the list was given as one JSON text.
func (g *Given) wordOf(path string) int {
	if len(g.Values) == 0 {
		return g.Word
	}
	_, element, ok := strings.Cut(path, "[")
	element, _, _ = strings.Cut(element, "]")
	if n, err := strconv.Atoi(element); ok && err == nil && n < len(g.Values) {
		return g.Values[n].Word
	}
	return g.Values[0].Word
}

// validation gathers what is wrong with a tree.
type validation struct {
	known    func(string) bool
	partial  bool // the tree may have further members
	service  bool // what the service would refuse counts too
	problems []*Error
}

// err is all problems as the one error that the CLI makes of them.
func (v *validation) err() error {
	if len(v.problems) == 0 {
		return nil
	}
	texts := make([]string, len(v.problems))
	for i, p := range v.problems {
		texts[i] = p.Message
	}
	return invalid("Parameter validation failed:\n%s", strings.Join(texts, "\n"))
}

// fail records a problem, worded as botocore words it.
func (v *validation) fail(kind Kind, s *models.Shape, path, name, format string, args ...any) {
	v.problems = append(v.problems, &Error{Message: fmt.Sprintf(format, args...), Kind: kind, Shape: s, Path: path, Name: name})
}

// bucketName and bucketARN are what may name a bucket: botocore/handlers.py.
const (
	bucketName = `^[a-zA-Z0-9.\-_]{1,255}$`
	bucketARN  = `^arn:(aws).*:(s3|s3-object-lambda):[a-z\-0-9]*:[0-9]{12}:accesspoint[/:][a-zA-Z0-9\-.]{1,63}$|` +
		`^arn:(aws).*:s3-outposts:[a-z\-0-9]+:[0-9]{12}:outpost[/:][a-zA-Z0-9\-]{1,63}[/:]accesspoint[/:][a-zA-Z0-9\-]{1,63}$`
)

var bucketPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(bucketName + "|" + bucketARN) })

// operation checks an input. What is wrong with the name of a bucket, or with an empty part of an address, is said alone.
func (v *validation) operation(op *models.Operation, input *document.Object) {
	if op.Input == nil {
		return
	}
	if name, ok := input.Get("Bucket"); ok && op.Service.Name == "s3" {
		if text, isText := name.(string); isText && v.known(text) && !bucketPattern().MatchString(text) {
			v.fail(KindOther, op.Input.Member("Bucket").Shape, "Bucket", text,
				"Invalid bucket name \"%s\": Bucket name must match "+
					"the regex \"%s\" or be an ARN matching the regex \"%s\"", text, bucketName, bucketARN)
			return
		}
	}
	if v.metadata(op, input); len(v.problems) > 0 {
		return
	}
	for _, m := range op.Input.Members { // the AWS CLI sends it, to another address than was meant
		if value, ok := input.Get(m.Name); ok && value == "" && m.Location == "uri" {
			v.fail(KindOther, m.Shape, m.Name, "", "Invalid length for parameter %s, value: 0, valid min length: 1", m.Name)
			return
		}
	}
	v.structure(op.Input, input, "")
}

// metadata refuses what a header cannot hold: validate_ascii_metadata of botocore/handlers.py.
func (v *validation) metadata(op *models.Operation, input *document.Object) {
	value, _ := input.Get("Metadata")
	pairs, ok := value.(*document.Object)
	if !ok || op.Service.Name != "s3" {
		return
	}
	for key, value := range pairs.All() {
		text, _ := value.(string)
		if v.known(text) && strings.ContainsFunc(key+text, func(r rune) bool { return r > unicode.MaxASCII }) {
			v.fail(KindOther, op.Input.Member("Metadata").Shape, "Metadata", text,
				"Non ascii characters found in S3 metadata for key \"%s\", value: \"%s\".  \n"+
					"S3 metadata can only contain ASCII characters. ",
				key, text)
			return
		}
	}
}

// orInput is how botocore calls the input itself where it names a path.
func orInput(name string) string {
	if name == "" {
		return "input"
	}
	return name
}

// structure checks the members of a structure. Where some of it is not known, nothing is missing.
// A tagged union must have exactly one member. A document type may hold anything.
func (v *validation) structure(s *models.Shape, o *document.Object, name string) {
	if s.Document {
		return
	}
	open := v.partial && name == "" || unknownValue(o, v.known)
	if s.Union && !open {
		var members []string
		for _, m := range s.Members {
			members = append(members, m.Name)
		}
		switch {
		case o.Len() == 0:
			v.fail(KindOther, s, name, "", "Must set one of the following keys for tagged unionstructure %s: %s.",
				orInput(name), strings.Join(members, ". "))
		case o.Len() > 1:
			v.fail(KindOther, s, name, "",
				"Invalid number of parameters set for tagged union "+
					"structure %s. Can only set one of the following keys: %s.", orInput(name), strings.Join(members, ". "))
		}
	}
	// An idempotency token may be missing, since the client makes one.
	for _, required := range s.Required {
		if _, ok := o.Get(required); !ok && !s.Member(required).Idempotency && !open {
			v.fail(KindMissing, s, inside(name, required), required, "Missing required parameter in %s: \"%s\"", orInput(name), required)
		}
	}
	for key := range o.All() {
		if s.Member(key) != nil || !v.known(key) {
			continue
		}
		var names []string
		for _, m := range s.Members {
			names = append(names, m.Name)
		}
		v.fail(KindMember, s, inside(name, key), key, "Unknown parameter in %s: \"%s\", must be one of: %s",
			orInput(name), key, strings.Join(names, ", "))
	}
	for key, inner := range o.All() {
		if m := s.Member(key); m != nil {
			v.value(m, inner, inside(name, key))
		}
	}
}

// inside is the path of a member.
func inside(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// value checks a member's value by its shape. A text that is not known is of every type.
func (v *validation) value(m *models.Member, value document.Value, name string) {
	s := m.Shape
	if text, ok := value.(string); s.Document || m.JSONValue || ok && !v.known(text) {
		return
	}
	switch s.Type {
	case models.TypeStructure:
		if o, ok := value.(*document.Object); ok {
			v.structure(s, o, name)
			return
		}
		v.wrongType(s, name, value, "<class 'dict'>")
	case models.TypeMap:
		o, ok := value.(*document.Object)
		if !ok {
			v.wrongType(s, name, value, "<class 'dict'>")
			return
		}
		v.length(s, o.Len(), name, unknownValue(o, v.known))
		for key, inner := range o.All() {
			v.value(s.Value, inner, name+"."+key)
		}
	case models.TypeList:
		l, ok := value.(document.List)
		if !ok {
			v.wrongType(s, name, value, "<class 'list'>, <class 'tuple'>")
			return
		}
		v.length(s, len(l), name, unknownValue(l, v.known))
		for i, inner := range l {
			v.value(s.Element, inner, fmt.Sprintf("%s[%d]", name, i))
		}
	default:
		v.scalar(s, value, name)
	}
}

// length checks the smallest length of a text, list or map; one of which a part is not known may be longer.
// Only the smallest is botocore's; a length in characters, elements or entries.
func (v *validation) length(s *models.Shape, n int, name string, open bool) {
	if s.Min != nil && float64(n) < *s.Min && !open {
		v.fail(KindOther, s, name, "", "Invalid length for parameter %s, value: %d, valid min length: %d", name, n, int64(*s.Min))
	}
}

// scalar checks a value that has no parts.
func (v *validation) scalar(s *models.Shape, value document.Value, name string) {
	switch s.Type {
	case models.TypeString, models.TypeCharacter:
		text, ok := value.(string)
		if !ok {
			v.wrongType(s, name, value, "<class 'str'>")
			return
		}
		v.text(s, text, name)
	case models.TypeInteger, models.TypeLong:
		// A whole number beyond 64 bits passes here, as Python's integers have no bound; the service refuses it.
		if n, ok := value.(int64); ok {
			v.least(s, float64(n), name, fmt.Sprint(n))
			return
		}
		if _, ok := value.(*big.Int); !ok {
			v.wrongType(s, name, value, "<class 'int'>")
		}
	case models.TypeFloat, models.TypeDouble:
		switch n := value.(type) {
		case int64:
			v.least(s, float64(n), name, fmt.Sprint(n))
		case float64:
			v.least(s, n, name, document.FormatFloat(n))
		default:
			v.wrongType(s, name, value, "<class 'float'>, <class 'decimal.Decimal'>, <class 'int'>")
		}
	case models.TypeBoolean:
		if _, ok := value.(bool); !ok {
			v.wrongType(s, name, value, "<class 'bool'>")
		}
	case models.TypeTimestamp:
		if _, ok := value.(time.Time); !ok {
			v.fail(KindType, s, name, "",
				"Invalid type for parameter %s, value: %s, type: %s, valid types: <class 'datetime.datetime'>, "+
					"timestamp-string", name, document.PythonText(value), pythonType(value))
		}
	}
}

// text checks a text's length and, for the service, its enumeration.
func (v *validation) text(s *models.Shape, text, name string) {
	length := len([]rune(text))
	v.length(s, length, name, false)
	switch {
	case !v.service:
	case len(s.Enum) > 0 && !slices.Contains(s.Enum, text):
		v.fail(KindEnum, s, name, text, "%s is none of %s", text, strings.Join(s.Enum, ", "))
	case s.Max != nil && float64(length) > *s.Max:
		v.fail(KindLong, s, name, text, "%s is longer than %d", text, int(*s.Max))
	}
}

// least checks a number's smallest value.
func (v *validation) least(s *models.Shape, n float64, name, text string) {
	if s.Min != nil && n < *s.Min {
		v.fail(KindOther, s, name, text, "Invalid value for parameter %s, value: %s, valid min value: %s", name, text,
			strings.TrimSuffix(document.FormatFloat(*s.Min), ".0"))
	}
}

// wrongType records that a value has another type than its shape, with Python's names for both.
func (v *validation) wrongType(s *models.Shape, name string, value document.Value, valid string) {
	v.fail(KindType, s, name, "", "Invalid type for parameter %s, value: %s, type: %s, valid types: %s", name,
		document.PythonText(value), pythonType(value), valid)
}

// pythonType is how Python calls the type of a value, which the CLI prints.
func pythonType(value document.Value) string {
	name := map[string]string{
		"string": "str", "bool": "bool", "int64": "int", "float64": "float", "document.List": "list",
		"[]interface {}": "list", "*document.Object": "dict", "<nil>": "NoneType", "[]uint8": "bytes", "*big.Int": "int",
	}[fmt.Sprintf("%T", value)]
	return "<class '" + name + "'>"
}
