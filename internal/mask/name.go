package mask

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/lazy"
)

// Looks reports whether a value is a secret by its name, or by what it looks like: an environment variable for instance.
func Looks(name, value string) bool {
	if len(value) < shortestSecret || reference(value) {
		return false
	}
	return byName(name, value) || login().MatchString(value) && loginName().MatchString(name) || Text(value) != value
}

// login is a user with a password; loginName are names of variables that hold one.
var (
	login     = lazy.Regexp(`^[^\s:/]+:[^\s:/]{4,}$`)
	loginName = lazy.Regexp(`(?i)(?:auth|creds?|login|userpw|userpwd|user_pass)$`)
)

// shortestKept is how long the value of a script's variable has to be, in bytes: it is masked wherever it stands.
const shortestKept = 6

// Kept reports whether the value that a script gives a variable is a secret by the variable's name. What is named so may also be the
// name of a secret, as in SECRET=prod/db, a path or a word: but of a password, the value must look like one.
func Kept(name, value string) bool {
	if name == "PWD" || name == "OLDPWD" || pathValue().MatchString("/"+value) && !strings.ContainsAny(value, "0123456789") {
		return false
	}
	if len(value) < shortestKept || len(value) > maxLook || strings.ContainsAny(value, " \t\n") || !Named(name) ||
		openValue(value) || prose(value) {
		return false
	}
	return passwordName(name) || random(value) || Text(value) != value || len(value) >= 2*shortestKept && !strings.ContainsAny(value,
		"/:.") &&
		strings.ContainsAny(value, "0123456789") && strings.ContainsFunc(value, unicode.IsLetter)
}

// passwordName reports whether a name is one of passwords.
func passwordName(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"secret", "credential", "token", "key"} {
		if strings.Contains(name, word) {
			return false
		}
	}
	return slices.ContainsFunc([]string{"password", "passwd", "passphrase", "passcode", "passwort", "pwd"}, func(word string) bool {
		return strings.Contains(name, word)
	})
}

// byName reports whether a value is secret as a whole because of its name.
func byName(name, value string) bool {
	return len(value) >= shortestSecret && (Named(name) && !openValue(value) || weak(name) && random(value))
}

// errorName is the code of an error, and outcome what is said of a thing that has just been named.
var (
	errorName = lazy.Regexp(`^(?:[A-Z][a-z]+)+(?:NotFound|Exception|Error|Fault|Denied|Expired|Invalid|Exists|Revoked|Disabled)$`)
	outcome   = lazy.Regexp(`^["']?[A-Za-z][A-Za-z_.-]*(?:/[A-Za-z_.-]+)*["']? `,
		`(?:(?:was |is )?(?:not found|deleted|created|updated|rotated|unchanged|denied)|does not exist|already exists|has been)\b`)
)

// openValue reports whether a value is none that has to be hidden.
func openValue(value string) bool {
	if reference(value) || value != "" && value[0] == '/' && pathValue().MatchString(value) {
		return true
	}
	if len(value) <= 16 && openWords[strings.ToLower(value)] || errorName().MatchString(value) {
		return true
	}
	for _, prefix := range openPrefixes {
		if len(value) >= len(prefix) && strings.EqualFold(value[:len(prefix)], prefix) {
			return true
		}
	}
	return len(value) >= 10 && value[4] == '-' && dated().MatchString(value[:10])
}

// random reports whether a value looks as if it was drawn: long, and of letters and digits without words.
func random(value string) bool {
	if len(value) < 16 || strings.ContainsAny(value, " \t") || openValue(value) {
		return false
	}
	var digits, uppers, lowers, others int
	for _, r := range value {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case unicode.IsUpper(r):
			uppers++
		case unicode.IsLower(r):
			lowers++
		case r == '/' || r == '.' || r == ':':
			others += 2
		default:
			others++
		}
	}
	return digits > 0 && uppers+lowers > 0 && others*4 <= len(value)
}

// prose reports whether a value is the rest of a sentence.
func prose(value string) bool {
	words := strings.Fields(value)
	if len(words) == 0 {
		return true
	}
	if strings.HasSuffix(words[0], ":") { // what went wrong, and then why
		return true
	}
	first := strings.Trim(words[0], `.,;:!?()[]"'`)
	if first == "" || strings.HasPrefix(words[0], "[") {
		return true
	}
	if openValue(first) && !strings.HasPrefix(first, "•") {
		return true
	}
	for _, r := range first {
		if !unicode.IsLetter(r) && r != '\'' && r != '-' {
			return false
		}
	}
	// A sentence: its first word is followed by others.
	return len(words) > 1 && utf8.RuneCountInString(first) < 16 || len(words) == 1 && past().MatchString(first)
}

// past is a word that says what became of something.
var past = lazy.Regexp(`(?i)^[a-z]{2,10}(?:ed|ing|able|ible|less)$`)

