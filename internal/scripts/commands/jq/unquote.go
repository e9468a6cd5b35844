package jq

import "unicode/utf8"

// unquote takes the escapes out of a text.
func unquote(token []byte) (string, string) {
	plain := true
	for _, c := range token {
		if c == '\\' || c < ' ' || c >= utf8.RuneSelf {
			plain = false
			break
		}
	}
	if plain {
		return string(token), ""
	}
	out := make([]byte, 0, len(token))
	for i := 0; i < len(token); {
		c := token[i]
		switch {
		case c < ' ':
			return "", "Invalid string: control characters from U+0000 through U+001F must be escaped"
		case c != '\\' && c < utf8.RuneSelf:
			out = append(out, c)
			i++
		case c != '\\':
			r, size := utf8.DecodeRune(token[i:])
			out = utf8.AppendRune(out, r)
			i += size
		default:
			var problem string
			var n int
			if out, n, problem = unescape(out, token[i+1:]); problem != "" {
				return "", problem
			}
			i += 1 + n
		}
	}
	return string(out), ""
}

// unescape reads what stands behind a backslash, and says how long it is.
func unescape(out, rest []byte) (_ []byte, n int, problem string) {
	if len(rest) == 0 {
		return out, 0, "Expected escape character at end of string"
	}
	switch rest[0] {
	case '\\', '"', '/':
		return append(out, rest[0]), 1, ""
	case 'b':
		return append(out, '\b'), 1, ""
	case 'f':
		return append(out, '\f'), 1, ""
	case 't':
		return append(out, '\t'), 1, ""
	case 'n':
		return append(out, '\n'), 1, ""
	case 'r':
		return append(out, '\r'), 1, ""
	case 'u':
	default:
		return out, 0, "Invalid escape"
	}
	if len(rest) < 5 {
		return out, 0, `Invalid \uXXXX escape`
	}
	r, ok := unhex(rest[1:5])
	if !ok {
		return out, 0, `Invalid characters in \uXXXX escape`
	}
	if r < 0xd800 || r > 0xdbff {
		return utf8.AppendRune(out, r), 5, ""
	}
	if len(rest) < 11 || rest[5] != '\\' || rest[6] != 'u' {
		return out, 0, `Invalid \uXXXX\uXXXX surrogate pair escape`
	}
	low, ok := unhex(rest[7:11])
	if !ok || low < 0xdc00 || low > 0xdfff {
		return out, 0, `Invalid \uXXXX\uXXXX surrogate pair escape`
	}
	return utf8.AppendRune(out, 0x10000+(r-0xd800)<<10|(low-0xdc00)), 11, ""
}

func unhex(b []byte) (r rune, ok bool) {
	for _, c := range b {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
