package web

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/a-h/templ"
)

// nothing is an empty component.
var nothing = templ.ComponentFunc(func(context.Context, io.Writer) error { return nil })

// together renders components one after another.
func together(list ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		for _, c := range list {
			if err := c.Render(ctx, w); err != nil {
				return err
			}
		}
		return nil
	})
}

// markup renders parts of a page. They belong to no request: what a hub draws is the same for everybody.
func markup(parts ...templ.Component) ([]byte, error) {
	var b bytes.Buffer
	if err := together(parts...).Render(context.Background(), &b); err != nil {
		return nil, fmt.Errorf("render a part of the page: %w", err)
	}
	return b.Bytes(), nil
}

// divided renders parts of a page one by one.
func divided(list ...templ.Component) (out parts, err error) {
	for _, c := range list {
		html, err := markup(c)
		if err != nil {
			return nil, err
		}
		out = append(out, html)
	}
	return out, nil
}

// render renders to a buffer first, so that a template that fails leaves nothing half written. A reader that has gone is no
// error.
func render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	var buffer bytes.Buffer
	if err := c.Render(r.Context(), &buffer); err != nil {
		return fmt.Errorf("render the page: %w", err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	content := packed(w, r, buffer.Bytes())
	w.WriteHeader(status)
	_, err := w.Write(content)
	if err != nil {
		return nil //nolint:nilerr // the reader has gone
	}
	return nil
}

// partial addresses a component to a place of the page, as htmx understands it. htmx 4 puts each <hx-partial> of an
// answer, or of a stream’s message, where its target says, independent of the element that sent the request.
func partial(target, swap string, c templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if _, err := fmt.Fprintf(w, `<hx-partial hx-target="%s" hx-swap="%s">`, templ.EscapeString(target),
			templ.EscapeString(swap)); err != nil {
			return err
		}
		if err := c.Render(ctx, w); err != nil {
			return err
		}
		_, err := fmt.Fprint(w, "</hx-partial>")
		return err
	})
}

// fromHTMX reports whether htmx sent the request, and takes parts of a page for an answer.
func fromHTMX(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }
