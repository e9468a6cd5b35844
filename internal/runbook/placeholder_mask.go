package runbook

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/lazy"
)

// A mask is a value that is not meant to be sent: sg-xxxx, subnet-abc123, Z1234567890ABC, backup-YYYYMMDD, app/... Its form says so,
// whatever the option is.
var (
	// maskPattern is a word with x in a row, one of AWS's documentation, and an id that counts up.
	maskPattern = lazy.Regexp(`(?:^|[^\w$.-])((?:[A-Za-z0-9]+[-_])*[A-Za-z0-9]*(?:xxx|XXX)[A-Za-z0-9]*(?:[-_][A-Za-z0-9]+)*|` +
		`[A-Z0-9]{2,}EXAMPLE[A-Z0-9]*|[ZE][0-9A-Z]{0,3}(?:12345|1A2B3C|ABCDEF|ABC123)[0-9A-Z]{2,}|` +
		`(?:12345678|1234abcd|a1b2c3d4|abcd1234|00000000|11111111|aaaaaaaa)(?:-[0-9a-fA-F]{4}){3}-[0-9A-Za-z]{6,12}|` +
		idPrefix + `-(?:0?1234[0-9a-f]*|0?abcd[0-9a-f]*|0abc123[0-9a-f]*|a1b2c3[0-9a-f]*|0{6,}))(?:[^\w-]|$)`)
	// idPattern is an id of EC2's whose digits no real one has: they are eight or seventeen, and not all the same.
	idPattern = lazy.Regexp(`(?:^|[^\w$.-])((?:i|sg|vpc|subnet|vol|snap|ami|eni|eipalloc|rtb|igw|nat|acl|pcx|tgw|vpce)-` +
		`([0-9a-f]{3,}))(?:[^\w-]|$)`)
	// sameLetters is an id that is one letter over and over: subnet-AAAA, sg-YYYYYYYY.
	sameLetters = lazy.Regexp(`(?:^|[^\w$.-])(` + idPrefix + `-((?:[A-Z]{3,}|[g-z]{4,})))(?:[^\w-]|$)`)
	addressMask = lazy.Regexp(`(?:^|[^\w.])((?:\d{1,3}\.)*(?:[xX]{1,3}\.){1,3}(?:[xX]{1,3}|\d{1,3}))(?:[^\w.]|$)`)
	datePattern = lazy.Regexp(`(?:^|[^A-Za-z%+])((?:YYYY|yyyy)[-/_.]?(?:MM|mm)` +
		`(?:[-/_.]?(?:DD|dd)(?:[T_-]?(?:HH|hh)[:-]?(?:MM|mm)(?:[:-]?(?:SS|ss))?Z?)?)?)(?:[^A-Za-z]|$)`)
	// markPattern is __X__, %X% and @@X@@.
	markPattern = lazy.Regexp(`(__[A-Z][A-Z0-9_]*[A-Z0-9]__|%[A-Z][A-Z0-9_]{2,}%|@@[A-Z][A-Z0-9_]+@@|@[A-Z][A-Z0-9]*_[A-Z0-9_]+@)`)
	dotsPattern = lazy.Regexp(`arn:aws[\w-]*:[^\s"',;\\]*(?:\.\.\.|…)[^\s"',;\\]*`)
	// upperInside are capitals at the end of a part of a name: api:NEW_REVISION, s3://BUCKET_NAME/key.
	upperInside = lazy.Regexp(`(?:^|[:/])((?:[A-Z][A-Z0-9]*_)+(?:NAME|ID|ARN|BUCKET|ACCOUNT|REGION|` +
		`ENDPOINT|HOST|DOMAIN|URL|CLUSTER|SERVICE|KEY|PREFIX|REVISION|VERSION|TAG|SHA|NUMBER)|` +
		`(?:NEW|OLD|PREVIOUS|PREV|LAST|TARGET|DESIRED)_[A-Z0-9_]*[A-Z0-9])(?:[:/.,@]|$)`)
	upperEnd      = lazy.Regexp(`[^:/]:(REVISION|TAG|VERSION|SHA)$`)
	bracketInside = lazy.Regexp(`[\w:/.=-](?:\[(\pL[\pL\pN\pM_-]*)\]|\{(\pL[\pL\pN\pM_-]*)\})|^\{(\pL[\pL\pN\pM_-]*)\}[/.:-]`)
	madeID        = lazy.Regexp(`^[a-z]+-[0-9a-f]+$`)
)

const idPrefix = `(?:i|sg|vpc|subnet|vol|snap|ami|eni|eipalloc|eipassoc|rtb|igw|nat|acl|lt|pcx|tgw|vpce|fs|fsap|dopt|` +
	`cgw|vgw|vpn|sgr|r|ou|pl|rsv|key)`

