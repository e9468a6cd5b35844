package main

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/protocol"
	"github.com/opsbook/opsbook/internal/document"
)

// TestProtocolCases runs botocore's cases of the protocols, tests/unit/protocols of https://github.com/boto/botocore, from the
// folder that BOTOCORE_PROTOCOLS names: what a client writes, and what it reads. Those that botocore ignores itself are left out.
func TestProtocolCases(t *testing.T) {
	dir := os.Getenv("BOTOCORE_PROTOCOLS")
	if dir == "" {
		t.Skip("BOTOCORE_PROTOCOLS names no folder with botocore's cases of the protocols")
	}
	ignored := ignoredCases(t, dir)
	cases := 0
	for _, kind := range []string{"input", "output"} {
		names, err := filepath.Glob(filepath.Join(dir, kind, "*.json"))
		if err != nil || len(names) == 0 {
			t.Fatalf("no cases in %s: %v", dir, err)
		}
		legacy, _ := filepath.Glob(filepath.Join(dir, "legacy", kind, "*.json"))
		for _, name := range append(names, legacy...) {
			v, err := readJSON(name)
			if err != nil {
				t.Fatal(err)
			}
			suites, _ := v.(document.List)
			for n, suite := range suites {
				s := suite.(object)
				list, _ := s.Get("cases")
				for i, item := range list.(document.List) {
					c := item.(object)
					id := str(c, "id")
					if id == "" {
						id = fmt.Sprintf("%d.%d", n, i)
					}
					file := strings.TrimSuffix(filepath.Base(name), ".json")
					if ignored[kind+" "+str(s, "description")] || ignored[file+" "+kind+" "+id] ||
						ignored[file+" "+kind+" "+str(s, "description")] {
						continue
					}
					cases++
					t.Run(kind+"/"+file+"/"+id, func(t *testing.T) { protocolCase(t, kind, s, c) })
				}
			}
		}
	}
	if cases < 700 {
		t.Errorf("only %d cases", cases)
	}
}

