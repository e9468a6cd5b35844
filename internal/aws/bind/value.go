package bind

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/protocol"
	"github.com/opsbook/opsbook/internal/document"
)

// inputTree is the input while it is put together.
type inputTree struct {
	line      *Line
	files     Files
	input     *document.Object
	inputJSON string // of --cli-input-json or -yaml
	inputYAML bool
}

// maxFile bounds what file:// reads.
const maxFile = 32 << 20 // bytes

// load reads file://name as text and fileb://name as bytes; other text is returned as it is.
func (t *inputTree) load(option, text string) (content string, binary bool, err error) {
	name, isText := strings.CutPrefix(text, "file://")
	if !isText {
		var isBinary bool
		if name, isBinary = strings.CutPrefix(text, "fileb://"); !isBinary {
			return text, false, nil
		}
	}
	cannot := func(err error) error {
		var wrapped interface{ Unwrap() error }
		if errors.As(err, &wrapped) && wrapped.Unwrap() != nil {
			err = wrapped.Unwrap()
		}
		return &Error{Message: fmt.Sprintf("Error parsing parameter '--%s': Unable to load paramfile %s: %v", option, text, err), Status: ExitUsage}
	}
	if t.files == nil {
		return "", false, cannot(errors.New("no files here"))
	}
	f, err := t.files.Open(name)
	if err != nil {
		return "", false, cannot(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return "", false, cannot(err)
	}
	if len(data) > maxFile {
		return "", false, cannot(fmt.Errorf("larger than %d MiB", maxFile>>20))
	}
	return string(data), !isText, nil
}

// readInput fills the input from --cli-input-json or --cli-input-yaml.
func (t *inputTree) readInput() error {
	if t.inputJSON == "" {
		return nil
	}
	option := "cli-input-json"
	if t.inputYAML {
		option = "cli-input-yaml"
	}
	text, _, err := t.load(option, t.inputJSON)
	if err != nil {
		return err
	}
	var v document.Value
	if t.inputYAML {
		v, err = document.ParseYAML([]byte(text))
	} else {
		v, err = document.Parse([]byte(text))
	}
	if err != nil {
		return invalid("Invalid %s received.", strings.ToUpper(strings.TrimPrefix(option, "cli-input-")))
	}
	o, ok := v.(*document.Object)
	if !ok {
		return invalid("Invalid type: expecting map, received %s", pythonType(v))
	}
	typedInput, err := t.fromJSON(t.line.Operation.Input, o)
	if err != nil {
		return err
	}
	t.input, _ = typedInput.(*document.Object)
	return nil
}

func (t *inputTree) set(g given) error {
	o := g.option
	if o.apply != nil {
		return o.apply(t, o, g.values)
	}
	if o.Boolean() {
		t.input.Set(o.Member.Name, !o.Negates)
		return nil
	}
	v, err := t.option(o, g.values)
	if err != nil {
		return err
	}
	t.input.Set(o.Member.Name, v)
	return nil
}

// option turns what was written behind an option into its value.
func (t *inputTree) option(o *Option, values []string) (document.Value, error) {
	s := o.Member.Shape
	texts := make([]string, len(values))
	for i, text := range values {
		content, binary, err := t.load(o.Name, text)
		if err != nil {
			return nil, err
		}
		if binary && s.Type == models.TypeBlob {
			return []byte(content), nil
		}
		if strings.HasPrefix(text, "file://") && s.Type == models.TypeString {
			content = strings.TrimSuffix(content, "\n") + strings.Repeat("\n", min(1, strings.Count(content, "\n")-strings.Count(strings.TrimSuffix(content, "\n"), "\n")))
		}
		texts[i] = content
	}
	if s.Type == models.TypeList {
		return t.list(o, s, texts)
	}
	if len(texts) == 0 {
		return nil, usage("argument --%s: expected one argument", o.Name)
	}
	return t.one(o, s, texts[0])
}

// list reads a JSON list, or one element from each word.
func (t *inputTree) list(o *Option, s *models.Shape, texts []string) (document.Value, error) {
	if len(texts) == 1 && strings.HasPrefix(strings.TrimSpace(texts[0]), "[") {
		return t.json(o, s, texts[0])
	}
	out := make(document.List, 0, len(texts))
	for _, text := range texts {
		v, err := t.one(o, s.Element.Shape, text)
		if err != nil {
			return nil, err
		}
		if inner, ok := v.(document.List); ok && s.Element.Shape.Type != models.TypeList {
			out = append(out, inner...)
			continue
		}
		out = append(out, v)
	}
	return out, nil
}

func (t *inputTree) one(o *Option, s *models.Shape, text string) (document.Value, error) {
	trimmed := strings.TrimSpace(text)
	switch {
	case s.Document:
		return t.json(o, s, text)
	case s.Type == models.TypeStructure, s.Type == models.TypeMap, s.Type == models.TypeList:
		if strings.HasPrefix(trimmed, "{") || strings.HasPrefix(trimmed, "[") {
			return t.json(o, s, text)
		}
		return t.shorthand(o, s, text)
	case o.Member.JSONValue:
		return t.json(o, s, text)
	}
	return t.scalar(o, s, text)
}

func (t *inputTree) json(o *Option, s *models.Shape, text string) (document.Value, error) {
	v, err := document.Parse([]byte(text))
	if err != nil {
		return nil, &Error{Message: fmt.Sprintf("An error occurred (ParamValidation): Error parsing parameter '--%s': Invalid JSON: %s\nJSON received: %s", o.Name, strings.TrimPrefix(err.Error(), "parse JSON: "), text), Status: ExitUsage, Option: o.Name}
	}
	return t.fromJSON(s, v)
}

// fromJSON turns blobs and moments of a JSON value into their types, by the shape.
func (t *inputTree) fromJSON(s *models.Shape, v document.Value) (document.Value, error) {
	if s == nil || s.Document {
		return v, nil
	}
	switch value := v.(type) {
	case *document.Object:
		out := &document.Object{}
		for name, inner := range value.All() {
			var shape *models.Shape
			if s.Type == models.TypeMap {
				shape = s.Value.Shape
			} else if m := s.Member(name); m != nil {
				shape = m.Shape
			}
			converted, err := t.fromJSON(shape, inner)
			if err != nil {
				return nil, err
			}
			out.Set(name, converted)
		}
		return out, nil
	case document.List:
		out := make(document.List, len(value))
		for i, inner := range value {
			var shape *models.Shape
			if s.Element != nil {
				shape = s.Element.Shape
			}
			converted, err := t.fromJSON(shape, inner)
			if err != nil {
				return nil, err
			}
			out[i] = converted
		}
		return out, nil
	case string:
		if s.Type == models.TypeBlob {
			return t.blob(value)
		}
		if s.Type == models.TypeTimestamp {
			return timestamp(value), nil
		}
	case int64, float64:
		if s.Type == models.TypeTimestamp {
			return timestamp(fmt.Sprint(value)), nil
		}
	}
	return v, nil
}

func (t *inputTree) blob(text string) (document.Value, error) {
	if t.line.Globals.BinaryFormat == "raw-in-base64-out" {
		return []byte(text), nil
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, &Error{Message: fmt.Sprintf("An error occurred (ParamValidation): Invalid base64: \"%s\"", text), Status: ExitUsage}
	}
	return b, nil
}

// timestamp reads a moment; text that is none stays text, which validation refuses.
func timestamp(text string) document.Value {
	if at, err := protocol.ParseTime(text); err == nil {
		return at
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02T15:04Z07:00", "2006/01/02", "01/02/2006", "20060102", "2 Jan 2006", "Jan 2 2006", "Jan 2, 2006"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at
		}
	}
	return text
}

