package commands

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// curlBodies are the options that send something.
var curlBodies = []string{"data", "data-urlencode", "data-raw", "data-binary", "json", "form", "upload-file"}

// methodName is a method as HTTP writes it: https://www.rfc-editor.org/rfc/rfc9110#name-tokens
var methodName = lazy.Regexp(`^[A-Za-z0-9!#$%&'*+.^_|~-]+$`)

// methodOf is the method of a line. As with curl, -X says it whatever else is asked for.
func methodOf(p *parsed) string {
	switch m := p.last("request"); {
	case m != "":
		return m
	case p.has("head"):
		return http.MethodHead
	case p.has("upload-file"):
		return http.MethodPut
	case hasBody(p):
		return http.MethodPost
	}
	return http.MethodGet
}

// hasBody reports a line whose requests have a body. -G moves data into the URL.
func hasBody(p *parsed) bool {
	return slices.ContainsFunc(curlBodies, func(name string) bool {
		return p.has(name) && (!p.has("get") || name == "form" || name == "upload-file")
	})
}

// effectOfCurl is what a line does: GET and HEAD without a body read, DELETE destroys, and everything else changes something.
func effectOfCurl(p *parsed) procedures.Effect {
	switch m := methodOf(p); {
	case m == http.MethodDelete:
		return procedures.EffectDestroy
	case m != http.MethodGet && m != http.MethodHead, hasBody(p):
		return procedures.EffectChange
	}
	return procedures.EffectRead
}

// cannotSend says why a line is not sent at all, or "".
func cannotSend(p *parsed) string {
	kinds := 0
	for _, some := range [][]string{{"form"}, {"upload-file"}, {"head"}, {"data", "data-urlencode", "data-raw", "data-binary", "json"}} {
		if slices.ContainsFunc(some, p.has) && (some[0] != "data" || !p.has("get")) {
			kinds++
		}
	}
	switch m := methodOf(p); {
	case !methodName().MatchString(m), slices.Contains([]string{"CONNECT", "TRACE", "TRACK"}, strings.ToUpper(m)):
		return fmt.Sprintf("curl does not send %s here: it is no method of a request for a page.", m)
	case kinds > 1:
		return "You can only select one HTTP request method: -d, -F, -T and -I ask for different ones."
	case len(p.values["upload-file"]) > 1:
		return "curl sends one file of -T in a line here: write a line for each."
	}
	return ""
}

// filesSent are the files that a line sends. Standard input is "-".
func filesSent(p *parsed) []string {
	var out []string
	for _, name := range []string{"data", "data-binary", "json"} {
		for _, value := range p.values[name] {
			if file, ok := strings.CutPrefix(value, "@"); ok {
				out = append(out, file)
			}
		}
	}
	for _, value := range p.values["data-urlencode"] {
		if at := strings.IndexAny(value, "=@"); at >= 0 && value[at] == '@' {
			out = append(out, value[at+1:])
		}
	}
	for _, value := range p.values["form"] {
		if part := readForm(value); part.file != "" {
			out = append(out, part.file)
		}
	}
	return append(out, p.values["upload-file"]...)
}

// fileOfField names the field whose value would say which file is sent, by an @ or < of its own; "" for none.
func fileOfField(inv *procedures.Invocation, p *parsed) string {
	for i, name := range inv.Fields {
		if name == "" || i >= len(inv.Args) || i >= len(inv.FieldsFrom) {
			continue
		}
		arg := inv.Args[i]
		for option, marks := range map[string]string{"data": "@", "data-binary": "@", "json": "@", "data-urlencode": "=@", "form": "@<"} {
			for _, value := range p.values[option] {
				from, at := len(arg)-len(value), strings.IndexAny(value, marks)
				if !strings.HasSuffix(arg, value) || at < 0 || value[at] == '=' {
					continue
				}
				first := at == 0 || option == "data-urlencode" || option == "form" && value[at-1] == '='
				if first && from+at >= inv.FieldsFrom[i] {
					return name
				}
			}
		}
	}
	return ""
}

// Bound implements procedures.Binder: a line is sent with its words and the files that it names, which Describe has told, and with nothing
// else. They are bound by the caller.
func (curl) Bound(context.Context, *procedures.Invocation) ([]procedures.BoundMember, error) {
	return nil, nil
}

// planned reports the line as a call that would be sent, once its hosts are allowed.
func (c curl) planned(ctx context.Context, inv *procedures.Invocation, p *parsed, urls []string) int {
	var names []string
	for _, text := range urls {
		t := &transfer{curl: c, inv: inv, p: p, text: text, started: time.Now()}
		u, status := t.address()
		if status != 0 {
			t.report(ctx, status)
			return complain(inv, status, "(%d) %s", status, t.message)
		}
		names = append(names, u.Host)
	}
	does := fmt.Sprintf("Sends %s to %s", methodOf(p), strings.Join(slices.Compact(names), " and "))
	if hasBody(p) {
		does += ", with a body"
	}
	u, _ := (&transfer{curl: c, inv: inv, p: p, text: urls[0]}).address()
	resource := path.Base(u.Path)
	if resource == "." || resource == "/" {
		resource = u.Host
	}
	inv.Report(procedures.Call{Command: "curl", Args: inv.Args[1:], Effect: effectOfCurl(p), Planned: &procedures.PlannedCall{
		Command: "curl", Args: inv.Args[1:], Effect: effectOfCurl(p), Does: does + ".", Resource: resource, Line: inv.Line,
	}})
	return 0
}

// sent is what the requests of a line have as their body.
type sent struct {
	data []byte
	kind string // its Content-Type; "" for none
	json bool   // the answer is wanted as JSON, too
}

