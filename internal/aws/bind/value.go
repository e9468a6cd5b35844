package bind

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// inputTree is the input while it is put together.
type inputTree struct {
	*reader
	input *document.Object
	place int // of the word that is read
	// partial says that a value that is not known may give further members.
	partial bool
}

// set puts an option's value into the input.
func (t *inputTree) set(g *Given) error {
	o := g.Option
	t.place = g.Word
	switch {
	case o.apply != nil:
		return t.apply(g)
	case o.Boolean():
		t.input.Set(o.Member.Name, !o.Negates)
		return nil
	case len(g.Values) == 0 && !o.List():
		return nil // which is noted
	}
	v, err := t.option(o, g.Values)
	if err != nil {
		return at(err, t.place)
	}
	t.input.Set(o.Member.Name, v)
	return nil
}

// apply lets an option put its value into the input by itself, where it is known.
// A customization computes with the text, so one that is not known is left out, and partial set: the member it would
// give must not count as missing.
func (t *inputTree) apply(g *Given) error {
	texts := make([]string, len(g.Values))
	for i, v := range g.Values {
		texts[i], t.place = v.Text, v.Word
		if t.before == nil {
			continue
		}
		if content, _, _ := t.load(g.Option.Name, v.Text); !t.known(content) && !g.Option.keeps {
			t.partial = true
			return nil
		}
	}
	if len(texts) == 0 && !g.Option.flag && !g.Option.list {
		return nil // which is noted
	}
	return at(g.Option.apply(t, g.Option, texts), t.place)
}

// option turns what was written behind an option into its value.
// file:// is resolved only where there is one word: in a list of several words it stands for itself, as in the CLI.
func (t *inputTree) option(o *Option, values []Value) (document.Value, error) {
	s := o.Member.Shape
	if len(values) == 0 {
		return t.list(o, s, nil)
	}
	values, written := slices.Clone(values), values[0].Text
	t.place = values[0].Word
	if len(values) == 1 {
		content, binary, err := t.load(o.Name, values[0].Text)
		switch {
		case err != nil:
			return nil, err
		case binary && s.Type == models.TypeBlob && !streams(o.Member) && t.known(content):
			return []byte(content), nil
		}
		values[0].Text = content
	}
	switch {
	case s.Document || o.Member.JSONValue:
		texts := make([]string, len(values))
		for i, v := range values {
			texts[i] = v.Text
		}
		return t.json(o, s, strings.Join(texts, " "))
	case s.Type == models.TypeBlob && streams(o.Member):
		return t.upload(o, written)
	case s.Type == models.TypeList:
		return t.list(o, s, values)
	}
	text := values[0].Text
	if v, ok := singleValue(s, text); ok {
		return v, nil
	}
	return t.one(o, s, text, !startsJSON(text))
}

// startsJSON reports whether a value is JSON and no shorthand, as the CLI decides it: by its first character.
func startsJSON(text string) bool {
	trimmed := strings.TrimSpace(text)
	return strings.HasPrefix(trimmed, "{") || strings.HasPrefix(trimmed, "[")
}

// singleValue reads a plain text for a structure whose one member is Value, as EC2 has them.
// ec2 takes `--description text` for {"Value": "text"}. With "=" in it, the text is shorthand.
func singleValue(s *models.Shape, text string) (document.Value, bool) {
	if s.Type != models.TypeStructure || len(s.Members) != 1 || s.Members[0].Name != "Value" ||
		s.Members[0].Shape.Type != models.TypeString {
		return nil, false
	}
	if startsJSON(text) || strings.Contains(text, "=") {
		return nil, false
	}
	return document.NewObject(document.Member{Name: "Value", Value: text}), true
}

// bareLists are options of which each word is the one member of a structure.
var bareLists = []string{
	"firehose put-record-batch records", "workspaces reboot-workspaces reboot-workspace-requests",
	"workspaces rebuild-workspaces rebuild-workspace-requests",
	"workspaces terminate-workspaces terminate-workspace-requests", "elb remove-tags tags", "elb describe-instance-health instances",
	"elb deregister-instances-from-load-balancer instances", "elb register-instances-with-load-balancer instances",
}

