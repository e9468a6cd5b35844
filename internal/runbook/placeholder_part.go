package runbook

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/opsbook/opsbook/internal/lazy"
)

// Placeholders that are short, or a part of a value: N, api:N, /app/ENV/db, logs-REGION, orders/:id, vX.Y.Z, "YOUR SECRET".
var (
	letters = lazy.Regexp(`^[A-Za-z]{1,8}$`)
	// phrasePattern is a whole value of words, or what stands for "not known yet".
	phrasePattern = lazy.Regexp(`^(?:(?:YOUR|Your|your|THE|My|MY)(?: [A-Za-z0-9_-]+){1,5}|TODO|TBD|FIXME|\?{2,}|«[^«»]+»|‹[^‹›]+›)$`)
	// routePattern is the :id of an address; revisionEnd the N of api:N; versionMask is vX.Y.Z.
	routePattern = lazy.Regexp(`/(:[A-Za-z][A-Za-z0-9_]*)(?:[/?"']|$)`)
	revisionEnd  = lazy.Regexp(`[^:/\s]:(N|X|XX|XXX|NN|NNN|NUM|NUMBER|REV|PREV|PREVIOUS|OLD|NEW)$`)
	versionMask  = lazy.Regexp(`(?:^|[^\w.])(v?(?:X\.Y(?:\.Z)?|x\.y(?:\.z)?|N\.N(?:\.N)?|\d+\.[Xx]\.[Xx]|\d+\.Y\.Z))(?:[^\w.]|$)`)
	clockMask    = lazy.Regexp(`(?:^|[^\w-])((?:20[\dXx]{2}|YYYY)-(?:XX|xx|\d\d)-(?:XX|xx|\d\d)` +
		`(?:T(?:XX|xx|\d\d)(?::(?:XX|xx|\d\d)){1,2}Z?)?)(?:[^\w-]|$)`)
	shoutedWord = lazy.Regexp(`[A-Za-z0-9]+`)
	// hostMask is db.xxxxx.eu-west-1.rds.amazonaws.com.
	hostMask = lazy.Regexp(`\w\.((?:[a-z]+-)?(?:x{3,}|X{3,}))\.`)
	// smallName is bucket-name; generalPart is a part of a path that names nothing: s3://bucket-name/, /aws/lambda/function-name.
	smallName   = lazy.Regexp(`^[a-z]+(?:-[a-z]+)*-(?:name|id|arn|identifier|url|key|tag|version|value)$`)
	generalPart = lazy.Regexp(`[/:]((?:bucket|function|cluster|service|table|queue|topic|role|stack|log-group|` +
		`repository|repo|project)-name|` +
		`(?:instance|account|distribution|task)-id)(?:[/:]|$)`)
)

// partNouns are capital words that stand for a part of a name; lastNouns may end a path besides. A path's last part is a name itself
// where names are capital: /shop/prod/REGION is a parameter.
var (
	partNouns = setOf("ENV ENVIRONMENT STAGE TENANT CUSTOMER PROJECT APP SERVICE REGION ACCOUNT CLUSTER NAMESPACE TEAM BRANCH " +
		"USER USERNAME NAME FUNCTION FUNC QUEUE BUCKET")
	lastNouns = setOf("NAME ID FUNC FUNCTION QUEUE KEY DATE FILE FILENAME STACK TABLE USER USERNAME BUCKET CLUSTER SERVICE ENV " +
		"ENVIRONMENT ROLE POLICY TOPIC SECRET")
	// capitalNames are services whose names are often capital at their ends.
	capitalNames = setOf("ssm secretsmanager")
)

// counted finds a word in the place of a number: --desired-count N.
func (f *wordFinder) counted(l literal) bool {
	if l.call == nil || f.probe == nil || !letters().MatchString(l.text) || l.call.Args[0].Lit() != "aws" ||
		f.probe(l.call, l.start, l.end) != wordCount {
		return false
	}
	return f.edit(l, 0, len(l.text), optionName(l.option), "")
}

// generalThings are kinds of things that a name may say in place of a name.
var generalThings = strings.Fields("cluster function bucket table queue topic role stack repository crawler job pipeline secret " +
	"parameter log group")

// namesItself finds a whole value that says no more than its option: --key-id key-id, --bucket bucket-name.
func (f *wordFinder) namesItself(l literal) bool {
	if l.call == nil || l.call.Args[0].Lit() != "aws" || !smallName().MatchString(l.text) {
		return false
	}
	option := strings.Split(l.option, "-")
	if l.option == "name" || l.option == "names" { // --name cluster-name
		option = generalThings
	}
	words := strings.Split(l.text, "-")
	for _, word := range words[:len(words)-1] {
		if !slices.Contains(option, word) {
			return false
		}
	}
	if f.probe != nil && f.probe(l.call, l.start, l.end) == wordFixed {
		return false
	}
	return f.edit(l, 0, len(l.text), l.text, "")
}