// literal tries every kind of placeholder on a piece of text, the surest first.
func (f *wordFinder) literal(l literal) {
	f.replaced(l)
	if l.onlySure {
		f.sure(l)
		return
	}
	f.examples(l)
	if f.wholeWords(l) || f.dots(l) {
		return
	}
	f.sure(l)
	for _, m := range groups(datePattern(), l.text) {
		f.edit(l, m[2], m[3], placeholderName(l.text[m[2]:m[3]]), l.text[m[2]:m[3]])
	}
	for _, m := range groups(maskPattern(), l.text) {
		f.mask(l, m[2], m[3])
	}
	for _, m := range groups(idPattern(), l.text) {
		if digits := l.text[m[4]:m[5]]; len(digits) != 8 && len(digits) != 17 || strings.Trim(digits, digits[:1]) == "" {
			f.mask(l, m[2], m[3])
		}
	}
	for _, m := range groups(sameLetters(), l.text) {
		if letters := l.text[m[4]:m[5]]; strings.Trim(letters, letters[:1]) == "" {
			f.mask(l, m[2], m[3])
		}
	}
	f.masked(l)
	for _, m := range groups(addressMask(), l.text) {
		f.mask(l, m[2], m[3])
	}
	f.inside(l)
}

// mask takes a range as a mask's, with the mask as the field's example. What a script assigns is the field's default.
func (f *wordFinder) mask(l literal, start, end int) {
	if f.taken(l.start+start, l.start+end) {
		return
	}
	text := l.text[start:end]
	name := exampleName(l, start, text)
	if accountX().MatchString(text) && strings.Contains(l.text[:start], "arn:") || strings.HasPrefix(l.text[end:], ".dkr.ecr.") {
		name = "account-id"
	}
	name = f.p.literalName(name, text)
	if !f.edit(l, start, end, name, text) {
		return
	}
	// an id that the script itself sets is what the field begins with
	if l.variable && l.whole && madeID().MatchString(text) && f.p.found[name].fallback == "" {
		f.p.found[name].fallback = text
	}
}

// inside finds placeholders that are a part of a name.
func (f *wordFinder) inside(l literal) {
	named := l.variable
	if l.call != nil {
		command := l.call.Args[0].Lit()
		named = named || command == "aws" || command == "curl" || namingCommands[command] ||
			l.whole && strings.HasPrefix(l.text, "aws ") // watch 'aws …'
	}
	if named || l.call == nil { // a here-document is given to something
		f.placed(l)
	}
	if !named || strings.Contains(l.text, "%{") {
		return
	}
	for _, m := range groups(upperInside(), l.text) {
		if m[2] > 0 && strings.ContainsAny(l.text[:m[2]], "/:") {
			f.edit(l, m[2], m[3], placeholderName(l.text[m[2]:m[3]]), "")
		}
	}
	if m := upperEnd().FindStringSubmatchIndex(l.text); m != nil {
		f.edit(l, m[2], m[3], placeholderName(l.text[m[2]:m[3]]), "")
	}
	for _, m := range bracketInside().FindAllStringSubmatchIndex(l.text, -1) {
		start, end := m[0], m[1]
		name := ""
		for g := 2; g < len(m); g += 2 {
			if m[g] >= 0 {
				start, end, name = m[g]-1, m[g+1]+1, l.text[m[g]:m[g+1]]
			}
		}
		address := strings.Contains(l.text, "://") || strings.HasPrefix(l.text, "arn:")
		if l.text[start] == '[' && !bracketWord(name) && (!address || utf8.RuneCountInString(name) < 4) {
			continue
		}
		f.edit(l, start, end, placeholderName(name), "")
	}
}

// bracketWord tells [account-id] from a set of characters, [a-z], and from an index.
func bracketWord(name string) bool {
	words := strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '_' || r == ' ' })
	if len(words) < 2 {
		letters := []rune(name)
		return nameNouns[strings.ToUpper(name)] || len(letters) > 1 && !slices.ContainsFunc(letters, isASCII)
	}
	for _, word := range words {
		if utf8.RuneCountInString(word) < 2 {
			return false
		}
	}
	return true
}

func isASCII(r rune) bool { return r < utf8.RuneSelf }

// groups finds all matches by their first group. Matches may share the character between them.
func groups(re *regexp.Regexp, text string) [][]int {
	var out [][]int
	for from := 0; from < len(text); {
		m := re.FindStringSubmatchIndex(text[from:])
		if m == nil || m[3] <= m[2] {
			break
		}
		for i := range m {
			if m[i] >= 0 {
				m[i] += from
			}
		}
		out = append(out, m)
		from = m[3]
	}
	return out
}

// dots finds values that were left out: arn:aws:elasticloadbalancing:..., app/..., and a value that is nothing else.
func (f *wordFinder) dots(l literal) bool {
	found := false
	for _, m := range dotsPattern().FindAllStringIndex(l.text, -1) {
		f.mask(l, m[0], m[1])
		found = true
	}
	if found || !l.whole || l.option == "" || !l.variable && (l.call == nil || l.call.Args[0].Lit() != "aws") {
		return found
	}
	if strings.HasSuffix(l.text, "...") && !strings.HasPrefix(l.text, "./...") || strings.HasSuffix(l.text, "…") {
		f.mask(l, strings.LastIndexAny(l.text, "=,")+1, len(l.text))
		return true
	}
	return false
}

// replaced finds the words that the document says are to be replaced.
func (f *wordFinder) replaced(l literal) {
	for _, r := range f.p.replaced {
		for from := 0; from < len(l.text); {
			i := strings.Index(l.text[from:], r.text)
			if i < 0 {
				break
			}
			start, end := from+i, from+i+len(r.text)
			from = end
			if (start == 0 || !isWordByte(l.text[start-1])) && (end == len(l.text) || !isWordByte(l.text[end])) {
				f.edit(l, start, end, r.name, r.text)
			}
		}
	}
}
