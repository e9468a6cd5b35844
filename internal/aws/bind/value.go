package bind

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/protocol"
	"github.com/opsbook/opsbook/internal/document"
)

// inputTree is the input while it is put together.
type inputTree struct {
	line  *Line
	files Files
	input *document.Object
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
		return parameter(option, "Unable to load paramfile %s: %s", text, OSError(err, name))
	}
	if t.files == nil {
		return "", false, cannot(fs.ErrNotExist)
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
	if !isText {
		return string(data), true, nil
	}
	if !utf8.Valid(data) {
		return "", false, parameter(option, "Unable to load paramfile (%s), text contents could not be decoded.  If this is a binary file, please use the fileb:// prefix instead of the file:// prefix.", name)
	}
	return strings.ReplaceAll(string(data), "\r\n", "\n"), false, nil
}

// parameter says what is wrong with the value of an option.
func parameter(option, format string, args ...any) *Error {
	e := invalid("Error parsing parameter '--%s': %s", option, fmt.Sprintf(format, args...))
	e.Option = option
	return e
}

// OSError words a failure to open a file as Python does.
func OSError(err error, name string) string {
	number, text := 2, "No such file or directory"
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case errors.Is(err, fs.ErrPermission):
		number, text = 13, "Permission denied"
	default:
		return err.Error()
	}
	return fmt.Sprintf("[Errno %d] %s: '%s'", number, text, name)
}

// readInput adds what --cli-input-json or --cli-input-yaml has and no option gave.
func (t *inputTree) readInput(own map[string]*given) error {
	option, g := "cli-input-json", own["cli-input-json"]
	if g == nil {
		option, g = "cli-input-yaml", own["cli-input-yaml"]
	} else if own["cli-input-yaml"] != nil {
		return invalid("Only one --cli-input- parameter may be specified.")
	}
	if g == nil {
		return nil
	}
	text, _, err := t.load(option, g.values[0])
	if err != nil {
		return err
	}
	var v document.Value
	if option == "cli-input-yaml" {
		v, err = document.ParseYAML([]byte(text))
	} else {
		v, err = document.Parse([]byte(text))
	}
	if err != nil {
		return invalid("Error parsing parameter '%s': Invalid %s received.", option, strings.ToUpper(strings.TrimPrefix(option, "cli-input-")))
	}
	o, ok := v.(*document.Object)
	if !ok {
		return parameter(option, "Invalid type: expecting map, received %s", pythonType(v))
	}
	typed, err := t.fromJSON(t.line.Operation.Input, o)
	if err != nil {
		return err
	}
	for name, v := range typed.(*document.Object).All() {
		if _, ok := t.input.Get(name); !ok {
			t.input.Set(name, v)
		}
	}
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
	texts := slices.Clone(values)
	if len(values) == 1 {
		content, binary, err := t.load(o.Name, values[0])
		switch {
		case err != nil:
			return nil, err
		case binary && s.Type == models.TypeBlob && !streams(o.Member):
			return []byte(content), nil
		}
		texts[0] = content
	}
	switch {
	case s.Document || o.Member.JSONValue:
		return t.json(o, s, strings.Join(texts, " "))
	case s.Type == models.TypeBlob && streams(o.Member):
		return t.upload(o, values[0])
	case s.Type == models.TypeList:
		return t.list(o, s, texts)
	}
	if v, ok := singleValue(s, texts[0]); ok {
		return v, nil
	}
	return t.one(o, s, texts[0], !startsJSON(texts[0]))
}

// streams reports whether a blob is sent as it is read: the option then names a file.
func streams(m *models.Member) bool { return m.Streaming || m.Shape.Streaming }

// upload opens the file that a streaming blob is read from. A small one is read at once, so that
// the call can be tried again.
func (t *inputTree) upload(o *Option, name string) (document.Value, error) {
	noFile := parameter(o.Name, "Blob values must be a path to a file.")
	if t.files == nil {
		return nil, noFile
	}
	f, err := t.files.Open(name)
	if err != nil {
		return nil, noFile
	}
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		f.Close()
		return nil, noFile
	}
	if info.Size() > maxFile {
		return f, nil // the client reads it to its end
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}

func startsJSON(text string) bool {
	trimmed := strings.TrimSpace(text)
	return strings.HasPrefix(trimmed, "{") || strings.HasPrefix(trimmed, "[")
}