// phrase finds a whole value that says what is to be put there.
func (f *wordFinder) phrase(l literal) bool {
	if !phrasePattern().MatchString(l.text) || textOptions[l.option] || l.call != nil && l.call.Args[0].Lit() != "aws" {
		return false
	}
	name := placeholderName(l.text)
	if name == "" || len(l.text) < 6 && name != placeholderName(l.option) && !strings.ContainsAny(l.text, "«‹") {
		name = optionName(l.option)
	}
	return f.edit(l, 0, len(l.text), name, "")
}

// shortens reports whether capitals are the first letters of an option's words: ASG of auto-scaling-group-name, VPC of vpc-id.
func shortens(text, option string) bool {
	words := strings.Split(placeholderName(option), "-")
	if len(text) < 2 || len(text) > 5 || len(words) < 2 {
		return false
	}
	if strings.EqualFold(text, words[0]) {
		return nameNouns[strings.ToUpper(words[len(words)-1])]
	}
	initials := ""
	for _, word := range words {
		initials += word[:1]
	}
	return strings.HasPrefix(strings.ToUpper(initials), text) && nameNouns[strings.ToUpper(words[len(words)-1])]
}

// masked finds what only a form has: a version, a time.
func (f *wordFinder) masked(l literal) {
	for _, re := range []func() *regexp.Regexp{versionMask, clockMask} {
		for _, m := range groups(re(), l.text) {
			if strings.ContainsAny(l.text[m[2]:m[3]], "XYNxyn") {
				f.mask(l, m[2], m[3])
			}
		}
	}
	for _, m := range groups(hostMask(), l.text) {
		if len(l.option) == 1 { // redis-cli -h
			l.option = "host"
		}
		f.mask(l, m[2], m[3])
	}
}

// parts finds what is a part of a value.
func (f *wordFinder) parts(l literal) {
	command := ""
	if l.call != nil {
		command = l.call.Args[0].Lit()
	}
	if command == "curl" || command == "http" || command == "wget" {
		for _, m := range groups(routePattern(), l.text) {
			f.edit(l, m[2], m[3], placeholderName(splitCamel(l.text[m[2]:m[3]])), "")
		}
	}
	if m := revisionEnd().FindStringSubmatchIndex(l.text); m != nil && (command == "aws" || command == "docker") &&
		!strings.HasPrefix(l.text, "arn:") {
		name := placeholderName(l.text[m[2]:m[3]])
		if len(name) < 3 || name == "xxx" || name == "nnn" {
			name = "revision"
		}
		f.edit(l, m[2], m[3], name, "")
	}
	if command == "aws" || l.variable {
		f.shouted(l)
	}
	if command == "aws" {
		for _, m := range groups(generalPart(), l.text) {
			f.edit(l, m[2], m[3], l.text[m[2]:m[3]], "")
		}
	}
}

// shouted finds capital words between small ones: /app/ENV/db, logs-REGION-archive.
func (f *wordFinder) shouted(l literal) {
	if !strings.ContainsAny(l.text, "/-") || strings.ContainsAny(l.text, " {}[]()\"'`=$%") || strings.HasPrefix(l.text, "-") {
		return
	}
	text := l.text
	start := max(0, strings.Index(text, "://"))
	if !strings.ContainsFunc(text[start:], unicode.IsLower) && start == 0 {
		if last := text[strings.LastIndexAny(text, "-/")+1:]; l.whole && l.option != "" && !strings.Contains(text, "/") &&
			(last == "NAME" || last == "ID" || last == "ARN" || strings.HasPrefix(text, "MY-") || sameName(text, l.option)) {
			f.edit(l, 0, len(text), placeholderName(text), "")
		}
		return
	}
	before := "/-"
	if strings.HasPrefix(text, "arn:") {
		before = "/-:"
	}
	for _, m := range shoutedWord().FindAllStringIndex(text, -1) {
		word := text[m[0]:m[1]]
		if m[0] < start || m[0] > 0 && strings.IndexByte(before, text[m[0]-1]) < 0 ||
			m[1] < len(text) && strings.IndexByte("/-.:", text[m[1]]) < 0 {
			continue
		}
		last := m[1] == len(text) && m[0] > 0 && text[m[0]-1] != '-'
		if last && capitalNames[secondWord(l)] {
			continue
		}
		if !last && partNouns[word] || last && lastNouns[word] {
			f.edit(l, m[0], m[1], placeholderName(word), "")
		}
	}
}

// secondWord is a call's second word: the service of an aws line.
func secondWord(l literal) string {
	if l.call == nil || len(l.call.Args) < 2 {
		return ""
	}
	return l.call.Args[1].Lit()
}