func (t *inputTree) scalar(o *Option, s *models.Shape, text string) (document.Value, error) {
	switch s.Type {
	case models.TypeInteger, models.TypeLong:
		n, err := strconv.ParseInt(strings.ReplaceAll(strings.TrimSpace(text), "_", ""), 10, 64)
		if err != nil {
			return nil, &Error{Message: fmt.Sprintf("invalid literal for int() with base 10: '%s'", text), Status: ExitGeneral, Option: o.Name}
		}
		return n, nil
	case models.TypeFloat, models.TypeDouble:
		f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil && !math.IsInf(f, 0) {
			return nil, &Error{Message: fmt.Sprintf("could not convert string to float: '%s'", text), Status: ExitGeneral, Option: o.Name}
		}
		return f, nil
	case models.TypeBoolean:
		return strings.EqualFold(text, "true"), nil
	case models.TypeBlob:
		return t.blob(text)
	case models.TypeTimestamp:
		return timestamp(text), nil
	}
	return text, nil
}

func (t *inputTree) shorthand(o *Option, s *models.Shape, text string) (document.Value, error) {
	v, err := parseShorthand(text, func(name string) (string, error) {
		content, _, err := t.load(o.Name, name)
		return content, err
	})
	if err != nil {
		var own *Error
		if errors.As(err, &own) {
			return nil, own
		}
		return nil, &Error{Message: fmt.Sprintf("An error occurred (ParamValidation): Error parsing parameter '--%s': %v", o.Name, err), Status: ExitUsage, Option: o.Name}
	}
	return t.fromShorthand(o, s, v)
}

// fromShorthand turns strings into what the shape wants: numbers, booleans, lists of one.
func (t *inputTree) fromShorthand(o *Option, s *models.Shape, v document.Value) (document.Value, error) {
	if s == nil {
		return v, nil
	}
	switch s.Type {
	case models.TypeStructure, models.TypeMap:
		in, ok := v.(*document.Object)
		if !ok {
			return v, nil
		}
		out := &document.Object{}
		for name, inner := range in.All() {
			var shape *models.Shape
			if s.Type == models.TypeMap {
				shape = s.Value.Shape
			} else if m := s.Member(name); m != nil {
				shape = m.Shape
			}
			converted, err := t.fromShorthand(o, shape, inner)
			if err != nil {
				return nil, err
			}
			out.Set(name, converted)
		}
		return out, nil
	case models.TypeList:
		in, ok := v.(document.List)
		if !ok {
			in = document.List{v}
		}
		out := make(document.List, len(in))
		for i, inner := range in {
			var err error
			if out[i], err = t.fromShorthand(o, s.Element.Shape, inner); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	if text, ok := v.(string); ok {
		return t.scalar(o, s, text)
	}
	return v, nil
}

func parseInt(text string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	return n, err == nil
}

// reference makes a caller reference that nobody else makes.
func reference() string { return strconv.FormatInt(time.Now().UnixNano(), 10) }
