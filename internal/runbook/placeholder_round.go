package runbook

import (
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
)

var (
	// roundValue is (instance-id), or (instance id), where an option's value stands: no shell reads a line with one.
	roundValue = lazy.Regexp(`[ \t]--[a-z][a-z0-9-]*[ \t=]+(\((\pL[\pL\pN_ -]*)\))(?:[ \t\\|;)]|$)`)
	// valueLine is a line in which such a value can stand: it begins with aws, or continues with an option.
	valueLine = lazy.Regexp(`^[ \t]*(?:\$[ \t]+|>[ \t]+)?(?:aws[ \t]|--[a-z])`)
)

// maskRounds replaces `(instance-id)` by sentinels, as maskAngles does. In quotes it is text.
func maskRounds(text string, p *placeholders) string {
	if !strings.Contains(text, " (") && !strings.Contains(text, "=(") {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if !valueLine().MatchString(line) {
			continue
		}
		for _, m := range roundValue().FindAllStringSubmatchIndex(line, -1) {
			inside, before := line[m[4]:m[5]], line[:m[2]]
			if strings.Count(before, "'")%2+strings.Count(before, `"`)%2 > 0 {
				continue
			}
			word := strings.Repeat("x", m[3]-m[2])
			if p != nil {
				name := placeholderName(inside)
				if word = p.word(name, m[3]-m[2]); word == "" {
					continue
				}
				p.note(name, placeholder{title: humanize(inside)})
			}
			line = line[:m[2]] + word + line[m[3]:] // as many bytes: the places of the others stay
		}
		lines[i] = line
	}
	return strings.Join(lines, "\n")
}
