package aws

import (
	"errors"
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/accounts"
	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/protocol"
	"github.com/opsbook/opsbook/internal/aws/render"
	"github.com/opsbook/opsbook/internal/aws/wire"
	"github.com/opsbook/opsbook/internal/document"
)

// enhanced is the usual format of errors: https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-options.html
const enhanced = "enhanced"

// errorFormat is --cli-error-format, AWS_CLI_ERROR_FORMAT or the profile's; the usual one where that is none.
func (r *run) errorFormat(err error) string {
	format := r.Globals.ErrorFormat
	var usage *bind.Error
	if errors.As(err, &usage) && usage.Kind == bind.KindService { // which the AWS CLI finds before it has read the options
		format = ""
	}
	if format == "" {
		format = r.setting("AWS_CLI_ERROR_FORMAT", "cli_error_format")
	}
	switch format = strings.ToLower(format); format {
	case "legacy", "json", "yaml", "text", "table":
		return format
	}
	return enhanced
}

// setting is a variable, or what the profile says in the AWS CLI's file.
func (r *run) setting(variable, name string) string {
	if v, ok := r.Variable(variable); ok && v != "" {
		return v
	}
	if r.Environment.Sandbox() {
		return ""
	}
	value, _ := accounts.Setting(r.Identity.Profile, name)
	return value
}

// say words an error in the format that is asked for. Those without a code have no other format than the usual one.
func (r *run) say(err error) (text string, status int) {
	text, status = say(err)
	format := r.errorFormat(err)
	if format == enhanced {
		return text, status
	}
	before := ""
	parts := &document.Object{}
	var usage *bind.Error
	var service *wire.ServiceError
	switch {
	case errors.As(err, &service):
		if format == "legacy" {
			return "\naws: [ERROR]: " + service.Error() + "\n", status
		}
		parts = serviceParts(service)
	case errors.As(err, &usage):
		code, message, ok := usage.Parts()
		if !ok {
			return text, status
		}
		before = usage.Before
		parts.Set("Code", code)
		parts.Set("Message", message)
	default: // of the environment: its code stands in the text
		code, message, ok := (&bind.Error{Message: strings.TrimSpace(strings.TrimPrefix(text, "\naws: [ERROR]: "))}).Parts()
		if !ok {
			return text, status
		}
		parts.Set("Code", code)
		parts.Set("Message", message)
	}
	if format == "legacy" {
		return before + "\naws: [ERROR]: " + strings.TrimSpace(parts.Text("Message")) + "\n", status
	}
	var b strings.Builder
	if render.WriteColored(&b, format, "error", parts, r.Globals.Color == "on") != nil {
		return text, status
	}
	return before + b.String(), status
}

// serviceParts are the code, the message and the other members of a service's error, in the order in which botocore reads them.
func serviceParts(e *wire.ServiceError) *document.Object {
	out := &document.Object{}
	switch e.Protocol {
	case protocol.JSON, protocol.RestJSON, protocol.CBOR:
		out.Set("Message", e.Message)
		out.Set("Code", e.Code)
	default:
		out.Set("Code", e.Code)
		out.Set("Message", e.Message)
	}
	for name, v := range withoutNull(e.Document).All() {
		out.Set(name, v)
	}
	return out
}

// withoutNull are the members that have a value: botocore reads no others.
func withoutNull(o *document.Object) *document.Object {
	out := &document.Object{}
	for name, v := range o.All() {
		if v != nil {
			out.Set(name, v)
		}
	}
	return out
}

// mostInline is how many items a list or an object may have to be printed in a line of its own: awscli/errorhandler.py.
const mostInline = 5

// details prints the other members of a service's error. Large lists and objects are only named.
func details(o *document.Object) string {
	o = withoutNull(o)
	for _, name := range o.Keys() {
		if strings.EqualFold(name, "message") || strings.EqualFold(name, "code") { // which the line above says
			o.Delete(name)
		}
	}
	if o.Len() == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\nAdditional error details:\n")
	complexValue := false
	for name, v := range o.All() {
		text, simple := inline(v)
		if !simple {
			text, complexValue = "<complex value>", true
		}
		fmt.Fprintf(&b, "%s: %s\n", name, text)
	}
	if complexValue {
		b.WriteString("Use \"--cli-error-format json\" or another error format to see the full details.\n")
	}
	return b.String()
}

// inline is a value in one line, as Python writes it; simple reports that it can be.
func inline(v document.Value) (text string, simple bool) {
	var items []string
	switch v := v.(type) {
	case document.List:
		for _, item := range v {
			text, ok := scalarText(item)
			if !ok || len(v) >= mostInline {
				return "", false
			}
			items = append(items, text)
		}
		return "[" + strings.Join(items, ", ") + "]", true
	case *document.Object:
		for name, item := range v.All() {
			text, ok := scalarText(item)
			if !ok || v.Len() >= mostInline {
				return "", false
			}
			items = append(items, name+": "+text)
		}
		return "{" + strings.Join(items, ", ") + "}", true
	}
	return scalarText(v)
}

// scalarText is a scalar as Python's str writes it.
func scalarText(v document.Value) (string, bool) {
	switch v := v.(type) {
	case document.List, *document.Object:
		return "", false
	case nil:
		return "None", true
	case bool:
		if v {
			return "True", true
		}
		return "False", true
	case float64:
		return document.FormatFloat(v), true
	}
	return fmt.Sprint(v), true
}
