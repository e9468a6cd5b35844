package analyse

import (
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// plainYAML is a name that YAML reads as a text without quotes.
var plainYAML = lazy.Regexp(`^[A-Za-z][A-Za-z0-9_./-]*[A-Za-z0-9_/]$`)

// yamlWords are names that YAML, of one version or another, does not read as texts.
var yamlWords = map[string]bool{"true": true, "false": true, "null": true, "yes": true, "no": true, "on": true, "off": true}

// yamlText is a text as YAML writes it in a list.
func yamlText(text string) string {
	if plainYAML().MatchString(text) && !yamlWords[strings.ToLower(text)] {
		return text
	}
	return strconv.Quote(text)
}

// annotated is the bake as annotations over the command that it repeats. One that only watches alarms repeats the line that reads them.
// Empty where the annotations cannot name an alarm.
func (r *bakeReader) annotated() string {
	command := strings.TrimSpace(r.bake.Command.Text)
	var names, words []string
	for _, i := range r.alarms {
		name := r.alarmName(i)
		if name == "" {
			return ""
		}
		names, words = append(names, yamlText(name)), append(words, r.words[i].Source)
	}
	lines := []string{"#| bake: " + procedures.FormatDuration(r.bake.For)}
	if r.every {
		lines = append(lines, "#| every: "+procedures.FormatDuration(r.bake.Every))
	}
	if r.bake.Named {
		lines = append(lines, "#| alarms: ["+strings.Join(names, ", ")+"]")
	}
	if command == "" {
		command = strings.TrimSpace(procedures.AlarmsScript(strings.Join(words, " "), r.script).Text)
	}
	return strings.Join(append(lines, command), "\n")
}

var (
	// namedVariable is a variable in an alarm's name of an annotation; alarmWord is a word of the shell that says the same: in double
	// quotes, as without them it may be several words.
	namedVariable = lazy.Regexp(`\$(?:\{[A-Za-z_]\w*\}|[A-Za-z_]\w*)`)
	alarmWord     = lazy.Regexp(`^"((?:[\w ./:@%+=,()-]|\$\{[A-Za-z_]\w*\}|\$[A-Za-z_]\w*)+)"$`)
)

// alarmName is how an annotation names the alarm of a word: by its text, or with the variables in it; "" where it cannot.
func (r *bakeReader) alarmName(i int) string {
	word := r.words[i]
	for sentinel := range r.script.Placeholders {
		if strings.Contains(word.Source, sentinel) {
			return ""
		}
	}
	if m := alarmWord().FindStringSubmatch(word.Source); m != nil {
		return m[1]
	}
	if !word.Known || namedVariable().MatchString(word.Text) {
		return ""
	}
	return word.Text
}
