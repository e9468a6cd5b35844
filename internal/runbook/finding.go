package runbook

import (
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// inSentences lets every message begin with a capital, unless it begins with a name, and end with a stop.
// "the id is written twice" becomes "The id is written twice."
func inSentences(ms []procedures.Finding) {
	for i := range ms {
		text := ms[i].Message
		first, _, _ := strings.Cut(text, " ")
		command := commonCommands[first] && !englishCommands[first]
		if strings.Trim(first, "abcdefghijklmnopqrstuvwxyz") == "" && first != "" && !command {
			text = strings.ToUpper(text[:1]) + text[1:]
		}
		if !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "?") && !strings.HasSuffix(text, "!") {
			text += "."
		}
		ms[i].Message = text
	}
}
