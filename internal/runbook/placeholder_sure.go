package runbook

import (
	"path"
	"regexp"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/lazy"
)

// What nobody sends, and what its place says: ORDER_ID_HERE, REPLACE_ME, a capital word as a value of JSON, a filter's value that is the
// filter's name, the region and account of an address, a part of a path, and all of it in the text of `sh -c`.
var (
	// herePattern is ORDER_ID_HERE, order-id-here and REPLACE_WITH_BUCKET; mePattern is REPLACE_ME, which has no name of its own.
	herePattern = lazy.Regexp(`(?:^|[^\w$-])((?:[A-Z][A-Z0-9]*[_-])+HERE|REPLACE_WITH_[A-Z0-9_]*[A-Z0-9]|` +
		`(?:ENTER|INSERT|PUT)_(?:YOUR|THE)_[A-Z0-9_]*[A-Z0-9]|` +
		`(?:insert|put|enter|paste|type|add|your)[-_](?:[a-z0-9]+[-_])+here|` +
		`(?:[a-z0-9]+[-_])*(?:name|id|arn|key|secret|token|password|value|url|bucket|cluster|region)[-_]here|` +
		`(?:[A-Z][a-z0-9]+)+Here)(?:[^\w-]|$)`)
	mePattern = lazy.Regexp(`(?:^|[^\w$-])((?:CHANGE|REPLACE)[_-]?(?:ME|THIS)|TO_BE_(?:REPLACED|DEFINED)|FILL_ME_IN|` +
		`(?:change|replace)[_-]?me)(?:[^\w-]|$)`)
	// jsonValue is "id": "ORDER_ID", of which the first group is the key.
	jsonValue = lazy.Regexp(`"([A-Za-z][\w.-]*)"\s*:\s*"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"`)
	// leftOutValue is "password": "...", of which the first group is what was left out.
	leftOutValue = lazy.Regexp(`"[A-Za-z][\w.-]*"\s*:\s*"(\.\.\.|…)"`)
	// typedValue is what stands before the type of an attribute of DynamoDB: "id": {"S": "x".
	typedValue = lazy.Regexp(`"([A-Za-z][\w.-]*)"\s*:\s*\{\s*"[SNB]"\s*:\s*"$`)
	// pairValue is Name=vpc-id,Values=vpc-id, of which the first group is the name; pairBefore is what stands before such a value.
	pairValue  = lazy.Regexp(`(?:Name|Key|ParameterKey)=([\w:.-]+),(?:Values?|ParameterValue)=([^\s"']+)`)
	pairBefore = lazy.Regexp(`(?:Name|Key|ParameterKey)=(?:tag:)?([\w.-]+),(?:Values?|ParameterValue)=(?:[^\s"'=]*,)?$`)
	// addressPart is the region or the account of an ARN or of an address of AWS's.
	addressPart = lazy.Regexp(`(?:^|[:/.])((?:AWS_)?(?:REGION|ACCOUNT|ACCOUNT_?ID))(?:[:/.]|$)`)
	// arnRegion and arnAccount are those of arn:aws:elasticloadbalancing:region:account:targetgroup/web.
	arnRegion  = lazy.Regexp(`arn:aws[a-z-]*:[a-z0-9-]+:(region):`)
	arnAccount = lazy.Regexp(`arn:aws[a-z-]*:[a-z0-9-]+:[^:\s]*:(account(?:-?id)?):`)
	// keyValue is imageTag=TAG of a shorthand.
	keyValue = lazy.Regexp(`(?:^|,)([A-Za-z][\w.-]*)=([A-Z]{2,})(?:,|$)`)
	// bucketPart is s3://BUCKET: no bucket has capitals. hostPart is https://HOST.
	bucketPart = lazy.Regexp(`(?:^|=)s3://([A-Z][A-Z0-9_-]*)(?:/|$)`)
	hostPart   = lazy.Regexp(`https?://((?:[A-Z]+_)*(?:HOST|HOSTNAME|DOMAIN|ENDPOINT|SERVER|URL|IP))(?:[:/?]|$)`)
	accountX   = lazy.Regexp(`^[Xx]{12}$`)
)

// jsonNouns end capital words of JSON that stand for something of the reader's. Other capital words of JSON are members of enums, and so
// are all of them under a key of enumKeys: {"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}.
var (
	jsonNouns = setOf("NAME ID ARN BUCKET PASSWORD TOKEN HOST HOSTNAME URL ENDPOINT DOMAIN EMAIL SECRET USERNAME")
	enumKeys  = setOf("key type dimension dimensions field attribute metric status state mode operator comparator sort order unit " +
		"action")
)

// sure finds the words that nobody sends, wherever they stand.
func (f *wordFinder) sure(l literal) {
	for _, re := range []func() *regexp.Regexp{yourCapitals, yourPattern} {
		for _, m := range groups(re(), l.text) {
			f.edit(l, m[2], m[3], placeholderName(splitCamel(l.text[m[2]:m[3]])), "")
		}
	}
	for _, m := range groups(markPattern(), l.text) {
		f.edit(l, m[2], m[3], placeholderName(l.text[m[2]:m[3]]), "")
	}
	for _, m := range groups(herePattern(), l.text) {
		f.edit(l, m[2], m[3], placeholderName(l.text[m[2]:m[3]]), "")
	}
	for _, m := range groups(mePattern(), l.text) {
		f.edit(l, m[2], m[3], exampleName(l, m[2], l.text[m[2]:m[3]]), "")
	}
}

