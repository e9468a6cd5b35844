package bind

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// Validate checks an input as botocore does before it sends one: what is required, types,
// smallest lengths and values. Enums, patterns and largest values are the service's to refuse.
func Validate(op *models.Operation, input *document.Object) error {
	if op.Input == nil {
		return nil
	}
	if name, ok := input.Get("Bucket"); ok && op.Service.Name == "s3" {
		if text, isText := name.(string); isText && !bucketName.MatchString(text) && !bucketARN.MatchString(text) {
			return invalid("Parameter validation failed:\nInvalid bucket name \"%s\": Bucket name must match the regex \"%s\" or be an ARN matching the regex \"%s\"", text, bucketName, bucketARN)
		}
	}
	for _, m := range op.Input.Members { // the AWS CLI sends it, to another address than was meant
		if v, ok := input.Get(m.Name); ok && v == "" && m.Location == "uri" {
			return invalid("Parameter validation failed:\nInvalid length for parameter %s, value: 0, valid min length: 1", m.Name)
		}
	}
	return ValidateShape(op.Input, input)
}

// ValidateShape checks a tree against a structure.
func ValidateShape(s *models.Shape, tree *document.Object) error {
	v := &validation{}
	v.structure(s, tree, "")
	if len(v.errors) == 0 {
		return nil
	}
	return invalid("Parameter validation failed:\n%s", strings.Join(v.errors, "\n"))
}

// What may name a bucket: botocore/handlers.py.
var (
	bucketName = regexp.MustCompile(`^[a-zA-Z0-9.\-_]{1,255}$`)
	bucketARN  = regexp.MustCompile(`^arn:(aws).*:(s3|s3-object-lambda):[a-z\-0-9]*:[0-9]{12}:accesspoint[/:][a-zA-Z0-9\-.]{1,63}$|^arn:(aws).*:s3-outposts:[a-z\-0-9]+:[0-9]{12}:outpost[/:][a-zA-Z0-9\-]{1,63}[/:]accesspoint[/:][a-zA-Z0-9\-]{1,63}$`)
)

type validation struct{ errors []string }

func (v *validation) fail(format string, args ...any) {
	v.errors = append(v.errors, fmt.Sprintf(format, args...))
}

func orInput(name string) string {
	if name == "" {
		return "input"
	}
	return name
}

func (v *validation) structure(s *models.Shape, o *document.Object, name string) {
	if s.Document {
		return
	}
	if s.Union {
		var members []string
		for _, m := range s.Members {
			members = append(members, m.Name)
		}
		switch {
		case o.Len() == 0:
			v.fail("Must set one of the following keys for tagged unionstructure %s: %s.", orInput(name), strings.Join(members, ". "))
		case o.Len() > 1:
			v.fail("Invalid number of parameters set for tagged union structure %s. Can only set one of the following keys: %s.", orInput(name), strings.Join(members, ". "))
		}
	}
	for _, required := range s.Required {
		if _, ok := o.Get(required); !ok && !s.Member(required).Idempotency {
			v.fail("Missing required parameter in %s: \"%s\"", orInput(name), required)
		}
	}
	for key, inner := range o.All() {
		m := s.Member(key)
		if m == nil {
			var names []string
			for _, m := range s.Members {
				names = append(names, m.Name)
			}
			v.fail("Unknown parameter in %s: \"%s\", must be one of: %s", orInput(name), key, strings.Join(names, ", "))
			continue
		}
		path := key
		if name != "" {
			path = name + "." + key
		}
		v.value(m, inner, path)
	}
}

func (v *validation) value(m *models.Member, value document.Value, name string) {
	s := m.Shape
	if s.Document || m.JSONValue {
		return
	}
	switch s.Type {
	case models.TypeStructure:
		if o, ok := value.(*document.Object); ok {
			v.structure(s, o, name)
			return
		}
		v.wrongType(name, value, "<class 'dict'>")
	case models.TypeMap:
		o, ok := value.(*document.Object)
		if !ok {
			v.wrongType(name, value, "<class 'dict'>")
			return
		}
		v.length(s, o.Len(), name)
		for key, inner := range o.All() {
			v.value(s.Value, inner, name+"."+key)
		}
	case models.TypeList:
		l, ok := value.(document.List)
		if !ok {
			v.wrongType(name, value, "<class 'list'>, <class 'tuple'>")
			return
		}
		v.length(s, len(l), name)
		for i, inner := range l {
			v.value(s.Element, inner, fmt.Sprintf("%s[%d]", name, i))
		}
	default:
		v.scalar(s, value, name)
	}
}

func (v *validation) length(s *models.Shape, n int, name string) {
	if s.Min != nil && float64(n) < *s.Min {
		v.fail("Invalid length for parameter %s, value: %d, valid min length: %d", name, n, int64(*s.Min))
	}
}

func (v *validation) scalar(s *models.Shape, value document.Value, name string) {
	switch s.Type {
	case models.TypeString, models.TypeCharacter:
		text, ok := value.(string)
		if !ok {
			v.wrongType(name, value, "<class 'str'>")
			return
		}
		v.length(s, len([]rune(text)), name)
	case models.TypeInteger, models.TypeLong:
		if n, ok := value.(int64); ok {
			v.least(s, float64(n), name, fmt.Sprint(n))
			return
		}
		if _, ok := value.(*big.Int); !ok {
			v.wrongType(name, value, "<class 'int'>")
		}
	case models.TypeFloat, models.TypeDouble:
		switch n := value.(type) {
		case int64:
			v.least(s, float64(n), name, fmt.Sprint(n))
		case float64:
			v.least(s, n, name, document.FormatFloat(n))
		default:
			v.wrongType(name, value, "<class 'float'>, <class 'decimal.Decimal'>, <class 'int'>")
		}
	case models.TypeBoolean:
		if _, ok := value.(bool); !ok {
			v.wrongType(name, value, "<class 'bool'>")
		}
	case models.TypeTimestamp:
		if _, ok := value.(time.Time); !ok {
			v.fail("Invalid type for parameter %s, value: %s, type: %s, valid types: <class 'datetime.datetime'>, timestamp-string", name, document.PythonText(value), pythonType(value))
		}
	}
}

func (v *validation) least(s *models.Shape, n float64, name, text string) {
	if s.Min != nil && n < *s.Min {
		v.fail("Invalid value for parameter %s, value: %s, valid min value: %s", name, text, strings.TrimSuffix(document.FormatFloat(*s.Min), ".0"))
	}
}

func (v *validation) wrongType(name string, value document.Value, valid string) {
	v.fail("Invalid type for parameter %s, value: %s, type: %s, valid types: %s", name, document.PythonText(value), pythonType(value), valid)
}

func pythonType(value document.Value) string {
	name := map[string]string{"string": "str", "bool": "bool", "int64": "int", "float64": "float", "document.List": "list", "[]interface {}": "list", "*document.Object": "dict", "<nil>": "NoneType", "[]uint8": "bytes", "*big.Int": "int"}[fmt.Sprintf("%T", value)]
	return "<class '" + name + "'>"
}
