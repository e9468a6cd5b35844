package mask

import (
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
)

// secretOption reports whether an option's value is a secret, by its name without the dashes.
func secretOption(name string) bool {
	name = strings.ToLower(name)
	return name == "pass" || name == "pw" || name == "auth" || name == "secret-key-base" || Named(name)
}

// program says in which of its options a program takes a secret.
type program struct {
	attached string // letters whose value is attached: mysql -pVALUE
	separate string // letters whose value is the next word, or attached: redis-cli -a VALUE
	user     string // letters of user:password
	userName string // the long option of user:password
	header   string // letters of a header
	cookie   string // letters of cookies, or of a file of them
	flags    string // letters that take no value and may stand before another one: -sSu USER:PASSWORD
	prefix   string // begins words whose rest is a secret: pass:VALUE
}

// programs are what is known of programs, by the beginning of their name.
var programs = []struct {
	name string
	program
}{
	{"mysql", program{attached: "p"}}, {"mariadb", program{attached: "p"}}, {"sshpass", program{separate: "p"}},
	{"curl", program{
		user: "uU", userName: "user proxy-user", header: "H", cookie: "b", flags: "#012346aBfgGiIjJklLMnNOpqRsSvZ",
	}}, {"wget", program{userName: "", header: ""}},
	{"redis-cli", program{separate: "a"}}, {"docker", program{separate: "p"}}, {"podman", program{separate: "p"}},
	{"ldap", program{separate: "w"}}, {"mongo", program{separate: "p"}}, {"sqlcmd", program{separate: "P"}}, {"az", program{separate: "p"}},
	{"helm", program{}}, {"psql", program{}}, {"openssl", program{prefix: "pass:"}},
}

func programOf(name string) (program, bool) {
	name = strings.ToLower(name[strings.LastIndexByte(name, '/')+1:])
	for _, p := range programs {
		if strings.HasPrefix(name, p.name) {
			return p.program, true
		}
	}
	return program{}, false
}

// inWord is the part of a word that is secret; to is 0 where nothing is.
type inWord struct{ from, to int }

// secretWords finds the secrets in a command line by its options. words[0] is the program. login reports docker's -p, which is a
// port for its other commands.
func secretWords(words []string) []inWord {
	out := make([]inWord, len(words))
	if len(words) == 0 {
		return out
	}
	known, _ := programOf(words[0])
	if (strings.HasPrefix(words[0], "docker") || strings.HasPrefix(words[0], "podman")) && (len(words) < 2 || words[1] != "login") {
		known.separate = ""
	}
	whole := func(i int) {
		if i < len(words) && words[i] != "" && !strings.HasPrefix(words[i], "--") && !reference(words[i]) &&
			!strings.HasPrefix(words[i], "file://") && !strings.HasPrefix(words[i], "fileb://") && !verb().MatchString(words[i]) {
			out[i] = inWord{0, len(words[i])}
		}
	}
	user := func(i, from int) {
		if i < len(words) {
			if colon := strings.IndexByte(words[i][from:], ':'); colon >= 0 && !reference(words[i][from+colon+1:]) {
				out[i] = inWord{from + colon + 1, len(words[i])}
			}
		}
	}
	for i, word := range words {
		if i == 0 {
			continue
		}
		if value, ok := strings.CutPrefix(word, known.prefix); ok && known.prefix != "" && value != "" && !reference(value) {
			out[i] = inWord{len(known.prefix), len(word)}
			continue
		}
		if name, ok := strings.CutPrefix(word, "--"); ok {
			name, value, attached := strings.Cut(name, "=")
			switch {
			case strings.Contains(" "+known.userName+" ", " "+name+" ") && name != "" && known.userName != "":
				if attached {
					user(i, len(word)-len(value))
				} else {
					user(i+1, 0)
				}
			case !secretOption(name):
			case attached && value != "" && !reference(value):
				out[i] = inWord{len(word) - len(value), len(word)}
			case !attached:
				whole(i + 1)
			}
			continue
		}
		if len(word) < 2 || word[0] != '-' || out[i].to > 0 {
			continue
		}
		at := 1 // of the letter that may take a value
		for at+1 < len(word) && strings.IndexByte(known.flags, word[at]) >= 0 {
			at++
		}
		letter, attached := word[at:at+1], len(word) > at+1
		switch {
		case strings.Contains(known.cookie, letter) && !attached:
			if i+1 < len(words) && strings.Contains(words[i+1], "=") {
				whole(i + 1)
			}
		case strings.Contains(known.attached, letter) && attached && !reference(word[2:]):
			out[i] = inWord{2, len(word)}
		case strings.Contains(known.separate, letter) && attached:
			out[i] = inWord{2, len(word)}
		case strings.Contains(known.separate, letter):
			whole(i + 1)
		case strings.Contains(known.user, letter) && attached:
			user(i, at+1)
		case strings.Contains(known.user, letter):
			user(i+1, 0)
		}
	}
	return out
}