// placed finds the words whose place says that they stand for something: in JSON, beside a filter's name, in an address.
func (f *wordFinder) placed(l literal) {
	for _, m := range jsonValue().FindAllStringSubmatchIndex(l.text, -1) {
		key, value := l.text[m[2]:m[3]], l.text[m[4]:m[5]]
		if !enumKeys[strings.ToLower(key)] && jsonNouns[value[strings.LastIndexByte(value, '_')+1:]] {
			f.edit(l, m[4], m[5], placeholderName(value), "")
		}
	}
	for _, m := range leftOutValue().FindAllStringSubmatchIndex(l.text, -1) {
		f.mask(l, m[2], m[3])
	}
	for _, m := range pairValue().FindAllStringSubmatchIndex(l.text, -1) {
		name, from := l.text[m[2]:m[3]], m[4]
		for value := range strings.SplitSeq(l.text[m[4]:m[5]], ",") {
			words := strings.Split(value, "_")
			capital := upperPattern().MatchString(value) && len(words) > 1 && nameNouns[words[len(words)-1]]
			shouted := upperPattern().MatchString(value) && strings.ToUpper(name) != name && len(value) > 1 &&
				sameName(name[strings.LastIndexByte(name, ':')+1:], value)
			if capital || shouted || strings.ContainsAny(value, "-_") && sameName(name, value) {
				f.edit(l, from, from+len(value), placeholderName(value), "")
			}
			from += len(value) + 1
		}
	}
	for _, m := range keyValue().FindAllStringSubmatchIndex(l.text, -1) {
		if key, value := l.text[m[2]:m[3]], l.text[m[4]:m[5]]; nameNouns[value] && sharesWord(splitCamel(key), value) {
			f.edit(l, m[4], m[5], placeholderName(value), "")
		}
	}
	if strings.Contains(l.text, "arn:") || strings.Contains(l.text, "amazonaws.com") {
		for _, re := range []func() *regexp.Regexp{addressPart, arnRegion, arnAccount} {
			for _, m := range groups(re(), l.text) {
				f.edit(l, m[2], m[3], placeholderName(l.text[m[2]:m[3]]), "")
			}
		}
	}
	for _, m := range groups(bucketPart(), l.text) {
		f.edit(l, m[2], m[3], placeholderName(l.text[m[2]:m[3]]), "")
	}
	for _, m := range groups(hostPart(), l.text) {
		f.edit(l, m[2], m[3], placeholderName(l.text[m[2]:m[3]]), "")
	}
	f.parts(l)
}

// sameName reports whether two names differ in their writing alone: vpc-id, VPC_ID, VpcId.
func sameName(a, b string) bool {
	plain := strings.NewReplacer("-", "", "_", "", ".", "")
	return strings.EqualFold(plain.Replace(a), plain.Replace(b))
}

// pairName names a value by what stands before it, as placed knows it: Name=vpc-id,Values=, "id": {"S": "; "" for nothing of that.
func pairName(before string) string {
	if m := pairBefore().FindStringSubmatch(before); m != nil {
		return placeholderName(splitCamel(m[1]))
	}
	if m := typedValue().FindStringSubmatch(before); m != nil {
		return placeholderName(splitCamel(m[1]))
	}
	return ""
}

// shells run the text behind their -c.
var shells = setOf("sh bash dash zsh ksh")

// shellText is the word of a call that a shell runs, `sh -c 'TEXT'`, and the text's place without its quotes; nil for none, and where
// what is quoted is not what the shell reads.
func (f *wordFinder) shellText(call *syntax.CallExpr) (word *syntax.Word, from, to int) {
	if !shells[path.Base(call.Args[0].Lit())] {
		return nil, 0, 0
	}
	for i, w := range call.Args[1:] {
		flags := w.Lit()
		if !strings.HasPrefix(flags, "-") {
			return nil, 0, 0
		}
		if strings.HasPrefix(flags, "--") || !strings.HasSuffix(flags, "c") || i+2 >= len(call.Args) || len(call.Args[i+2].Parts) != 1 {
			continue
		}
		given := call.Args[i+2]
		from, to = int(given.Pos().Offset())+1, int(given.End().Offset())-1
		if to > len(f.text) || from >= to {
			return nil, 0, 0
		}
		switch q := given.Parts[0].(type) {
		case *syntax.SglQuoted:
			if !q.Dollar {
				return given, from, to
			}
		case *syntax.DblQuoted:
			if !q.Dollar && !strings.Contains(f.text[from:to], `\`) {
				return given, from, to
			}
		}
	}
	return nil, 0, 0
}

// inner finds the placeholders of a text that a shell runs, as in a script of its own. Its words keep their places.
func (f *wordFinder) inner(from, to int) bool {
	before := []byte(f.text[:from])
	for i, c := range before {
		if c != '\n' {
			before[i] = ' '
		}
	}
	file, err := parseShell(string(before) + f.text[from:to] + "\n")
	if err != nil {
		return false
	}
	f.find(file)
	return true
}
