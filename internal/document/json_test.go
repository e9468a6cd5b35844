package document_test

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/document"
)

func TestJSONRoundTrip(t *testing.T) {
	for in, want := range map[string]string{
		`{"b":1,"a":[true,null,"x"],"c":{}}`:                        `{"b":1,"a":[true,null,"x"],"c":{}}`,
		`[1.0, 1e-5, 1e16, 12345678901234567890, 0.1, -0.0, 1e400]`: `[1.0,1e-05,1e+16,12345678901234567890,0.1,-0.0,Infinity]`,
		`"\u00fc\ud83d\ude00\u0001\"\\\n"`:                          `"ü😀\u0001\"\\\n"`,
		`{"a":1,"a":2}`:                                             `{"a":2}`,
	} {
		v, err := document.Parse([]byte(in))
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got, err := document.Marshal(v); err != nil || string(got) != want {
			t.Errorf("%s printed as %s, %v; want %s", in, got, err, want)
		}
	}
	for _, in := range []string{"", "{", "[1,]", `{"a"}`, "1 2", "nul", strings.Repeat("[", 5000) + strings.Repeat("]", 5000)} {
		if v, err := document.Parse([]byte(in)); err == nil {
			t.Errorf("%.20q was read as %v", in, v)
		}
	}
}

func TestIndented(t *testing.T) {
	v, err := document.Parse([]byte(`{"a":[1,{"b":[]}],"c":{}}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := document.AppendJSON(nil, v, "    ", false)
	want := "{\n    \"a\": [\n        1,\n        {\n            \"b\": []\n        }\n    ],\n    \"c\": {}\n}"
	if err != nil || string(got) != want {
		t.Errorf("printed %s, %v", got, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{inventory, `[]`, `"x"`, `1e999`, `{"a":{"b":null}}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		v, err := document.Parse([]byte(in))
		if err != nil {
			return
		}
		text, err := document.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "Infinity") {
			return
		}
		again, err := document.Parse(text)
		if err != nil || !document.Equal(v, again) {
			t.Errorf("%q became %q, %v", in, text, err)
		}
	})
}
