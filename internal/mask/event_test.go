package mask

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

const hidden = "s3cr3t-Value/77"

// fill sets every text that a value can hold, however deep, and returns how many there are.
func fill(v reflect.Value, depth int) int {
	if depth > 8 {
		return 0
	}
	switch v.Kind() {
	case reflect.String:
		if v.Type() == stringType {
			v.SetString("before " + hidden + " after")
			return 1
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return fill(v.Elem(), depth+1)
	case reflect.Interface:
		if v.Type() == documentType {
			v.Set(reflect.ValueOf(document.NewObject(
				document.Member{Name: "Text", Value: hidden}, document.Member{Name: "List", Value: document.List{"x" + hidden}},
				document.Member{Name: "Object", Value: document.NewObject(document.Member{Name: "Password", Value: "ab"})},
			)))
			return 1
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		return fill(v.Index(0), depth+1) + fill(v.Index(1), depth+1)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		value := reflect.New(v.Type().Elem()).Elem()
		n := fill(value, depth+1)
		v.SetMapIndex(reflect.ValueOf("NAME").Convert(v.Type().Key()), value)
		return n
	case reflect.Struct:
		n := 0
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				n += fill(v.Field(i), depth+1)
			}
		}
		return n
	default:
	}
	return 0
}

// shown lists the members that hold a secret.
func shown(v reflect.Value, name string, out map[string]bool) {
	switch v.Kind() {
	case reflect.String:
		if strings.Contains(v.String(), hidden) {
			out[name] = true
		}
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return
		}
		if o, ok := v.Interface().(*document.Object); ok {
			if text, _ := document.Marshal(o); strings.Contains(string(text), hidden) || strings.Contains(string(text), `"ab"`) {
				out[name] = true
			}
			return
		}
		shown(v.Elem(), name, out)
	case reflect.Slice:
		for i := range v.Len() {
			shown(v.Index(i), name, out)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			shown(v.MapIndex(key), name, out)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				shown(v.Field(i), v.Type().Name()+"."+v.Type().Field(i).Name, out)
			}
		}
	default:
	}
}

// kinds are all kinds of events, as the vocabulary declares them.
func kinds(t *testing.T) []procedures.EventKind {
	t.Helper()
	source, err := os.ReadFile("../procedures/event.go")
	if err != nil {
		t.Fatal(err)
	}
	var out []procedures.EventKind
	for _, m := range regexp.MustCompile(`(?m)^\tEvent\w+\s+(?:EventKind\s+)?= "([^"]+)"`).FindAllStringSubmatch(string(source), -1) {
		out = append(out, procedures.EventKind(m[1]))
	}
	if len(out) < 20 {
		t.Fatalf("only %d kinds were found", len(out))
	}
	return out
}

// TestNothingLeavesUnmasked fills every text of every kind of event with a secret: only what the server makes by itself
// passes as it is, and what was given stays as it was.
func TestNothingLeavesUnmasked(t *testing.T) {
	for _, kind := range kinds(t) {
		var e procedures.Event
		texts := fill(reflect.ValueOf(&e).Elem(), 0)
		if texts < 60 {
			t.Fatalf("only %d texts were found in an event", texts)
		}
		e.Kind = kind
		before, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var got procedures.Event
		NewEmitter(New(hidden), func(event Event) { got = event.Open() }).Emit(e)
		visible := map[string]bool{}
		shown(reflect.ValueOf(got), "", visible)
		for name := range visible {
			if !identifiers[name] {
				t.Errorf("%s of an event %s leaves as it is", name, kind)
			}
		}
		if got.Kind != kind {
			t.Errorf("the kind became %s", got.Kind)
		}
		if after, _ := json.Marshal(e); string(after) != string(before) {
			t.Errorf("what was given was changed")
		}
	}
	for name := range identifiers { // each is a member that exists
		typeName, member, _ := strings.Cut(name, ".")
		of := map[string]reflect.Type{"Event": reflect.TypeFor[procedures.Event](), "Call": reflect.TypeFor[procedures.Call]()}[typeName]
		if _, ok := of.FieldByName(member); !ok {
			t.Errorf("there is no %s", name)
		}
	}
}

func TestCallsAndDifferencesByTheirNames(t *testing.T) {
	m := New()
	c := m.Change(procedures.Change{
		Program: "aws", Command: "rds modify-db-cluster", Args: []string{"rds", "modify-db-cluster", "--master-user-password", "ab1"},
		Differences: []procedures.Difference{
			{Path: "MasterUserPassword", After: "ab1"}, {Path: "Environment.Variables.DB_PASSWORD", Before: "first1", After: "second2"},
			{Path: "Environment.Variables.LOG_LEVEL", Before: "info", After: "debug"},
		},
		Before: document.NewObject(document.Member{Name: "environment", Value: document.List{
			document.NewObject(document.Member{Name: "name", Value: "DB_PASSWORD"}, document.Member{Name: "value", Value: "hunter2"}),
			document.NewObject(document.Member{Name: "name", Value: "LEVEL"}, document.Member{Name: "value", Value: "info"}),
			document.NewObject(document.Member{Name: "name", Value: "URL"}, document.Member{Name: "value", Value: "postgres://u:p4ss@h/d"}),
		}}),
	})
	got, _ := json.Marshal(c)
	for _, secret := range []string{"ab1", "first1", "second2", "hunter2", "p4ss"} {
		if strings.Contains(string(got), secret) {
			t.Errorf("%s is shown: %s", secret, got)
		}
	}
	for _, plain := range []string{"info", "debug", "postgres://u:", "rds modify-db-cluster"} {
		if !strings.Contains(string(got), plain) {
			t.Errorf("%s is hidden: %s", plain, got)
		}
	}
}
