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
		names, words = append(names, yamlText(r.words[i].Text)), append(words, r.words[i].Source)
		if !r.fixed(i) {
			return ""
		}
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

// fixed reports a word that is the same whenever it runs: neither a variable nor a field is in it.
func (r *bakeReader) fixed(i int) bool {
	for sentinel := range r.script.Placeholders {
		if strings.Contains(r.words[i].Source, sentinel) {
			return false
		}
	}
	return r.words[i].Known
}
