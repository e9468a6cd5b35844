package document

import (
	"encoding/base64"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"unicode"
)

// PythonText prints a value as Python's str prints it, which the AWS CLI does in
// --output text and in error messages: true is True, null is None, and a list is
// ['a', 1]. A string stands for itself, without quotes.
func PythonText(v Value) string {
	if text, ok := v.(string); ok {
		return text
	}
	return pythonRepr(v)
}

// pythonRepr prints a value as Python's repr does, which str uses for what is inside a
// list or a dict: there a string has quotes.
func pythonRepr(v Value) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case string:
		return pythonQuoted(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case *big.Int:
		return v.String()
	case float64:
		return strings.NewReplacer("NaN", "nan", "Infinity", "inf").Replace(FormatFloat(v))
	case []byte:
		return "b'" + base64.StdEncoding.EncodeToString(v) + "'"
	case List:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = pythonRepr(item)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case *Object:
		var parts []string
		for name, inner := range v.All() {
			parts = append(parts, pythonQuoted(name)+": "+pythonRepr(inner))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprint(v)
}

// pythonQuoted quotes as Python's repr of a string does: in single quotes, or in double
// ones where the text has a single quote and no double one: "it's". Control characters
// and others up to U+FFFF that are not printable are escaped by their number.
func pythonQuoted(s string) string {
	quote := '\''
	if strings.ContainsRune(s, '\'') && !strings.ContainsRune(s, '"') {
		quote = '"'
	}
	var b strings.Builder
	b.WriteRune(quote)
	for _, c := range s {
		switch {
		case c == quote || c == '\\':
			b.WriteRune('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, c)
		case !unicode.IsPrint(c) && c <= 0xff:
			fmt.Fprintf(&b, `\x%02x`, c)
		case !unicode.IsPrint(c) && c <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteRune(quote)
	return b.String()
}