// ignoredCases are those of botocore's own list, by what it names them by.
func ignoredCases(t *testing.T, dir string) map[string]bool {
	t.Helper()
	v, err := readJSON(filepath.Join(dir, "protocol-tests-ignore-list.json"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	add := func(prefix string, kinds object) {
		for kind, lists := range kinds.All() {
			for _, list := range []string{"suites", "cases"} {
				for _, name := range strs(lists.(object), list) {
					out[prefix+kind+" "+name] = true
				}
			}
		}
	}
	root := v.(object)
	add("", obj(root, "general"))
	for name, kinds := range obj(root, "protocols").All() {
		add(name+" ", kinds.(object))
	}
	return out
}

// protocolCase makes a service of a suite with one operation.
func protocolCase(t *testing.T, kind string, suite, c object) {
	given := obj(c, "given")
	name := str(given, "name")
	if name == "" {
		name = "OperationName"
	}
	root := document.NewObject(
		document.Member{Name: "metadata", Value: obj(suite, "metadata")}, document.Member{Name: "shapes", Value: obj(suite, "shapes")},
		document.Member{Name: "operations", Value: document.NewObject(document.Member{Name: name, Value: given})},
	)
	if obj(root, "shapes") == nil {
		root.Set("shapes", &document.Object{})
	}
	modern(root, given)
	text, err := document.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "service-2.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	source, err := readService(dir)
	if err != nil {
		t.Fatal(err)
	}
	for shape := range source.Shapes { // a case names its errors by their shapes, not by its operation
		if first := source.Operations[0]; source.Shapes[shape].Exception && !slices.Contains(first.ErrorNames, shape) {
			first.ErrorNames = append(first.ErrorNames, shape)
		}
	}
	packed, err := source.Pack()
	if err != nil {
		t.Fatal(err)
	}
	s, err := models.Unpack("suite", packed)
	if err != nil {
		t.Fatal(err)
	}
	op := s.Operation(source.Operations[0].Name)
	use := s.Protocols[0]
	if kind == "input" {
		inputCase(t, use, op, obj(c, "params"), obj(c, "serialized"))
		return
	}
	outputCase(t, use, op, c)
}

// modern rewrites what only botocore's older cases say, and no model of AWS's: where a member stands at the shape that it has, how a
// moment is written at the member, and what the body is at the operation.
func modern(root, operation object) {
	shapes := obj(root, "shapes")
	refs := func(shape object) []object {
		var out []object
		for _, m := range obj(shape, "members").All() {
			out = append(out, m.(object))
		}
		for _, name := range []string{"member", "key", "value"} {
			if ref := obj(shape, name); ref != nil {
				out = append(out, ref)
			}
		}
		return out
	}
	for _, name := range shapes.Keys() {
		for _, ref := range refs(obj(shapes, name)) {
			target := obj(shapes, str(ref, "shape"))
			for _, trait := range []string{"location", "locationName"} {
				if v, ok := target.Get(trait); ok && str(target, "location") != "" && str(ref, trait) == "" {
					ref.Set(trait, v)
				}
			}
			if format := str(ref, "timestampFormat"); format != "" {
				own := str(ref, "shape") + "As" + format
				shapes.Set(own, document.NewObject(document.Member{Name: "type", Value: "timestamp"},
					document.Member{Name: "timestampFormat", Value: format}))
				ref.Set("shape", own)
			}
		}
	}
	for _, side := range []string{"input", "output"} {
		if v, ok := obj(operation, side).Get("payload"); ok {
			obj(shapes, str(obj(operation, side), "shape")).Set("payload", v)
		}
	}
}

func inputCase(t *testing.T, use string, op *models.Operation, params, want object) {
	input, _ := fromCase(op.Input, params, false).(object)
	r, err := protocol.Encode(use, op, input)
	if err != nil {
		t.Fatal(err)
	}
	if method := str(want, "method"); method != "" && r.Method != method {
		t.Errorf("method %s, want %s", r.Method, method)
	}
	uri := r.Path
	if r.RawQuery != "" {
		uri += "?" + r.RawQuery
	}
	if !sameURI(uri, str(want, "uri")) {
		t.Errorf("URI %s, want %s", uri, str(want, "uri"))
	}
	for name, v := range obj(want, "headers").All() {
		sameHeader(t, use, name, r.Header, v.(string))
	}
	for _, name := range strs(want, "forbidHeaders") {
		if r.Header.Get(name) != "" && name != "Content-Length" {
			t.Errorf("header %s: %s, which must not be there", name, r.Header.Get(name))
		}
	}
	if _, ok := want.Get("body"); ok {
		if err := sameBody(use, op, r.Body, str(want, "body")); err != nil {
			t.Error(err)
		}
	}
}

func sameURI(got, want string) bool {
	a, errA := url.Parse(got)
	b, errB := url.Parse(want)
	if errA != nil || errB != nil || want == "" {
		return want == "" || got == want
	}
	return a.EscapedPath() == b.EscapedPath() && fmt.Sprint(a.Query()) == fmt.Sprint(b.Query())
}

// sameHeader compares as botocore's own test does: types of bodies that botocore does not send are not asked for.
func sameHeader(t *testing.T, use, name string, have http.Header, want string) {
	t.Helper()
	got := have.Get(name)
	for n, values := range have { // a prefix header keeps its letters
		if got == "" && strings.EqualFold(n, name) {
			got = values[0]
		}
	}
	switch {
	case name == "Content-Type" && (use == protocol.RestXML || use == protocol.RestJSON && want != "application/json"):
		return
	case name == "Content-Type":
		got, _, _ = strings.Cut(got, ";")
		want, _, _ = strings.Cut(want, ";")
	case name == "Content-Length":
		return
	}
	plain := func(s string) string { return strings.ReplaceAll(s, ", ", ",") }
	if plain(got) != plain(want) {
		t.Errorf("header %s: %q, want %q", name, got, want)
	}
}

func sameBody(use string, op *models.Operation, got []byte, want string) error {
	different := fmt.Errorf("body %s, want %s", got, want)
	switch use {
	case protocol.Query, protocol.EC2:
		a, errA := url.ParseQuery(string(got))
		b, errB := url.ParseQuery(want)
		if errA != nil || errB != nil || fmt.Sprint(a) != fmt.Sprint(b) {
			return different
		}
		return nil
	case protocol.CBOR:
		raw, err := base64.StdEncoding.DecodeString(want)
		if err != nil {
			return err
		}
		a, errA := protocol.DecodeRequest(use, op, nil, nil, got)
		b, errB := protocol.DecodeRequest(use, op, nil, nil, raw)
		if errA != nil || errB != nil || !document.Equal(plain(a), plain(b)) {
			return fmt.Errorf("body %x, want %x (%w)", got, raw, errors.Join(errA, errB))
		}
		return nil
	case protocol.RestXML:
		a, errA := canonical(got)
		b, errB := canonical([]byte(want))
		if errA == nil && errB == nil && a == b {
			return nil
		}
	default:
		a, errA := document.Parse(got)
		b, errB := document.Parse([]byte(want))
		if errA == nil && errB == nil && document.Equal(a, b) {
			return nil
		}
	}
	if string(got) != want {
		return different
	}
	return nil
}

// canonical is XML without the space between its elements, attributes in order.
func canonical(text []byte) (string, error) {
	var b strings.Builder
	d := xml.NewDecoder(bytes.NewReader(text))
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return b.String(), nil
		}
		if err != nil {
			return "", err
		}
		switch x := token.(type) {
		case xml.StartElement:
			slices.SortFunc(x.Attr, func(a, b xml.Attr) int {
				return strings.Compare(a.Name.Space+a.Name.Local, b.Name.Space+b.Name.Local)
			})
			fmt.Fprintf(&b, "<%v %v>", x.Name, x.Attr)
		case xml.EndElement:
			fmt.Fprintf(&b, "</%v>", x.Name)
		case xml.CharData:
			b.WriteString(strings.TrimSpace(string(x)))
		}
	}
}