// body makes the body of a line's requests; nil for none. The status is curl's.
// https://curl.se/docs/manpage.html has how -d, --data-urlencode and --json join what they are given.
func (c curl) body(inv *procedures.Invocation, p *parsed) (*sent, int, error) {
	if !hasBody(p) {
		return nil, 0, nil
	}
	out := &sent{}
	held := limits.Buffer{Meter: inv.Meter, Most: limits.StepValue}
	if p.has("upload-file") {
		data, err := sentFile(inv, p.last("upload-file"))
		out.data = data
		return out, statusOfRead(err), err
	}
	if p.has("form") {
		form := multipart.NewWriter(&held)
		for _, value := range p.values["form"] {
			if err := readForm(value).write(inv, form); err != nil {
				return nil, curlRead, err
			}
		}
		err := form.Close()
		out.data, out.kind = held.Bytes(), form.FormDataContentType()
		return out, statusOfRead(err), err
	}
	out.kind = "application/x-www-form-urlencoded"
	next := map[string]int{}
	for _, name := range p.order {
		if !slices.Contains(curlBodies, name) {
			continue
		}
		value := p.values[name][next[name]]
		next[name]++
		data, err := dataOf(inv, name, value)
		if err == nil && held.Len() > 0 && name != "json" {
			_, err = held.Write([]byte("&"))
		}
		if err == nil {
			_, err = held.Write(data)
		}
		if err != nil {
			return nil, curlRead, err
		}
		if name == "json" {
			out.kind, out.json = "application/json", true
		}
	}
	out.data = held.Bytes()
	return out, 0, nil
}

// dataOf is what one option adds to the body.
func dataOf(inv *procedures.Invocation, name, value string) ([]byte, error) {
	switch file, isFile := strings.CutPrefix(value, "@"); {
	case name == "data-urlencode":
		at := strings.IndexAny(value, "=@")
		if at < 0 {
			return []byte(url.QueryEscape(value)), nil
		}
		key, content := value[:at], []byte(value[at+1:])
		if value[at] == '@' {
			var err error
			if content, err = sentFile(inv, value[at+1:]); err != nil {
				return nil, err
			}
		}
		escaped := url.QueryEscape(string(content))
		if key != "" {
			escaped = key + "=" + escaped
		}
		return []byte(escaped), nil
	case !isFile || name == "data-raw":
		return []byte(value), nil
	default:
		data, err := sentFile(inv, file)
		if name == "data" { // -d takes the ends of lines out of a file
			data = bytes.Map(func(c rune) rune {
				if c == '\r' || c == '\n' || c == 0 {
					return -1
				}
				return c
			}, data)
		}
		return data, err
	}
}

// sentFile reads a file that is sent; "-" is standard input.
func sentFile(inv *procedures.Invocation, name string) ([]byte, error) {
	held := limits.Buffer{Meter: inv.Meter, Most: limits.StepValue}
	if name == "-" {
		if inv.Stdin == nil {
			return nil, nil
		}
		_, err := io.Copy(&held, inv.Stdin)
		return held.Bytes(), err
	}
	f, err := inv.Files.Open(name)
	if err != nil {
		return nil, fmt.Errorf("Failed to open %s: %s", name, fileError(err))
	}
	defer f.Close()
	_, err = io.Copy(&held, f)
	return held.Bytes(), err
}

// statusOfRead is curl's exit status for what could not be read.
func statusOfRead(err error) int {
	if err != nil {
		return curlRead
	}
	return 0
}

// formPart is one -F: name=value, name=@file or name=<file, with ;type= and ;filename= behind it.
type formPart struct{ name, value, file, kind, filename string }

func readForm(text string) formPart {
	name, rest, _ := strings.Cut(text, "=")
	part := formPart{name: name}
	for at := strings.LastIndexByte(rest, ';'); at >= 0; at = strings.LastIndexByte(rest, ';') {
		key, value, _ := strings.Cut(rest[at+1:], "=")
		if key = strings.TrimSpace(key); key == "type" {
			part.kind = value
		} else if key == "filename" {
			part.filename = strings.Trim(value, `"`)
		} else {
			break // a part of the value
		}
		rest = rest[:at]
	}
	switch {
	case strings.HasPrefix(rest, "@"):
		part.file = strings.Trim(rest[1:], `"`)
		if part.filename == "" {
			part.filename = path.Base(part.file)
		}
	case strings.HasPrefix(rest, "<"):
		part.file = rest[1:]
	default:
		part.value = strings.Trim(rest, `"`)
	}
	return part
}

// write adds the part to a form.
func (f formPart) write(inv *procedures.Invocation, form *multipart.Writer) error {
	data := []byte(f.value)
	if f.file != "" {
		var err error
		if data, err = sentFile(inv, f.file); err != nil {
			return err
		}
	}
	kind, disposition := f.kind, map[string]string{"name": f.name}
	if f.filename != "" {
		disposition["filename"] = f.filename
		if kind == "" {
			kind = "application/octet-stream"
		}
	}
	header := map[string][]string{"Content-Disposition": {formDisposition(disposition)}}
	if kind != "" {
		header["Content-Type"] = []string{kind}
	}
	w, err := form.CreatePart(header)
	if err == nil {
		_, err = w.Write(data)
	}
	return err
}

// formDisposition is the header of a part. Quotes and ends of lines are escaped as curl does.
func formDisposition(of map[string]string) string {
	escape := strings.NewReplacer(`"`, "%22", "\r", "%0D", "\n", "%0A")
	text := `form-data; name="` + escape.Replace(of["name"]) + `"`
	if name, ok := of["filename"]; ok {
		text += `; filename="` + escape.Replace(name) + `"`
	}
	return text
}
