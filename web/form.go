package web

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// formKey is where readForm leaves why a form cannot be read, in a request's context.
type formKey struct{}

// readForm reads a request's address and body, once, before anything looks at a field: FormValue would read a multipart
// body otherwise, with files in a temporary folder. The body was bounded and read before. An error is kept for
// readable: only those who may use the route are told what is wrong with their form.
func readForm(r *http.Request) *http.Request {
	err := r.ParseForm()
	if r.Form == nil { // of a form that is not read at all there is nothing
		r.Form = url.Values{}
	}
	if r.PostForm == nil {
		r.PostForm = url.Values{}
	}
	if err != nil {
		err = procedures.Errorf(procedures.CodeInvalid, "the form cannot be read: %w", err)
	} else {
		today(r.Form)
		today(r.PostForm)
		return r
	}
	return r.WithContext(context.WithValue(r.Context(), formKey{}, err))
}

// readable reports as an error what is wrong with a request's fields: one that the route does not have, one with two
// values, or one that is too large. A field that is not known may be a misspelt parameter, without which a step would
// do something else; of two values another program might take the other one.
func (t route) readable(r *http.Request) error {
	if err, ok := r.Context().Value(formKey{}).(error); ok {
		return err
	}
	fields := strings.Fields(t.fields)
	for _, name := range slices.Sorted(maps.Keys(r.Form)) { // sorted, so that of several the same one is named each time
		values := r.Form[name]
		parameter := strings.HasPrefix(name, "p.") && slices.Contains(fields, "p.*")
		shown := name
		if len(shown) > 200 {
			shown = shown[:200] + "…"
		}
		switch {
		case t.method == http.MethodPost && !parameter && !slices.Contains(fields, name):
			return procedures.Errorf(procedures.CodeInvalid, "unknown field %q. Nothing was done", shown)
		case len(values) > 1:
			return procedures.Errorf(procedures.CodeInvalid,
				"the field %q has %d values; it takes one. Nothing was done", shown, len(values))
		case len(values[0]) > limits.FieldBytes.Size():
			return procedures.Errorf(procedures.CodeInvalid, "%w", limits.FieldBytes.Reached().At("the field "+shown))
		case !utf8.ValidString(values[0]) || strings.ContainsRune(values[0], 0): // a journal keeps text
			return procedures.Errorf(procedures.CodeInvalid,
				"the field %q is no text: it has bytes that are not UTF-8, or zero. Nothing was done", shown)
		}
	}
	return nil
}

// formType is the one media type that bodies may have.
const formType = "application/x-www-form-urlencoded"

// isForm reports whether a Content-Type is that of a form. Parameters, such as a charset, are left to the reader.
func isForm(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(kind), formType)
}
