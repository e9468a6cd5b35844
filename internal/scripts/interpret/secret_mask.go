package interpret

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// Masked stands where a secret was.
const Masked = "••••••"

// secrets knows what must not be shown or kept: values that a command or the page named, and what looks like a key,
// a token or a signed address. Every event of a script passes through it; what the script itself sees, and what a terminal
// prints, does not. It is safe for concurrent use.
type secrets struct {
	mu       sync.RWMutex
	values   []string // as they were named, for the next step
	written  []string // in all the ways in which they are written, the longest first
	replacer *strings.Replacer
}

// Shorter values are not masked: they would be found everywhere.
const (
	shortestSecret  = 4
	shortestEncoded = 8 // in another encoding
)

// newSecrets begins with values that are known.
func newSecrets(values ...string) *secrets {
	s := &secrets{}
	for _, v := range values {
		s.add(v)
	}
	return s
}

// add names a secret value. From now on it is masked, of several lines each line too, and also where it is written in
// base64, hexadecimal, JSON or a URL.
// Values shorter than shortestSecret bytes are ignored.
func (s *secrets) add(value string) {
	value = strings.TrimRight(value, "\r\n")
	if len(value) < shortestSecret {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Contains(s.values, value) {
		return
	}
	s.values = append(s.values, value)
	for _, part := range append(strings.Split(value, "\n"), value) {
		if part = strings.TrimSpace(part); len(part) < shortestSecret {
			continue
		}
		for _, w := range append([]string{part}, encodings(part)...) {
			if !slices.Contains(s.written, w) {
				s.written = append(s.written, w)
			}
		}
	}
	slices.SortFunc(s.written, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	pairs := make([]string, 0, 2*len(s.written))
	for _, w := range s.written {
		pairs = append(pairs, w, Masked)
	}
	s.replacer = strings.NewReplacer(pairs...)
}

// encodings are the other ways in which a value is often written. In base64 a value looks
// different in each of three positions; what surrounds it decides on the letters at its ends, which are left out.
// Those shorter than shortestEncoded bytes are left out.
func encodings(value string) []string {
	var out []string
	take := func(text string) {
		if text != value && len(text) >= shortestEncoded {
			out = append(out, text)
		}
	}
	take(url.QueryEscape(value))
	take(url.PathEscape(value))
	if quoted, err := json.Marshal(value); err == nil {
		take(string(quoted[1 : len(quoted)-1]))
	}
	if len(value) < shortestEncoded {
		return out
	}
	take(hex.EncodeToString([]byte(value)))
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
		}
	}
	return out
}

// named are the values that were added.
func (s *secrets) named() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.values)
}

// secretPattern is something that looks like a secret. What the expression's group "secret" matches is masked.
type secretPattern struct {
	needles []string // one of them is in every match
	expr    func() *regexp.Regexp
}

