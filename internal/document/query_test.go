package document_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/document"
)

const inventory = `{
  "Reservations": [
    {"Instances": [{"Id": "i-1", "State": {"Name": "running"}, "Size": 4,
                    "Tags": [{"Key": "Name", "Value": "web"}, {"Key": "Env", "Value": "prod"}]},
                   {"Id": "i-2", "State": {"Name": "stopped"}, "Size": 2, "Tags": []}]},
    {"Instances": [{"Id": "i-3", "State": {"Name": "running"}, "Size": 8.5, "Tags": [{"Key": "Name", "Value": "db"}]}]}
  ],
  "Contents": [{"Key": "new", "Size": 3, "LastModified": "2025-02-01T00:00:00+00:00"},
               {"Key": "old", "Size": 1, "LastModified": "2023-07-01T04:10:12+00:00"}],
  "checks": [{"id": "a", "category": "security"}, {"id": "b", "category": "cost"}],
  "z": {"b": 1, "a": 2}, "empty": [], "text": "añb", "n": -3, "f": 2.5, "yes": true, "quoted name": 1, "nested": [[1, [2]], 3, []]
}`

// TestSearch has every kind of expression and every function.
func TestSearch(t *testing.T) {
	data, err := document.Parse([]byte(inventory))
	if err != nil {
		t.Fatal(err)
	}
	covered, kinds := map[string]bool{}, map[document.NodeKind]bool{}
	for expression, want := range map[string]string{
		// the peculiar ones of a real document
		"checks[?category==`security`].id":                             `["a"]`,
		"Contents[?LastModified<`2024-01-01`].[Key,Size,LastModified]": `[["old",1,"2023-07-01T04:10:12+00:00"]]`,
		"Contents[?LastModified<'2024-01-01'].Key":                     `["old"]`,
		"Reservations[].Instances[].[Id,Tags[?Key=='Name']|[0].Value]": `[["i-1","web"],["i-2",null],["i-3","db"]]`,
		"Reservations[*].Instances[*].Id":                              `[["i-1","i-2"],["i-3"]]`,
		"Reservations[].Instances[].{id: Id, state: State.Name} | [0]": `{"id":"i-1","state":"running"}`,
		"Reservations[0].Instances[-1].Id":                             `"i-2"`,
		"Reservations[].Instances[?State.Name=='running' && Size>`5`][]": `[{"Id":"i-3","State":{"Name":"running"},"Size":8.5,` +
			`"Tags":[{"Key":"Name","Value":"db"}]}]`,
		"Contents[0:1].Key":  `["new"]`,
		"Contents[::-1].Key": `["old","new"]`,
		"z.*":                `[1,2]`,
		"*.b":                `[1]`,
		"z.[b,a]":            `[1,2]`,
		`"quoted name"`:      `1`,
		"@.n":                `-3`,
		"!empty":             `true`,
		"empty || n":         `-3`,
		"yes && f":           `2.5`,
		"(n || f) | @":       `-3`,
		"nested[]":           `[1,[2],3]`,
		"nested[][]":         `[1,2,3]`,
		"`[1, {\"a\": 2}]`":  `[1,{"a":2}]`,
		"'it\\'s'":           `"it's"`,
		"n < f":              `true`,
		"text < z":           `null`,
		"n == `-3.0`":        `true`,
		"yes == `1`":         `false`,
		"n != `4`":           `true`,
		"f >= `2.5`":         `true`,
		"f <= `2`":           `false`,
		"nothing.at.all":     `null`,
		"nothing[*].x":       `null`,
		"n.*":                `null`,
		// functions
		"abs(n)": `3`, "avg(Contents[].Size)": `2.0`, "avg(empty)": `null`, "ceil(f)": `3`, "floor(f)": `2`,
		"contains(text, 'ñ')": `true`, "contains(Contents[].Key, 'old')": `true`,
		"ends_with(text, 'b')": `true`, "starts_with(text, 'b')": `false`, "join(',', checks[].id)": `"a,b"`,
		"keys(z)": `["b","a"]`, "values(z)": `[1,2]`, "length(text)": `3`, "length(z)": `2`,
		"map(&Key, Contents)": `["new","old"]`, "max(Contents[].Size)": `3`, "min(Contents[].Key)": `"new"`,
		"max_by(Contents, &Size).Key": `"new"`, "min_by(Contents, &Size).Key": `"old"`,
		"merge(z, `{\"a\": 9}`)": `{"b":1,"a":9}`, "not_null(nothing, n)": `-3`, "reverse(text)": `"bña"`,
		"reverse(checks[].id)": `["b","a"]`, "sort(Contents[].Size)": `[1,3]`,
		"sort_by(Contents, &LastModified)[0].Key": `"old"`, "sum(Contents[].Size)": `4`,
		"sum(Reservations[].Instances[].Size)": `14.5`, "to_array(n)": `[-3]`, "to_number('1.5')": `1.5`, "to_number('x')": `null`,
		"to_string(z)": `"{\"b\":1,\"a\":2}"`, "type(f)": `"number"`,
	} {
		for _, f := range document.Functions() {
			covered[f] = covered[f] || strings.Contains(expression, f+"(")
		}
		q, err := document.Compile(expression)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		kindsOf(q.Root(), kinds)
		got, err := q.Search(data)
		text, printErr := document.Marshal(got)
		if err != nil || printErr != nil || string(text) != want {
			t.Errorf("%s = %s, %v; want %s", expression, text, err, want)
		}
	}
	for _, kind := range []document.NodeKind{
		document.NodeField, document.NodeSub, document.NodeIndex, document.NodeIndexed, document.NodeSlice,
		document.NodeProjection, document.NodeValues, document.NodeFilter, document.NodeFlatten, document.NodeLiteral, document.NodeCurrent,
		document.NodeIdentity, document.NodeMultiList, document.NodeMultiHash, document.NodeComparator, document.NodeOr,
		document.NodeAnd, document.NodeNot, document.NodePipe, document.NodeFunction, document.NodeReference,
	} {
		if !kinds[kind] {
			t.Errorf("no case for a %s", kind)
		}
	}
	for _, f := range document.Functions() {
		if !covered[f] {
			t.Errorf("no case for %s()", f)
		}
	}
}