// lookName finds the value behind a name: NAME=value, "Name": "value", <Name>value</Name>, and of a list of variables
// "name": "NAME", "value": "value".
func lookName(p *patterns, at, end int) {
	from := at
	for from > 0 && at-from < 128 && isNameByte(p.text[from-1]) {
		from--
	}
	for end < len(p.text) && end-at < 128 && isNameByte(p.text[end]) {
		end++
	}
	name := strings.TrimLeft(p.text[from:end], "-.")
	if end == len(p.text) || !Named(name) && !weak(name) {
		return
	}
	i := end
	escaped := strings.HasPrefix(p.text[i:], `\`)
	if escaped {
		i++
	}
	quoted := i < len(p.text) && (p.text[i] == '"' || p.text[i] == '\'')
	if quoted {
		i++
	}
	if quoted && lookPair(p, name, i, escaped) || lookListed(p, name, from, i) {
		return
	}
	spaces := i
	for i < len(p.text) && (p.text[i] == ' ' || p.text[i] == '\t' || quoted && (p.text[i] == '\n' || p.text[i] == '\r')) {
		i++
	}
	if i >= len(p.text) {
		return
	}
	sep := p.text[i]
	if !quoted && (sep == '|' || i-spaces > 1 || strings.Contains(p.text[spaces:i], "\t")) && sep != ':' && sep != '=' && sep != '>' {
		lookCell(p, name, i)
		return
	}
	switch {
	case sep == '>' && i == end && from > 0 && (p.text[from-1] == '<' || p.text[from-1] == ':'):
	case sep == ':' || sep == '=' && (quoted || i == spaces || !strings.ContainsAny(p.text[spaces:i], "\t")):
	default:
		return
	}
	if i++; sep == ':' && i < len(p.text) && (p.text[i] == '/' && strings.HasPrefix(p.text[i:], "//") || p.text[i] == ':') {
		return // a scheme, or a name of a namespace
	}
	if sep == '=' && i < len(p.text) && (p.text[i] == '=' || p.text[i] == '~') || sep == '=' && i < len(p.text) && p.text[i] == '>' {
		if i++; p.text[i-1] != '>' {
			return // a comparison
		}
	}
	if sep == ':' && !quoted && from > 0 && p.text[from-1] == ':' {
		return // a part of an ARN
	}
	if sep == ':' && i < len(p.text) && p.text[i] == '=' {
		sep, i = '=', i+1
	}
	gap := i
	for i < len(p.text) && (p.text[i] == ' ' || p.text[i] == '\t') {
		i++
	}
	p.value(name, from, i, sep, i > gap, sep == '>')
}

// lookCell finds the value in the next column of a table, behind the name of a variable. Only what looks drawn is one: heads of
// columns stand beside each other, too.
func lookCell(p *patterns, name string, i int) {
	if name != strings.ToUpper(name) && !slices.Contains(cellNames, name) {
		return
	}
	for i < len(p.text) && strings.IndexByte("| \t", p.text[i]) >= 0 {
		i++
	}
	to := i
	for to < len(p.text) && p.text[to] > ' ' && p.text[to] != '|' {
		to++
	}
	value := p.text[i:to]
	switch {
	case !openValue(value) && len(value) >= 6 && strings.ContainsAny(value, "0123456789") &&
		strings.ContainsFunc(value, unicode.IsLower) && !strings.ContainsAny(value, "/:"):
		p.secret(i, to)
		p.done = to
	case to == len(p.text):
		p.wants(i)
	}
}

// cellNames are names in lower case that stand before a value in tables, such as Vault's.
var cellNames = []string{"password", "passwd", "passphrase", "secret", "token", "secret_key", "api_key", "client_secret"}

// lookListed finds the value of a variable that a list names in YAML, XML or as options do: name: NAME and value: value on the next
// line, Key=NAME,Value=value, key="NAME" value="value". What follows login in a .netrc is a name too.
func lookListed(p *patterns, name string, from, i int) bool {
	before := strings.TrimRight(p.text[max(0, from-40):from], "\"' \t")
	switch {
	case strings.HasSuffix(before, ":") || strings.HasSuffix(before, "="):
		before = strings.ToLower(strings.TrimRight(before[:len(before)-1], "\"' \t"))
		if !strings.HasSuffix(before, "name") && !strings.HasSuffix(before, "key") {
			return false
		}
		m := listValue().FindStringSubmatchIndex(p.text[i:min(len(p.text), i+128)])
		if m == nil {
			return false
		}
		at := i + m[1]
		p.value(name, from, at, p.text[i+m[2]], false, false)
		return true
	case name == "password" && i < len(p.text) && p.text[i] == ' ' && strings.HasSuffix(withoutLastWord(before), "login"):
		to := i + 1
		for to < len(p.text) && p.text[to] > ' ' {
			to++
		}
		p.secret(i+1, to)
		p.done = to
		return true
	}
	return false
}

// withoutLastWord is a text before its last word, without spaces at the end.
func withoutLastWord(text string) string {
	return strings.TrimRight(text[:strings.LastIndexByte(text, ' ')+1], " ")
}

var listValue = lazy.Regexp(`^["']?\s*,?\s*(?:[A-Za-z]*[vV]alue)["']?\s*([:=])[ \t]*`)

// lookPair finds the value of a variable that a list names: "name": "NAME", "value": "value". i is behind the name's quote.
func lookPair(p *patterns, _ string, i int, escaped bool) bool {
	m := pairValue().FindStringIndex(p.text[i:min(len(p.text), i+256)])
	if m == nil {
		return false
	}
	i += m[1]
	to := quotedEnd(p.text, i, '"', escaped)
	if value := p.text[i:to]; len(value) >= shortestSecret && !openValue(value) {
		p.secret(i, to)
		p.done = to
	}
	return true
}

var pairValue = lazy.Regexp(`^\s*,\s*\\?"(?:[A-Za-z]*[vV]alue)\\?"\s*:\s*\\?"`)

func isNameByte(c byte) bool { return isWord(c) && c < 0x80 || c == '.' || c == '-' }

// value decides on the value at a byte.
func (p *patterns) value(name string, nameAt, i int, sep byte, spaced, tag bool) {
	if i >= len(p.text) {
		return
	}
	escaped := p.text[i] == '\\' && i+1 < len(p.text) && (p.text[i+1] == '"' || p.text[i+1] == '\'')
	if escaped {
		i++
	}
	quote := byte(0)
	if p.text[i] == '"' || p.text[i] == '\'' {
		quote = p.text[i]
		i++
	}
	var to int
	switch {
	case tag:
		if to = i + strings.IndexByte(p.text[i:], '<'); to < i {
			to = len(p.text)
		}
	case quote != 0:
		to = quotedEnd(p.text, i, quote, escaped)
	default:
		to = p.unquotedEnd(i, sep)
	}
	value := p.text[i:to]
	if value == "" {
		return
	}
	shortest := shortestSecret
	open := openValue(value)
	switch {
	case quote != 0 || tag:
		open = open || strings.Contains(value, " ") && sentence().MatchString(value)
	case sep == ':' && spaced:
		shortest = 6
		line := p.text[i:]
		if n := strings.IndexAny(line, "\r\n"); n >= 0 {
			line = line[:n]
		}
		line = line[:min(len(line), 200)]
		path := nameAt > 0 && strings.IndexByte("/\\~", p.text[nameAt-1]) >= 0
		open = open || path || prose(line) || outcome().MatchString(line)
	case sep == ':':
		shortest = 6
	case sep == '=' && spaced: // NAME = value of a configuration, or a comparison in a sentence
		open = open || prose(value)
	}
	if !Named(name) {
		open = open || !random(value)
	}
	if open || len(value) < shortest {
		if to == len(p.text) {
			p.wants(i)
		}
		return
	}
	p.secret(i, to)
	p.done = to
}

// sentence is what is said of a value, in quotes.
var sentence = lazy.Regexp(`(?i)\b(?:must|should|cannot|can't|is|are|was|were|has|have|not|required|`,
	`invalid|characters|at least|please|failed|denied)\b`)

// quotedEnd is where a quoted text ends: before its quote, or before the end of the line.
func quotedEnd(text string, i int, quote byte, escaped bool) int {
	for ; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\n' || c == '\r':
			return i
		case c == '\\' && escaped:
			if i+1 < len(text) && text[i+1] == quote {
				return i
			}
			i++
		case c == '\\' && quote == '"':
			i++
		case c == quote:
			return i
		}
	}
	return len(text)
}

// unquotedEnd is where a value without quotes ends. A comma and brackets are part of it where the value goes on behind them.
// Behind a colon, as in YAML and headers, & and ; are part of it.
func (p *patterns) unquotedEnd(i int, sep byte) int {
	if i >= p.valueFrom && i < p.valueTo && sep == p.valueSep {
		return p.valueTo
	}
	stops := "\"'&;<>|`"
	if sep == ':' {
		stops = "\"'<>|`"
	}
	to := i
	for to < len(p.text) && p.text[to] > ' ' && strings.IndexByte(stops, p.text[to]) < 0 {
		if p.text[to] == ',' && next().MatchString(p.text[to+1:min(len(p.text), to+80)]) ||
			p.text[to] == '\\' && to+1 < len(p.text) && strings.IndexByte(`nrt"'`, p.text[to+1]) >= 0 {
			break
		}
		to++
	}
	for end := to; end < len(p.text) && to > i+1 && strings.IndexByte(",.)]}", p.text[to-1]) >= 0; {
		to--
	}
	p.valueFrom, p.valueTo, p.valueSep = i, to, sep
	return to
}

// next is what stands behind a comma that ends a value.
var next = lazy.Regexp(`^(?:\s|$|["'{\[]|[\w.-]+[=:])`)
