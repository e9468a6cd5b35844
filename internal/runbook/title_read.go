package runbook

import (
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// heading is what a heading's text says.
type heading struct {
	Title    string
	Duration time.Duration
	Rhythm   procedures.Rhythm
}

var (
	trailingParentheses = lazy.Regexp(`\s*[(（]([^()（）]*)[)）]\s*$`)
	trailingAttributes  = lazy.Regexp(`\s*\{(?:[#.:][^{}]*|[\w-]+=[^{}]*)\}\s*$`)
	// numbering is "1.", "1.2", "(3)", "4)", "5 -", "Step 6:", "7️⃣", "§8" at the head of a title.
	numbering = lazy.Regexp(`^(?:(?i:step|schritt|étape|paso|passo)\s+\d+[a-z]?\s*(?:[:.)–—-]+\s*)|` +
		`§\s*\d+(?:\.\d+)*[a-z]?[.):]*\s+(?:[–—-]\s+)?|` +
		`\(\d+\)\s*|\d+(?:\.\d+)*[.):]\s+|\d+(?:\.\d+)+\s+|\d+\s+[–—-]\s+|(?:\d\x{FE0F}?\x{20E3}\s*)+|[a-zA-Z]\)\s+)`)
)

// parseRhythm reads a word that says how often: "Weekly", "every month", "täglich".
func parseRhythm(text string) (procedures.Rhythm, bool) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "daily", "every day", "each day", "täglich", "quotidien", "diario":
		return "daily", true
	case "weekly", "every week", "each week", "wöchentlich", "hebdomadaire", "semanal":
		return "weekly", true
	case "monthly", "every month", "each month", "monatlich", "mensuel", "mensual":
		return "monthly", true
	}
	return "", false
}

// chapterRhythm reads the rhythm off a chapter's first word.
func chapterRhythm(title string) procedures.Rhythm {
	first, _, _ := strings.Cut(strings.ToLower(plainTitle(title)), " ")
	if r, ok := parseRhythm(strings.TrimRight(first, ":,;")); ok {
		return r
	}
	for stem, r := range map[string]procedures.Rhythm{"täglich": "daily", "wöchentlich": "weekly", "monatlich": "monthly"} {
		if strings.HasPrefix(first, stem) {
			return r
		}
	}
	return ""
}

// parseHeading takes numbering, durations and rhythms off a heading. Parentheses
// that say anything else stay in the title.
// `## 2. Check the queue (5 minutes)` is "Check the queue" and 5 min, `## Backups (weekly, 1 h)` a
// rhythm too; `## Scale out (web)` stays.
func parseHeading(text string) heading {
	h := heading{Title: strings.TrimSpace(trailingAttributes().ReplaceAllString(visible(text), ""))}
	for {
		m := trailingParentheses().FindStringSubmatchIndex(h.Title)
		if m == nil || m[0] == 0 {
			break
		}
		inside := h.Title[m[2]:m[3]]
		d, r, ok := parseParentheses(inside)
		if !ok {
			break
		}
		if d > 0 {
			h.Duration = d
		}
		if r != "" {
			h.Rhythm = r
		}
		h.Title = strings.TrimSpace(h.Title[:m[0]])
	}
	h.Title = stripNumbering(h.Title)
	return h
}

// parseParentheses reads a duration, a rhythm, or both with a comma or the like between them; ok
// is false for anything else.
func parseParentheses(inside string) (d time.Duration, r procedures.Rhythm, ok bool) {
	if d, ok := procedures.ParseDuration(inside); ok {
		return d, "", true
	}
	for part := range strings.FieldsFuncSeq(inside, func(r rune) bool { return strings.ContainsRune(",;/|·", r) }) {
		if got, is := procedures.ParseDuration(part); is {
			d = got
		} else if got, is := parseRhythm(part); is {
			r = got
		} else {
			return 0, "", false
		}
	}
	return d, r, d > 0 || r != ""
}

// stripNumbering returns the title less its number; a title that is a number stays.
// `Step 3: Deploy`, `1.2 Deploy` and `(3) Deploy` are "Deploy".
func stripNumbering(title string) string {
	title = strings.TrimSpace(title)
	if i := strings.IndexFunc(title, func(r rune) bool { return r < 0x2000 }); i > 0 && title[i] == ' ' { // an emoji before the number
		return title[:i+1] + stripNumbering(title[i+1:])
	}
	rest := strings.TrimSpace(numbering().ReplaceAllString(title, ""))
	if rest == "" {
		return title
	}
	return rest
}

// isNumbered reports whether a comment begins with a number, as in "# 3. Deploy".
func isNumbered(title string) bool {
	return numbering().MatchString(strings.TrimSpace(title))
}

// plainTitle is the title less leading symbols (emoji, bullets) and numbering.
func plainTitle(title string) string {
	for {
		next := stripNumbering(strings.TrimLeftFunc(title, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '(' && r != '$' && r != '`' && r != '/' && r != '.'
		}))
		if next == title || next == "" {
			return title
		}
		title = next
	}
}

// slug makes the part of an identifier that a title stands for: letters and digits of
// any script in lower case, hyphens between them, apostrophes left out.
// "Check the DB's état (5)" is check-the-dbs-état-5.
func slug(title string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFC.String(strings.ToLower(plainTitle(title))) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), isMark(r) && b.Len() > 0 && !gap:
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		case r == '\'' || r == '’' || r == '`' || isMark(r):
		default:
			gap = true
		}
	}
	return b.String()
}

// isMark reports combining marks that belong to letters, which the marks of emoji do not.
func isMark(r rune) bool {
	return unicode.Is(unicode.M, r) && (r < 0x20D0 || r > 0x20FF) && (r < 0xFE00 || r > 0xFE0F)
}

// acronyms are the words that humanize writes in capitals.
var acronyms = func() map[string]string {
	names := map[string]string{"ids": "IDs", "arns": "ARNs"}
	for w, name := range serviceNames {
		if len(w) > 3 && w != "logs" { // a file of logs is no page of CloudWatch's
			names[w] = name
		}
	}
	for w := range strings.FieldsSeq("ACL ACM ALB AMI API ARN AWS CDN CPU DB DNS EBS EC2 ECR ECS EFS EKS ELB EMR GB " +
		"IAM ID IP JSON KMS MB MFA NLB OU RDS S3 SES SG SNS SQS SSH SSL SSM STS TLS TTL URI URL VPC WAF") {
		names[strings.ToLower(w)] = w
	}
	return names
}()

// humanize turns "CLOUDFRONT_DIST_ID" or "cluster-name" into "CloudFront dist ID", "Cluster name".
func humanize(name string) string {
	isName := func(w string) bool { // "Redis", and not "GUIDE"
		return unicode.IsUpper([]rune(w)[0]) && strings.ToUpper(w) != w
	}
	words := strings.FieldsFunc(name, func(r rune) bool { return r == '_' || r == '-' || r == '.' || r == ' ' || r == '|' })
	for i, w := range words {
		lower := strings.ToLower(w)
		switch a, ok := acronyms[lower]; {
		case ok:
			words[i] = a
		case isName(w): // a wiki's file is called as its page
			words[i] = w
		case i == 0:
			runes := []rune(lower)
			runes[0] = unicode.ToUpper(runes[0])
			words[i] = string(runes)
		default:
			words[i] = lower
		}
	}
	return strings.Join(words, " ")
}