// kindsOf collects the kinds of a query's nodes.
func kindsOf(n *document.Node, kinds map[document.NodeKind]bool) {
	if n == nil {
		return
	}
	kinds[n.Kind] = true
	for _, child := range n.Children {
		kindsOf(child, kinds)
	}
}

func TestQueryErrors(t *testing.T) {
	for _, expression := range []string{
		"", "a[", "a.", "a[?b", "{a}", "'open", "`open", "a=b", "a b", "#", "a[b", "[a", "f(", "\"f\"()", "a[1", "a..b",
		"foo[0:1:2:3]", "-", "&", "a.[", "{", "{a:", "|", "a |", "(a",
	} {
		if q, err := document.Compile(expression); err == nil {
			t.Errorf("%q compiled to %+v", expression, q.Root())
		}
	}
	for _, expression := range []string{
		"nope(@)", "length(`1`)", "length()", "length('a', 'b')", "sort_by(`[{\"a\":1},{\"a\":\"x\"}]`, &a)",
		"avg(`[\"a\"]`)", "join(',', `[1]`)", "a[::0]", "sum(@)",
	} {
		q, err := document.Compile(expression)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		o := document.NewObject(document.Member{Name: "a", Value: document.List{int64(1)}})
		if v, err := q.Search(o); err == nil {
			t.Errorf("%s = %v, want an error", expression, v)
		}
	}
}

// TestCompliance runs the public suite, https://github.com/jmespath/jmespath.test, from the folder that JMESPATH_SUITE names.
func TestCompliance(t *testing.T) {
	dir := os.Getenv("JMESPATH_SUITE")
	if dir == "" {
		t.Skip("JMESPATH_SUITE names no folder with the public compliance suite")
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no suite in %s: %v", dir, err)
	}
	cases := 0
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		suite, err := document.Parse(text)
		if err != nil {
			t.Fatal(name, err)
		}
		for _, group := range suite.(document.List) {
			given, _ := group.(*document.Object).Get("given")
			list, _ := group.(*document.Object).Get("cases")
			for _, c := range list.(document.List) {
				cases++
				checkCase(t, filepath.Base(name), given, c.(*document.Object))
			}
		}
	}
	if cases < 800 {
		t.Errorf("only %d cases", cases)
	}
}

func checkCase(t *testing.T, name string, given document.Value, c *document.Object) {
	t.Helper()
	e, _ := c.Get("expression")
	expression := e.(string)
	want, hasResult := c.Get("result")
	_, hasError := c.Get("error")
	if strings.HasPrefix(name, "literal") && hasError && strings.HasPrefix(expression, "`") ||
		slices.Contains([]string{"benchmarks.json"}, name) {
		return // `foo` is a string to jmespath.py; benchmarks give no results
	}
	q, err := document.Compile(expression)
	var got document.Value
	if err == nil {
		got, err = q.Search(given)
	}
	switch {
	case hasError && err == nil:
		t.Errorf("%s: %s = %v, want an error", name, expression, got)
	case hasResult && err != nil:
		t.Errorf("%s: %s: %v", name, expression, err)
	case hasResult && !sameInAnyOrder(got, want, expression):
		a, _ := document.Marshal(got)
		b, _ := document.Marshal(want)
		t.Errorf("%s: %s = %s, want %s", name, expression, a, b)
	}
}

// sameInAnyOrder compares; the suite does not say in which order members come.
func sameInAnyOrder(got, want document.Value, expression string) bool {
	if document.Equal(got, want) {
		return true
	}
	g, ok := got.(document.List)
	w, ok2 := want.(document.List)
	if !ok || !ok2 || !strings.Contains(expression, "*") && !strings.Contains(expression, "keys(") &&
		!strings.Contains(expression, "values(") || len(g) != len(w) {
		return false
	}
	for _, v := range w {
		if !slices.ContainsFunc(g, func(o document.Value) bool { return document.Equal(o, v) }) {
			return false
		}
	}
	return true
}

func FuzzQuery(f *testing.F) {
	for _, e := range []string{
		"a.b[0]", "a[?b=='c'].{d: e}", "sort_by(@, &a)[::-1]", "`{\"a\": 1}`", "a || b && !c", "*.*[]", "@", "[a,b][]",
	} {
		f.Add(e, inventory)
	}
	f.Fuzz(func(_ *testing.T, expression, data string) {
		v, err := document.Parse([]byte(data))
		if err != nil {
			return
		}
		q, err := document.Compile(expression)
		if err != nil {
			return
		}
		if got, err := q.Search(v); err == nil {
			_ = document.Truth(got)
		}
	})
}
