package mask

import (
	"reflect"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// identifiers are the members whose texts the server makes by itself, or compares: they are never masked. Every other text of
// what leaves an execution is, those of members that do not exist yet, too.
var identifiers = map[string]bool{
	"Event.Run": true, "Event.Step": true, "Event.Execution": true, "Event.Issuer": true, "Event.Subject": true, "Event.Stream": true,
	"Event.RollbackOf": true, "Event.Resumes": true, "Call.ID": true,
}

// Event masks an event.
func (m *Mask) Event(e procedures.Event) Event { return Event{Copy(m, e)} }

// Change masks a change.
func (m *Mask) Change(c procedures.Change) procedures.Change { return Copy(m, c) }

// Judgement masks a judgement.
func (m *Mask) Judgement(j procedures.Judgement) procedures.Judgement { return Copy(m, j) }

// PlannedCall masks a planned call. Its variables are dropped, as they may hold anything.
func (m *Mask) PlannedCall(c procedures.PlannedCall) procedures.PlannedCall {
	c.Variables = nil
	return Copy(m, c)
}

// Document masks the texts of a document.
func (m *Mask) Document(v document.Value) document.Value { return m.document("", v) }

// Copy is a value with all its texts masked, in a copy. What has no texts is shared with the original.
func Copy[T any](m *Mask, v T) T {
	in := reflect.ValueOf(&v).Elem()
	out := reflect.New(in.Type()).Elem()
	m.copyTo(out, in, "")
	return out.Interface().(T) //nolint:forcetypeassert // it was made from T
}

var (
	documentType = reflect.TypeFor[document.Value]()
	stringType   = reflect.TypeFor[string]()
)

// copyTo copies a value of a type of procedures and masks its texts. name is "Type.Member" where it is a member.
func (m *Mask) copyTo(out, in reflect.Value, name string) {
	switch in.Kind() {
	case reflect.String:
		if in.Type() != stringType || identifiers[name] { // a type of its own has a fixed set of values
			out.Set(in)
			return
		}
		out.SetString(m.Text(in.String()))
	case reflect.Pointer:
		if in.IsNil() {
			return
		}
		out.Set(reflect.New(in.Type().Elem()))
		m.copyTo(out.Elem(), in.Elem(), "")
	case reflect.Interface:
		if in.IsNil() {
			return
		}
		if in.Type() == documentType {
			if masked := m.document("", in.Interface()); masked != nil {
				out.Set(reflect.ValueOf(masked))
			}
			return
		}
		out.Set(in)
	case reflect.Slice:
		if in.IsNil() {
			return
		}
		out.Set(reflect.MakeSlice(in.Type(), in.Len(), in.Len()))
		for i := range in.Len() {
			m.copyTo(out.Index(i), in.Index(i), name)
		}
	case reflect.Map:
		if in.IsNil() {
			return
		}
		out.Set(reflect.MakeMapWithSize(in.Type(), in.Len()))
		for _, key := range in.MapKeys() {
			value := reflect.New(in.Type().Elem()).Elem()
			m.copyTo(value, in.MapIndex(key), name)
			out.SetMapIndex(key, value)
		}
	case reflect.Struct:
		m.copyStruct(out, in)
	default:
		out.Set(in)
	}
}

func (m *Mask) copyStruct(out, in reflect.Value) {
	out.Set(in) // also what is not exported
	t := in.Type()
	if t.PkgPath() == "time" {
		return
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		out.Field(i).SetZero()
		m.copyTo(out.Field(i), in.Field(i), t.Name()+"."+f.Name)
	}
	switch v := out.Addr().Interface().(type) {
	case *procedures.Call:
		v.Args = m.args(in.FieldByName("Program").String(), v.Command, in.FieldByName("Args"))
	case *procedures.PlannedCall:
		v.Args = m.args(in.FieldByName("Program").String(), v.Command, in.FieldByName("Args"))
	case *procedures.Change:
		v.Args = m.args(in.FieldByName("Program").String(), v.Command, in.FieldByName("Args"))
	case *procedures.Difference:
		before, after := in.FieldByName("Before").String(), in.FieldByName("After").String()
		if member := v.Path[strings.LastIndex(v.Path, ".")+1:]; secretMember(member) || byName(member, before) ||
			byName(member, after) {
			v.Before, v.After = m.hidden(before), m.hidden(after)
		}
	}
}

// args masks the words of a call behind its program.
func (m *Mask) args(program, command string, args reflect.Value) []string {
	list, _ := args.Interface().([]string)
	if list == nil {
		return nil
	}
	if program == "" {
		program, _, _ = strings.Cut(command, " ")
	}
	return m.Words(append([]string{program}, list...))[1:]
}

// hidden stands for a value, if there is one.
func (m *Mask) hidden(value string) string {
	switch {
	case value == "" || maskedAll().MatchString(value):
		return value
	case m.generated(value):
		return Generated
	}
	return Hidden
}

// secretMembers are members of AWS's documents whose text is a secret, whatever it looks like.
var secretMembers = lazy.Regexp(`^(?:SecretString|SecretBinary|RandomPassword|Plaintext|SecretAccessKey|SessionToken|authorizationToken|`,
	`AuthToken|`,
	`ServicePassword|PrivateKey|KeyMaterial|(?i:[a-z]*password))$`)

func secretMember(name string) bool {
	return secretMembers().MatchString(name) && !openName(strings.ToLower(name))
}

// document masks the texts of a document; name is that of the member it stands in.
func (m *Mask) document(name string, v document.Value) document.Value {
	switch v := v.(type) {
	case string:
		return m.Text(v)
	case document.List:
		if v == nil {
			return v
		}
		out := make(document.List, len(v))
		for i, item := range v {
			out[i] = m.document(name, item)
		}
		return out
	case *document.Object:
		if v == nil {
			return v
		}
		pair, isPair := PairName(v)
		out := &document.Object{}
		for member, value := range v.All() {
			text, isText := value.(string)
			switch {
			case isText && (secretMember(member) || isPair && IsPairValue(member) && byName(pair, text) || byName(member, text)):
				out.Set(member, m.hidden(text))
			default:
				out.Set(member, m.document(member, value))
			}
		}
		return out
	case int64, float64:
		if text, err := document.Marshal(v); err == nil && m.Text(string(text)) != string(text) {
			return m.Text(string(text))
		}
	}
	return v
}

// PairName is the name in an object that is one variable of a list: {"name": "DB_PASSWORD", "value": "…"}.
func PairName(o *document.Object) (name string, ok bool) {
	var value bool
	for member, inner := range o.All() {
		text, isText := inner.(string)
		switch {
		case isText && IsPairValue(member):
			value = true
		case isText && pairNames[member]:
			name = text
		}
	}
	return name, value && name != ""
}

var pairNames = map[string]bool{
	"name": true, "Name": true, "key": true, "Key": true, "ParameterKey": true,
	"ParameterName": true,
	"OptionName":    true, "VariableName": true,
}

// IsPairValue reports whether a member holds the value of such a variable.
func IsPairValue(member string) bool {
	return member == "value" || member == "Value" || member == "ParameterValue"
}