func outputCase(t *testing.T, use string, op *models.Operation, c object) {
	response := obj(c, "response")
	header := http.Header{}
	for name, v := range obj(response, "headers").All() {
		header.Set(name, fmt.Sprint(v))
	}
	body := []byte(str(response, "body"))
	if use == protocol.CBOR {
		var err error
		if body, err = base64.StdEncoding.DecodeString(string(body)); err != nil {
			t.Fatal(err)
		}
	}
	status, _ := number(response, "status_code")
	if wanted, ok := c.Get("error"); ok {
		failureCase(t, protocol.DecodeFailure(use, op, int(status), header, body), op, c, wanted.(object))
		return
	}
	if use == protocol.Query && op.Output != nil && len(op.Output.Members) > 0 {
		op.ResultWrapper = op.Name + "Result"
		if op.Name == "" {
			op.ResultWrapper = "OperationNameResult"
		}
	}
	if op.Output != nil && slices.ContainsFunc(op.Output.Members, func(m *models.Member) bool { return m.Shape.EventStream }) {
		return // streams of events are not read
	}
	got, err := protocol.Decode(use, op, int(status), header, body)
	if err != nil {
		t.Fatal(err)
	}
	want := fromCase(op.Output, obj(c, "result"), true)
	lowerHeads(op.Output, want)
	if !document.Equal(plain(got), plain(want)) {
		a, _ := document.Marshal(got)
		b, _ := document.Marshal(plain(want))
		t.Errorf("read %s\nwant %s", a, b)
	}
}

// lowerHeads writes the names of maps of headers in lower case: letters of headers have no case, and Go and S3 have their own.
func lowerHeads(s *models.Shape, v document.Value) {
	o, _ := v.(object)
	if s == nil {
		return
	}
	for _, m := range s.Members {
		names, _ := o.Get(m.Name)
		heads, ok := names.(object)
		if m.Location != "headers" || !ok {
			continue
		}
		lower := &document.Object{}
		for name, value := range heads.All() {
			lower.Set(strings.ToLower(name), value)
		}
		o.Set(m.Name, lower)
	}
}

func failureCase(t *testing.T, f protocol.Failure, op *models.Operation, c, want object) {
	if f.Code != str(c, "errorCode") || str(c, "errorMessage") != "" && f.Message != str(c, "errorMessage") {
		t.Errorf("read %s: %s, want %s: %s", f.Code, f.Message, str(c, "errorCode"), str(c, "errorMessage"))
	}
	var shape *models.Shape
	for _, e := range op.Errors {
		if e.Name == f.Code || e.ErrorCode == f.Code {
			shape = e
		}
	}
	expected, _ := fromCase(shape, want, true).(object)
	for name, v := range expected.All() {
		if strings.EqualFold(name, "message") || strings.EqualFold(name, "code") {
			continue
		}
		got, _ := f.Document.Get(name)
		if !document.Equal(plain(got), plain(v)) {
			t.Errorf("member %s is %v, want %v", name, got, v)
		}
	}
}

// fromCase makes a tree of what a case says: moments are numbers there, and bytes text. shown makes it what a client shows.
func fromCase(s *models.Shape, v document.Value, shown bool) document.Value {
	if s == nil || s.Document {
		return v
	}
	switch s.Type {
	case models.TypeTimestamp:
		seconds, ok := v.(float64)
		if n, whole := v.(int64); whole {
			seconds, ok = float64(n), true
		}
		if at := protocol.FromSeconds(seconds); ok && shown {
			return protocol.Show(at)
		} else if ok {
			return at
		}
	case models.TypeBlob:
		if text, ok := v.(string); ok && shown {
			return base64.StdEncoding.EncodeToString([]byte(text))
		} else if ok {
			return []byte(text)
		}
	case models.TypeFloat, models.TypeDouble:
		switch v {
		case "NaN":
			return math.NaN()
		case "Infinity":
			return math.Inf(1)
		case "-Infinity":
			return math.Inf(-1)
		}
	}
	switch v := v.(type) {
	case document.List:
		out := document.List{}
		for _, item := range v {
			out = append(out, fromCase(s.Element.Shape, item, shown))
		}
		return out
	case object:
		out := &document.Object{}
		for name, inner := range v.All() {
			var shape *models.Shape
			if m := s.Member(name); m != nil {
				shape = m.Shape
			} else if s.Value != nil {
				shape = s.Value.Shape
			}
			out.Set(name, fromCase(shape, inner, shown))
		}
		return out
	}
	return v
}

// plain makes values comparable: what is not a number is text.
func plain(v document.Value) document.Value {
	switch v := v.(type) {
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return document.FormatFloat(v)
		}
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	case time.Time:
		return protocol.Show(v)
	case document.List:
		out := document.List{}
		for _, item := range v {
			out = append(out, plain(item))
		}
		return out
	case object:
		out := &document.Object{}
		for name, inner := range v.All() {
			out.Set(name, plain(inner))
		}
		return out
	}
	return v
}