// singleValue reads a plain text for a structure whose one member is Value, as EC2 has them.
func singleValue(s *models.Shape, text string) (document.Value, bool) {
	if s.Type != models.TypeStructure || len(s.Members) != 1 || s.Members[0].Name != "Value" || s.Members[0].Shape.Type != models.TypeString {
		return nil, false
	}
	if startsJSON(text) || strings.Contains(text, "=") {
		return nil, false
	}
	return document.NewObject(document.Member{Name: "Value", Value: text}), true
}

// bareLists are options of which each word is the one member of a structure.
var bareLists = []string{
	"firehose put-record-batch records", "workspaces reboot-workspaces reboot-workspace-requests", "workspaces rebuild-workspaces rebuild-workspace-requests",
	"workspaces terminate-workspaces terminate-workspace-requests", "elb remove-tags tags", "elb describe-instance-health instances",
	"elb deregister-instances-from-load-balancer instances", "elb register-instances-with-load-balancer instances",
}

// list reads a JSON list, or one element from each word. The first word tells whether they are JSON or shorthand.
func (t *inputTree) list(o *Option, s *models.Shape, texts []string) (document.Value, error) {
	if len(texts) == 1 && strings.HasPrefix(strings.TrimSpace(texts[0]), "[") {
		return t.json(o, s, texts[0])
	}
	element := s.Element.Shape
	shorthand := len(texts) > 0 && !startsJSON(texts[0]) && !element.Document
	line := CommandOf(t.line.Service.Name) + " " + Dashed(t.line.Operation.Name) + " " + o.Name
	out := make(document.List, 0, len(texts))
	for _, text := range texts {
		if shorthand && slices.Contains(bareLists, line) {
			out = append(out, document.NewObject(document.Member{Name: element.Members[0].Name, Value: text}))
			continue
		}
		v, err := t.one(o, element, text, shorthand)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func (t *inputTree) one(o *Option, s *models.Shape, text string, shorthand bool) (document.Value, error) {
	switch {
	case s.Document:
		return t.json(o, s, text)
	case s.Type != models.TypeStructure && s.Type != models.TypeMap && s.Type != models.TypeList:
		return t.scalar(o, s, text)
	case shorthand:
		return t.shorthand(o, s, text)
	case !startsJSON(text) || s.Type != models.TypeList && strings.HasPrefix(strings.TrimSpace(text), "["):
		return nil, parameter(o.Name, "Invalid JSON:\n%s", text)
	}
	return t.json(o, s, text)
}

func (t *inputTree) json(o *Option, s *models.Shape, text string) (document.Value, error) {
	v, err := parseJSON(text)
	if err != nil {
		return nil, parameter(o.Name, "Invalid JSON: %v\nJSON received: %s", err, text)
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
	digits := strings.Map(func(r rune) rune { // as Python's decoder, which passes over what is no digit
		if r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '+' || r == '/' || r == '=' {
			return r
		}
		return -1
	}, text)
	b, err := base64.StdEncoding.DecodeString(digits)
	if err != nil {
		return nil, &Error{Message: fmt.Sprintf("Invalid base64: \"%s\"", text), Status: ExitGeneral}
	}
	return b, nil
}

// Moment reads a time in any of the forms that the AWS CLI takes.
func Moment(text string) (time.Time, bool) {
	at, ok := timestamp(text).(time.Time)
	return at, ok
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
		return text != "" && !strings.EqualFold(text, "false"), nil
	case models.TypeBlob:
		return t.blob(text)
	case models.TypeTimestamp:
		return timestamp(text), nil
	}
	return text, nil
}

func (t *inputTree) shorthand(o *Option, s *models.Shape, text string) (document.Value, error) {
	v, err := parseShorthand(text, func(name string) (document.Value, error) {
		content, binary, err := t.load(o.Name, name)
		if binary {
			return []byte(content), err
		}
		return content, err
	})
	if err != nil {
		var own *Error
		if errors.As(err, &own) {
			return nil, own
		}
		return nil, parameter(o.Name, "%v", err)
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
	text, ok := v.(string)
	if !ok || s.Type == models.TypeBoolean && !strings.EqualFold(text, "true") && !strings.EqualFold(text, "false") {
		return v, nil // validation says what is wrong
	}
	return t.scalar(o, s, text)
}

func parseInt(text string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	return n, err == nil
}

// reference makes a caller reference that nobody else makes.
func reference() string { return strconv.FormatInt(time.Now().UnixNano(), 10) }
