// Package render prints documents as the AWS CLI v2 prints them: json, text, table,
// yaml and yaml-stream, byte for byte where standard output is not a terminal.
//
// What the formats have in common with the CLI, and a reader may not expect:
//
//   - json keeps the order of the answer; text, table and yaml sort members by name.
//   - text has no names: fields are told apart by their place, and None stands for null.
//   - table is as wide as its content, and turned on its side where it is wider than 80 columns.
//   - yaml quotes what YAML would read as another type, such as "true", "12" or a date.
//
// https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-output-format.html
package render

import (
	"bytes"
	"fmt"
	"io"

	"github.com/opsbook/opsbook/internal/document"
)

// Formats are the values of --output.
var Formats = []string{"json", "text", "table", "yaml", "yaml-stream", "off"}

// Write prints a whole answer without colours.
func Write(w io.Writer, format, title string, v document.Value) error {
	return WriteColored(w, format, title, v, false)
}

// WriteColored prints a whole answer, where colored with the colours of a terminal, which only tables have. title is the operation's
// name, which a table shows.
// An empty object prints nothing, except as text or in a list of its own.
func WriteColored(w io.Writer, format, title string, v document.Value, colored bool) error {
	var b bytes.Buffer
	o, isObject := v.(*document.Object)
	empty := isObject && o.Len() == 0
	var err error
	switch format {
	// The CLI indents by four spaces and keeps characters beyond ASCII as they are.
	case "json":
		if !empty {
			var text []byte
			text, err = document.AppendJSON(nil, v, "    ", false)
			b.Write(append(text, '\n'))
		}
	case "text":
		// The AWS CLI has printed the lines before by the time it fails.
		if err = writeText(&b, v, "", nil); err != nil {
			_, _ = w.Write(b.Bytes()) // what stands before the mistake
		}
	case "table":
		err = writeTable(&b, title, v, colored)
	case "yaml":
		if !empty {
			writeYAML(&b, v)
		}
	// Each answer is an item of a YAML list, so that the pages of a listing are one document
	// in the end.
	case "yaml-stream":
		if !empty {
			writeYAML(&b, document.List{v})
		}
	// "off" is a format of AWS CLI v2 that runs the command and prints nothing.
	case "off":
	default:
		return fmt.Errorf("Unknown output type: %s", format)
	}
	if err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// isScalar reports whether a value is neither a list nor an object; null is a scalar.
func isScalar(v document.Value) bool {
	switch v.(type) {
	case document.List, *document.Object:
		return false
	}
	return true
}