// list reads a JSON list, or one element from each word. The first word tells whether they are JSON or shorthand.
// No words make an empty list, which is sent as such.
//
//	--filters Name=a,Values=1 Name=b,Values=2   becomes two elements
//	--filters '[{"Name": "a"}]'                 becomes the list itself
func (t *inputTree) list(o *Option, s *models.Shape, values []Value) (document.Value, error) {
	if len(values) == 1 && strings.HasPrefix(strings.TrimSpace(values[0].Text), "[") {
		return t.json(o, s, values[0].Text)
	}
	element := s.Element.Shape
	shorthand := len(values) > 0 && !startsJSON(values[0].Text) && !element.Document
	line := CommandOf(t.Service.Name) + " " + Dashed(t.Operation.Name) + " " + o.Name
	out := make(document.List, 0, len(values))
	for _, value := range values {
		t.place = value.Word
		if shorthand && slices.Contains(bareLists, line) {
			only := element.Members[0]
			v, err := t.scalar(o, only.Shape, value.Text)
			if err := t.note(err, value.Word); err != nil {
				return nil, err
			}
			out = append(out, document.NewObject(document.Member{Name: only.Name, Value: v}))
			continue
		}
		v, err := t.one(o, element, value.Text, shorthand)
		switch noted := t.note(err, value.Word); {
		case noted != nil:
			return nil, noted
		case err == nil:
			out = append(out, v)
		}
	}
	return out, nil
}

// one reads the value of one word.
func (t *inputTree) one(o *Option, s *models.Shape, text string, shorthand bool) (document.Value, error) {
	switch {
	case s.Document:
		return t.json(o, s, text)
	case s.Type != models.TypeStructure && s.Type != models.TypeMap && s.Type != models.TypeList:
		return t.scalar(o, s, text)
	case !t.known(text[:firstSize(text)]): // whatever it is, nothing can be said of it
		return text, nil
	case shorthand:
		return t.shorthand(o, s, text)
	case !startsJSON(text) || s.Type != models.TypeList && strings.HasPrefix(strings.TrimSpace(text), "["):
		e := parameter(o.Name, "Invalid JSON:\n%s", text).of(KindSyntax, text)
		e.Shape = s
		return nil, e
	}
	return t.json(o, s, text)
}

// firstSize is the size of a text's first rune in bytes.
func firstSize(text string) int {
	_, size := utf8.DecodeRuneInString(text)
	return size
}

// json reads a value as JSON.
func (t *inputTree) json(o *Option, s *models.Shape, text string) (document.Value, error) {
	v, err := parseJSON(text)
	switch {
	case err != nil && !t.known(text):
		return text, nil // what is not known may mend it
	case err != nil:
		e := parameter(o.Name, "Invalid JSON: %v\nJSON received: %s", err, text).of(KindSyntax, text)
		e.Shape = s
		return nil, e
	}
	return t.fromJSON(s, v)
}

// fromJSON turns blobs and moments of a JSON value into their types, by the shape.
// Members that the shape lacks are kept for validation to name.
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
		if !t.known(value) {
			return value, nil
		}
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

// shorthand reads a value as shorthand. Where it cannot be read and a part of it is not known, nothing is said of it.
// An error of loading a file goes out as it is; one of the grammar names the option.
func (t *inputTree) shorthand(o *Option, s *models.Shape, text string) (document.Value, error) {
	v, err := parseShorthand(text, func(name string) (document.Value, error) {
		content, binary, err := t.load(o.Name, name)
		if binary && t.known(content) {
			return []byte(content), err
		}
		return content, err
	})
	if err != nil {
		var own *Error
		switch {
		case errors.As(err, &own):
			return nil, own
		case !t.known(text):
			return text, nil // what is not known may mend it
		}
		e := parameter(o.Name, "%v", err).of(KindSyntax, text)
		e.Shape = s
		return nil, e
	}
	return t.fromShorthand(o, s, v)
}

// fromShorthand turns strings into what the shape wants: numbers, booleans, lists of one.
// A single value where the shape wants a list becomes a list of one, so Values=a is ["a"]. A boolean must be true or
// false here: otherwise the text stays, for validation to refuse its type.
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
