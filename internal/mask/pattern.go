package mask

import (
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
)

// maxLook bounds how far around a needle is looked, in bytes.
const maxLook = 4 << 10

// lookKey finds a private key, from its first line to its last.
func lookKey(p *patterns, at, end int) {
	begin := strings.LastIndex(p.text[max(0, at-40):at], "-----BEGIN ")
	if begin < 0 {
		return
	}
	rest := p.text[end:]
	stop := keyEnd().FindStringIndex(rest)
	if stop == nil {
		p.secret(end, len(p.text))
		p.wants(end)
		p.done = len(p.text)
		return
	}
	p.secret(end, end+stop[0])
	p.done = end + stop[0]
}

// keyEnd is the last line of a private key, or the first line of what follows an unfinished one.
var keyEnd = lazy.Regexp(`-----(?:END|BEGIN) [A-Z0-9 ]*-----`)

// lookURL finds the password in scheme://user:password@host, and a token in scheme://token@host. Passwords of databases are
// often written without the escapes that a URL demands.
func lookURL(p *patterns, at, end int) {
	scheme := at
	for scheme > 0 && at-scheme < 32 && (isWord(p.text[scheme-1]) || strings.IndexByte("+.-", p.text[scheme-1]) >= 0) {
		scheme--
	}
	if scheme == at {
		return
	}
	database := databaseScheme().MatchString(p.text[scheme:at])
	to, last := end, -1
	for ; to < len(p.text) && to-end < 1024; to++ {
		c := p.text[to]
		if c <= ' ' || strings.IndexByte("\"'<>`|;", c) >= 0 || !database && strings.IndexByte("/?#\\", c) >= 0 {
			break
		}
		if c == '@' {
			last = to
		}
	}
	if last < 0 {
		if to == len(p.text) {
			p.wants(end + strings.IndexByte(p.text[end:to], ':') + 1)
		}
		return
	}
	user := p.text[end:last]
	from := end
	if colon := strings.IndexByte(user, ':'); colon >= 0 {
		from += colon + 1
	} else if colon := strings.Index(user, "%3A"); colon >= 0 {
		from += colon + 3
	} else if len(user) < 16 || !random(user) {
		return
	}
	if value := p.text[from:last]; value != "" && !reference(value) {
		p.secret(from, last)
		p.done = max(p.done, last)
	}
}

var databaseScheme = lazy.Regexp(`(?i)^(?:jdbc|postgres(?:ql)?|mysql|mariadb|mongodb|redis|rediss|amqps?|mssql|sqlserver|oracle|`,
	`cockroachdb|`,
	`clickhouse|cassandra|neo4j|bolt|ldaps?|`,
	`smtps?)(?:\+\w+)?$`)

// lookSign finds what signs an address.
func lookSign(p *patterns, at, end int) {
	if at > 0 && isWord(p.text[at-1]) && !strings.HasSuffix(p.text[:at], `\u0026`) {
		return
	}
	switch {
	case p.text[end-1] == '=':
		if at == 0 || strings.IndexByte("?&;", p.text[at-1]) < 0 && !strings.HasSuffix(p.text[:at], `\u0026`) {
			return
		}
	case strings.HasPrefix(p.text[end:], "="), strings.HasPrefix(p.text[end:], ":"):
		for end++; end < len(p.text) && strings.IndexByte(" \"'", p.text[end]) >= 0; end++ {
		}
	case strings.HasPrefix(strings.ToUpper(p.text[end:min(len(p.text), end+3)]), "%3D"):
		end += 3
	default:
		return
	}
	to := end
	for to < len(p.text) && p.text[to] > ' ' && strings.IndexByte("&\"'<>\\;,)", p.text[to]) < 0 {
		to++
	}
	p.secret(end, to)
	p.done = to
}

