// Package render prints documents as the AWS CLI v2 prints them: json, text, table,
// yaml and yaml-stream, byte for byte where standard output is not a terminal.
package render

import (
	"bytes"
	"fmt"
	"io"
	"math/big"
	"strconv"

	"github.com/opsbook/opsbook/internal/document"
)

// Formats are the values of --output.
var Formats = []string{"json", "text", "table", "yaml", "yaml-stream", "off"}

// Write prints a whole answer. title is the operation's name, which a table shows.
// An empty object prints nothing, except as text or in a list of its own.
func Write(w io.Writer, format, title string, v document.Value) error {
	var b bytes.Buffer
	o, isObject := v.(*document.Object)
	empty := isObject && o.Len() == 0
	var err error
	switch format {
	case "json":
		if !empty {
			var text []byte
			text, err = document.AppendJSON(nil, v, "    ", false)
			b.Write(append(text, '\n'))
		}
	case "text":
		writeText(&b, v, "", nil)
	case "table":
		err = writeTable(&b, title, v)
	case "yaml":
		if !empty {
			writeYAML(&b, v)
		}
	case "yaml-stream":
		if !empty {
			writeYAML(&b, document.List{v})
		}
	case "off":
	default:
		return fmt.Errorf("Unknown output type: %s", format) //nolint:staticcheck // the CLI's words
	}
	if err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// pythonString prints a scalar as Python's str does.
func pythonString(v document.Value) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case string:
		return v
	case bool:
		if v {
			return "True"
		}
		return "False"
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return pythonFloat(v)
	case *big.Int:
		return v.String()
	}
	return fmt.Sprint(v)
}

// pythonFloat is repr: nan and inf are not JSON's.
func pythonFloat(f float64) string {
	switch text := document.FormatFloat(f); text {
	case "NaN":
		return "nan"
	case "Infinity":
		return "inf"
	case "-Infinity":
		return "-inf"
	default:
		return text
	}
}

func isScalar(v document.Value) bool {
	switch v.(type) {
	case document.List, *document.Object:
		return false
	}
	return true
}