// verb is a word of a sentence about an option.
var verb = lazy.Regexp(`^(?:is|are|was|must|or|and|option|options|requires|required|to|for|with|on|in|the|a|has|should|`,
	`cannot|can|not|flag|argument|may|from|via|if)$`)

// Words masks the words of a command line, its program first.
func (m *Mask) Words(words []string) []string {
	if words == nil {
		return nil
	}
	out := make([]string, len(words))
	secret := secretWords(words)
	for i, word := range words {
		if s := secret[i]; s.to > 0 && !maskedAll().MatchString(word[s.from:s.to]) {
			hidden := Hidden
			if m.generated(word[s.from:s.to]) {
				hidden = Generated
			}
			out[i] = m.Text(word[:s.from]) + hidden + word[s.to:]
			continue
		}
		// An option and its value say together what the value is: NAME=value is found in the word itself.
		out[i] = m.Text(word)
	}
	return out
}

// generated reports whether a value was generated.
func (m *Mask) generated(value string) bool {
	a := m.known()
	if a == nil {
		return false
	}
	spans, _, _ := a.scan(value, nil)
	for _, s := range spans {
		if s.generated {
			return true
		}
	}
	return false
}

// textWord is a word in a text, with its quotes.
type textWord struct {
	from, to   int // of the value, without quotes around the whole
	start, end int
}

// nextWord reads the word at a byte, as a shell does; ok is false at the end of the command.
func nextWord(text string, i int) (w textWord, ok bool) {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t' || text[i] == '\\' && i+1 < len(text) && text[i+1] == '\n' ||
		text[i] == '\n' && i > 0 && text[i-1] == '\\') {
		i++
	}
	w.start = i
	quote := byte(0)
loop:
	for ; i < len(text) && i-w.start < 64<<10; i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == '\\' && quote == '"' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '\\' && i+1 < len(text) && text[i+1] != '\n':
			i++
		case strings.IndexByte(" \t\r\n|;&<>()`\\", c) >= 0:
			break loop
		}
	}
	w.end = min(i, len(text))
	w.from, w.to = w.start, w.end
	if w.to-w.from >= 2 && (text[w.from] == '\'' || text[w.from] == '"') && text[w.to-1] == text[w.from] {
		w.from, w.to = w.from+1, w.to-1
	}
	return w, w.end > w.start
}

// lookOption finds the value of an option whose name says that it is a secret, in a text.
func lookOption(p *patterns, _, end int) {
	to := end
	for to < len(p.text) && to-end < 80 && (isWord(p.text[to]) || p.text[to] == '-') {
		to++
	}
	name := p.text[end:to]
	if to == len(p.text) || !secretOption(name) || strings.IndexByte(" \t=\\", p.text[to]) < 0 {
		return
	}
	attached := p.text[to] == '='
	if attached {
		to++
	}
	w, ok := nextWord(p.text, to)
	if !ok || attached && w.start != to {
		return
	}
	value := p.text[w.from:w.to]
	if strings.HasPrefix(value, "--") || reference(value) || strings.HasPrefix(value, "file://") ||
		strings.HasPrefix(value, "fileb://") || strings.HasPrefix(value, "[") || !attached && verb().MatchString(value) ||
		value == strings.ToUpper(strings.ReplaceAll(name, "-", "_")) {
		return
	}
	p.secret(w.from, w.to)
	if w.end == len(p.text) {
		p.wants(w.from)
	}
}

// maxPrograms bounds the programs that are looked for in one line.
const maxPrograms = 4

// lookProgram finds the secrets in the short options of a program that is known.
func lookProgram(p *patterns, at, _ int) {
	if at < p.lineEnd || at > 0 && (isWord(p.text[at-1]) || strings.IndexByte(".-", p.text[at-1]) >= 0) {
		return
	}
	var words []string
	var places []textWord
	i := at
	for len(words) < 200 && i-at < 16<<10 {
		w, ok := nextWord(p.text, i)
		if !ok {
			break
		}
		words, places, i = append(words, p.text[w.from:w.to]), append(places, w), w.end
	}
	p.lineEnd = i
	if len(words) < 2 {
		return
	}
	// A program may stand behind another one: docker exec db mysql -pX.
	for first, n := 0, 0; first < len(words)-1 && n < maxPrograms; first++ {
		if _, ok := programOf(words[first]); !ok || strings.HasSuffix(words[first], ":") {
			if first == 0 {
				return
			}
			continue
		}
		n++
		for k, s := range secretWords(words[first:]) {
			if s.to == 0 {
				continue
			}
			// Quotes inside of a word, as of -p'x y', belong to it.
			from := places[first+k].from + s.from
			p.secret(from, places[first+k].to)
			if places[first+k].end == len(p.text) {
				p.wants(from)
			}
		}
	}
	// The rest of the line is looked at for itself: headers, addresses and names.
}