// lookHeader finds credentials in an Authorization header, and behind Bearer.
func lookHeader(p *patterns, at, end int) {
	if p.text[end-1] == ' ' { // bearer
		if at > 0 && isWord(p.text[at-1]) {
			return
		}
		to := end
		for to < len(p.text) && (isWord(p.text[to]) || strings.IndexByte("-._~+/=", p.text[to]) >= 0) {
			to++
		}
		value := p.text[end:to]
		if len(value) >= 8 && !letters().MatchString(value) && !strings.HasPrefix(value, "realm=") && !openValue(value) {
			p.secret(end, to)
			p.done = to
		} else if to == len(p.text) && value != "" {
			p.wants(end)
		}
		return
	}
	i := end
	for i < len(p.text) && strings.IndexByte(`"'\`, p.text[i]) >= 0 {
		i++
	}
	for i < len(p.text) && p.text[i] == ' ' {
		i++
	}
	if i >= len(p.text) || p.text[i] != ':' && p.text[i] != '=' {
		return
	}
	for i++; i < len(p.text) && strings.IndexByte(" \"'\\", p.text[i]) >= 0; i++ {
	}
	to := i
	for to < len(p.text) && strings.IndexByte("\"'\r\n", p.text[to]) < 0 {
		to++
	}
	value := p.text[i:to]
	scheme, rest, found := strings.Cut(value, " ")
	if found && authScheme().MatchString(scheme) {
		i += len(scheme) + 1
		value = rest
	} else if prose(value) {
		if to == len(p.text) && value != "" {
			p.wants(i)
		}
		return
	}
	if len(value) < 3 || openValue(strings.TrimSpace(value)) {
		if to == len(p.text) && value != "" {
			p.wants(i)
		}
		return
	}
	p.secret(i, to)
	p.done = to
}

var (
	authScheme = lazy.Regexp(`(?i)^(?:basic|bearer|token|digest|negotiate|apikey|aws4-hmac-sha256|aws|hawk|ntlm|splunk|key)$`)
	letters    = lazy.Regexp(`^[A-Za-z]+$`)
)

// token is what a token looks like. The first one that fits is taken.
var tokens = lazy.Regexp(`^(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}|glpat-[A-Za-z0-9_-]{16,}|`,
	`opsbook_[A-Z2-7]{33}|`,
	`xox[abeprs]-[A-Za-z0-9-]{10,}|`,
	`xapp-[A-Za-z0-9-]{10,}|(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/=]{16,}|`,
	`sk-(?:ant-|proj-|svcacct-)[A-Za-z0-9_-]{20,}|`,
	`sk-[A-Za-z0-9]{32,}|AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,}|npm_[A-Za-z0-9]{36}|`,
	`pypi-AgE[A-Za-z0-9_-]{30,}|dop_v1_[a-f0-9]{40,}|`,
	`hvs\.[A-Za-z0-9_-]{20,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|dckr_pat_[A-Za-z0-9_-]{20,}|ATATT3x[A-Za-z0-9_=-]{40,}|`,
	`shpat_[a-fA-F0-9]{32}|AGE-SECRET-KEY-[A-Z0-9]{50,}|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*|`,
	`(?:IQoJb3JpZ2lu|FwoGZXIvYXdz|AQoDYXdz)[A-Za-z0-9+/=_-]{40,}|(?:AKIA|ASIA)[A-Z0-9]{16}|hooks\.slack\.com/services/[A-Za-z0-9/_-]{20,})`)

// accessKeyID is the id of an access key of AWS.
var accessKeyID = lazy.Regexp(`^(?:AKIA|ASIA)[A-Z0-9]{16}$`)

// lookToken finds what is a token whoever names it. What is longer than a token of its kind is none.
func lookToken(p *patterns, at, _ int) {
	if at > 0 && (isWord(p.text[at-1]) || p.text[at-1] == '-') {
		return
	}
	rest := p.text[at:]
	m := tokens().FindStringIndex(rest)
	stop := 0
	for stop < len(rest) && (isWord(rest[stop]) || strings.IndexByte("-.+/=", rest[stop]) >= 0) {
		stop++
	}
	switch {
	case m == nil:
		if stop == len(rest) && stop < maxLook {
			p.wants(at)
		}
		return
	case accessKeyID().MatchString(rest[:m[1]]):
		if m[1] < len(rest) && isWord(rest[m[1]]) || p.mask.isOpen(rest[:m[1]]) {
			return
		}
	}
	from := at
	if strings.HasPrefix(rest, "hooks.") {
		from += len("hooks.slack.com/services/")
	}
	p.secret(from, at+m[1])
	p.done = at + m[1]
}
