package mask

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// encodings are the other ways in which a value is often written. In base64 a value looks different in each of three positions;
// what surrounds it decides on the letters at its ends, which are left out. Those shorter than shortestEncoded bytes are left
// out.
func encodings(value string) []string {
	var out []string
	take := func(text string) {
		if text != value && len(text) >= shortestEncoded {
			out = append(out, text)
		}
	}
	query, path := url.QueryEscape(value), url.PathEscape(value)
	take(query)
	take(path)
	take(lowerEscapes(query))
	take(strings.ReplaceAll(query, "+", "%20"))
	for _, quoted := range jsonWays(value) {
		take(quoted)
		for _, twice := range jsonWays(quoted) { // JSON inside of JSON
			take(twice)
		}
	}
	take(strings.ReplaceAll(value, "'", `'\''`)) // quoted for a shell
	take(shellEscapes(value))
	for _, marks := range [][2]string{{"&quot;", "&#39;"}, {"&#34;", "&#39;"}, {"&quot;", "&apos;"}} { // as HTML and XML write it
		take(strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, marks[0], "'", marks[1]).Replace(value))
	}
	for _, cased := range []string{strings.ToUpper(value), strings.ToLower(value)} {
		take(cased)
		for _, quoted := range jsonWays(cased) {
			take(quoted)
		}
	}
	if len(value) < shortestEncoded {
		return out
	}
	digits := hex.EncodeToString([]byte(value))
	take(digits)
	take(strings.ToUpper(digits))
	for _, between := range []string{" ", ":"} { // as xxd -g1, hexdump -C and openssl write it
		take(grouped(digits, 2, between))
	}
	take(grouped(digits, 4, " ")) // as xxd
	take(strings.ToUpper(grouped(digits, 2, ":")))
	take(`\x` + grouped(digits, 2, `\x`))
	take("%" + grouped(digits, 2, "%"))
	take(strings.ToUpper("%" + grouped(digits, 2, "%")))
	take(url.QueryEscape(query))
	take(strings.TrimRight(base32.StdEncoding.EncodeToString([]byte(value)), "="))
	twice := base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(value))))
	take(twice[:len(twice)-4]) // what follows the value decides on the letters at its end
	for shift := range 3 {
		padded := append(make([]byte, shift), value...)
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			text := encoding.EncodeToString(padded)
			from := []int{0, 2, 3}[shift]
			to := len(text)
			if len(padded)%3 != 0 {
				to--
			}
			take(text[from:to])
			if strings.ContainsAny(text, "+/") {
				take(url.QueryEscape(text[from:to]))
			}
		}
	}
	return out
}

// grouped is a text with something between each n of its bytes.
func grouped(text string, n int, between string) string {
	var out strings.Builder
	for i := 0; i < len(text); i += n {
		if i > 0 {
			out.WriteString(between)
		}
		out.WriteString(text[i:min(len(text), i+n)])
	}
	return out.String()
}

// shellEscapes writes a backslash before each character that is none of a plain word, as printf %q does.
func shellEscapes(value string) string {
	var out strings.Builder
	for i := range len(value) {
		if c := value[i]; !isWord(c) && strings.IndexByte("-./:=@%+,", c) < 0 {
			out.WriteByte('\\')
		}
		out.WriteByte(value[i])
	}
	return out.String()
}

// jsonWays are a text as JSON writes it, between the quotes: as this program does, without escapes of HTML's characters, with
// escaped slashes, and in ASCII alone.
func jsonWays(value string) []string {
	quoted, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	escaped := string(quoted[1 : len(quoted)-1])
	plain := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(escaped)
	var ascii strings.Builder
	for _, r := range plain {
		if r < 0x80 {
			ascii.WriteRune(r)
		} else {
			text := strconv.QuoteToASCII(string(r))
			ascii.WriteString(text[1 : len(text)-1])
		}
	}
	return []string{escaped, plain, strings.ReplaceAll(plain, "/", `\/`), ascii.String()}
}

// lowerEscapes writes %2F as %2f.
func lowerEscapes(text string) string {
	out := []byte(text)
	for i := 0; i+2 < len(out); i++ {
		if out[i] == '%' {
			out[i+1], out[i+2] = lower(out[i+1]), lower(out[i+2])
		}
	}
	return string(out)
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// leaf is a value inside of a secret that is JSON.
type leaf struct {
	text string
	kind procedures.SecretKind
}

// maxLeaves bounds what is taken out of one secret.
const maxLeaves = 2000

// leaves are the texts and numbers inside of a secret that is JSON, however deep, and those of texts that are JSON themselves:
// scripts take them out. Numbers and short texts are secret as whole words: others hold them by chance.
func leaves(text string) []leaf {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" || trimmed[0] != '{' && trimmed[0] != '[' {
		return nil
	}
	v, err := document.Parse([]byte(trimmed))
	if err != nil {
		return nil
	}
	var out []leaf
	var walk func(name string, v document.Value, depth int)
	walk = func(name string, v document.Value, depth int) {
		if len(out) >= maxLeaves || depth > 64 {
			return
		}
		switch v := v.(type) {
		case *document.Object:
			for member, inner := range v.All() {
				walk(member, inner, depth+1)
			}
		case document.List:
			for _, item := range v {
				walk(name, item, depth+1)
			}
		case nil, bool:
		case string:
			if plainLeaves[name] || len(v) < shortestSecret || plainLeaf().MatchString(v) {
				return
			}
			kind := procedures.SecretValue
			if len(v) < shortestEncoded {
				kind = procedures.SecretWord
			}
			out = append(out, leaf{v, kind})
			if inner := leaves(v); len(inner) > 0 {
				out = append(out, inner...)
			}
		default:
			number, err := document.Marshal(v)
			if err == nil && !plainLeaves[name] && len(number) >= shortestSecret {
				out = append(out, leaf{string(number), procedures.SecretWord})
			}
		}
	}
	walk("", v, 0)
	return out
}

// plainLeaves are the members of a database's secret that are none.
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
var plainLeaves = map[string]bool{
	"engine": true, "host": true, "port": true, "dbname": true, "username": true, "dbInstanceIdentifier": true,
	"dbClusterIdentifier": true, "masterarn": true,
}