// They are private keys, signed addresses of AWS, Authorization headers, tokens of GitHub, GitLab
// and Slack, JSON web tokens, session tokens of AWS, and values behind names such as password=.
var secretPatterns = []secretPattern{
	{
		[]string{"PRIVATE KEY"},
		shell.LazyRegexp(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----(?P<secret>.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|$)`),
	},
	{[]string{"X-Amz-", "x-amz-"}, shell.LazyRegexp(`(?i)X-Amz-(?:Signature|Security-Token|Credential)=(?P<secret>[^&\s"'<>]+)`)},
	{[]string{"Signature="}, shell.LazyRegexp(`[?&]Signature=(?P<secret>[^&\s"'<>]+)`)},
	{
		[]string{"uthorization", "earer", "UTHORIZATION"},
		shell.LazyRegexp(`(?i)(?:authorization["']?\s*[:=]\s*["']?(?:basic|bearer|token|aws4-hmac-sha256)\s+|\bbearer\s+)`,
			`(?P<secret>[^"'\r\n]{8,})`),
	},
	{
		[]string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox"},
		shell.LazyRegexp(`\b(?P<secret>gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}|`,
			`glpat-[A-Za-z0-9_-]{16,}|xox[abeprs]-[A-Za-z0-9-]{10,})`),
	},
	{[]string{"eyJ"}, shell.LazyRegexp(`\b(?P<secret>eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,})`)},
	{
		[]string{"IQoJb3JpZ2lu", "FwoGZXIvYXdz", "AQoDYXdz"},
		shell.LazyRegexp(`\b(?P<secret>(?:IQoJb3JpZ2lu|FwoGZXIvYXdz|AQoDYXdz)[A-Za-z0-9+/=_-]{40,})`),
	},
	{
		nil, shell.LazyRegexp(`(?i)(?P<name>[\w.-]*(?:password|passwd|passphrase|secret|token|`,
			`secret[_-]?key|access[_-]?key|api[_-]?key|private[_-]?key|credentials?))`,
			`\\?["']?\s*[:=]\s*\\?["']?(?P<secret>[^\s"'\\,;&(){}]{6,})`),
	},
}

var (
	// hint is in every text that the last of secretPatterns could match in.
	hint = shell.LazyRegexp(`(?i)passw|passphrase|secret|token|[_-]?key|credential`)
	// openNames end like names of secrets and are none: AWS's paging and idempotency tokens, and what only describes.
	openNames = shell.LazyRegexp(`(?i)(?:next|continuation|pagination|page|client|start|starting|resume|`,
		`marker|sequence|request|lock|callback)[_-]?token$`)
	// openValues are values that are no secrets whatever their name.
	openValues = shell.LazyRegexp(`(?i)^(?:true|false|null|none|undefined|arn:.*|https?:.*|\$.*|\*+|<.*|` + Masked +
		`.*|\d{4}-\d\d-\d\d.*|optional|required|disabled|enabled|unknown)$`)
)

// text masks what is secret in a text.
func (s *secrets) text(text string) string {
	if text == "" {
		return ""
	}
	s.mu.RLock()
	if s.replacer != nil {
		text = s.replacer.Replace(text)
	}
	s.mu.RUnlock()
	return maskPatterns(text)
}

// Mask masks values, and what looks like a secret, in a text that is shown outside of a script's events.
func Mask(text string, values ...string) string { return newSecrets(values...).text(text) }

// maskPatterns masks what looks like a secret by itself.
func maskPatterns(text string) string {
	for _, l := range secretPatterns {
		if l.needles == nil && !hint().MatchString(text) || l.needles != nil && !slices.ContainsFunc(l.needles, func(n string) bool {
			return strings.Contains(text, n)
		}) {
			continue
		}
		text = l.mask(text)
	}
	return text
}

// mask replaces what the group "secret" matches, unless the name or value is known to be open.
func (l secretPattern) mask(text string) string {
	group, name := l.expr().SubexpIndex("secret"), l.expr().SubexpIndex("name")
	var out strings.Builder
	at := 0
	for _, m := range l.expr().FindAllStringSubmatchIndex(text, -1) {
		from, to := m[2*group], m[2*group+1]
		if from < 0 || from == to || name > 0 &&
			(openNames().MatchString(text[m[2*name]:m[2*name+1]]) || openValues().MatchString(text[from:to])) {
			continue
		}
		out.WriteString(text[at:from])
		out.WriteString(Masked)
		at = to
	}
	if at == 0 {
		return text
	}
	out.WriteString(text[at:])
	return out.String()
}

// maxHeld bounds what is held back of an output whose end may be the beginning of a secret, in bytes.
const maxHeld = 64 << 10

// showable returns how much of the beginning of an output can be masked for itself: its end is held back where it
// may be the beginning of a secret that the next piece goes on with.
func (s *secrets) showable(output []byte) int {
	line := bytes.LastIndexByte(output, '\n') + 1
	cut := line + bytes.LastIndexAny(output[line:], " \t\"'") + 1
	if hint().Match(output[line:]) || bytes.Contains(output[line:], []byte("earer")) ||
		bytes.Contains(output[line:], []byte("uthorization")) {
		cut = line
	}
	if begin := bytes.LastIndex(output, []byte("-----BEGIN ")); begin >= 0 && !keyEnd().Match(output[begin:]) {
		cut = min(cut, begin)
	}
	cut = s.between(output, cut)
	if len(output)-cut > maxHeld {
		cut = len(output)
		for cut > 0 && cut > len(output)-utf8.UTFMax && !utf8.Valid(output[:cut]) {
			cut--
		}
	}
	return cut
}

// keyEnd is the last line of a private key.
var keyEnd = shell.LazyRegexp(`-----END [A-Z ]*KEY-----`)

// between moves a cut to the left until it goes through no value, and none may begin before it that has not come whole.
func (s *secrets) between(output []byte, cut int) int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for moved := true; moved; {
		moved = false
		for _, w := range s.written {
			for k := min(len(w)-1, len(output)); k > len(output)-cut; k-- {
				if bytes.HasSuffix(output, []byte(w[:k])) {
					cut, moved = len(output)-k, true
					break
				}
			}
			from := max(0, cut-len(w)+1)
			if i := bytes.Index(output[from:min(len(output), cut+len(w)-1)], []byte(w)); i >= 0 && from+i < cut {
				cut, moved = from+i, true
			}
		}
	}
	return cut
}

// event masks an event. The text of an output was masked when it was gathered.
func (s *secrets) event(e procedures.Event) procedures.Event {
	if e.Kind != procedures.EventOutput {
		e.Text = s.text(e.Text)
	}
	e.Judgement = s.judgement(e.Judgement)
	if e.Call != nil {
		call := *e.Call
		call.Args = s.texts(call.Args)
		call.Error, call.Advice = s.text(call.Error), s.text(call.Advice)
		call.RuleVerdict = s.judgement(call.RuleVerdict)
		call.ResourceVerdicts = s.findings(call.ResourceVerdicts)
		call.Document = s.document(call.Document)
		e.Call = &call
	}
	if e.Change != nil {
		change := s.change(*e.Change)
		e.Change = &change
	}
	return e
}

// MaskChange masks what is secret in a change that is shown outside of a script's events.
func MaskChange(c procedures.Change, values ...string) procedures.Change {
	return newSecrets(values...).change(c)
}

// change masks all texts of a change, and both sides of a difference whose member is a secret by
// its name.
func (s *secrets) change(c procedures.Change) procedures.Change {
	c.Args, c.Does, c.Resource = s.texts(c.Args), s.text(c.Does), s.text(c.Resource)
	c.ReadCommand, c.NotRead, c.NoRollback = s.text(c.ReadCommand), s.text(c.NotRead), s.text(c.NoRollback)
	c.Before, c.Rollback, c.Warnings = s.document(c.Before), s.texts(c.Rollback), s.texts(c.Warnings)
	differences := make([]procedures.Difference, len(c.Differences))
	for i, d := range c.Differences {
		if member := d.Path[strings.LastIndex(d.Path, ".")+1:]; secretMembers().MatchString(member) || hides(member, d) {
			d.Before, d.After = hidden(d.Before), hidden(d.After)
		}
		differences[i] = procedures.Difference{Path: s.text(d.Path), Before: s.text(d.Before), After: s.text(d.After)}
	}
	c.Differences = differences
	return c
}

// hides reports whether a member's values look like secrets by its name, such as those of an environment's variables.
func hides(member string, d procedures.Difference) bool {
	for _, value := range []string{d.Before, d.After} {
		if value != "" && maskPatterns(member+"="+value) != member+"="+value {
			return true
		}
	}
	return false
}

// hidden stands for a value, if there is one.
func hidden(value string) string {
	if value == "" {
		return ""
	}
	return Masked
}

// judgement masks a judgement's texts; nil stays nil.
func (s *secrets) judgement(j *procedures.Judgement) *procedures.Judgement {
	if j == nil {
		return nil
	}
	out := *j
	out.Reason, out.Advice, out.Expected = s.text(j.Reason), s.text(j.Advice), s.text(j.Expected)
	return &out
}

// findings masks the verdicts of resources, in a copy.
func (s *secrets) findings(list []procedures.ResourceVerdict) []procedures.ResourceVerdict {
	out := slices.Clone(list)
	for i, f := range out {
		out[i].Name, out[i].ID, out[i].Reason, out[i].Facts = s.text(f.Name), s.text(f.ID), s.text(f.Reason), slices.Clone(f.Facts)
		for k, fact := range out[i].Facts {
			out[i].Facts[k].Value = s.text(fact.Value)
		}
	}
	return out
}

// texts masks each text, in a new list.
func (s *secrets) texts(list []string) []string {
	out := make([]string, len(list))
	for i, text := range list {
		out[i] = s.text(text)
	}
	return out
}

// secretMembers are members of answers whose text is a secret, whatever it looks like.
var secretMembers = shell.LazyRegexp(`^(?:SecretString|SecretBinary|RandomPassword|Plaintext|`,
	`SecretAccessKey|SessionToken|authorizationToken|MasterUserPassword|Password)$`)

// document masks the texts of a document. One without secrets is returned as it is.
func (s *secrets) document(v document.Value) document.Value {
	switch v := v.(type) {
	case string:
		return s.text(v)
	case document.List:
		out := make(document.List, len(v))
		for i, item := range v {
			out[i] = s.document(item)
		}
		return out
	case *document.Object:
		if v == nil {
			return v
		}
		out := &document.Object{}
		for name, value := range v.All() {
			if text, ok := value.(string); ok && text != "" && secretMembers().MatchString(name) {
				out.Set(name, Masked)
				continue
			}
			out.Set(name, s.document(value))
		}
		return out
	}
	return v
}
