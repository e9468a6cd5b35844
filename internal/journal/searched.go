package journal

import (
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Searched is what people find of an event by its words; empty for what is not searched. All of it was masked when it was written.
func Searched(e procedures.Event) string {
	var said string
	switch e.Kind {
	case procedures.EventOutput, procedures.EventCommand, procedures.EventFile:
		return e.Text
	case procedures.EventRunStarted:
		said = strings.Join([]string{e.Text, "by", e.By, "run", e.Run}, " ")
	case procedures.EventStepRequested, procedures.EventStepFinished, procedures.EventMarkedDone, procedures.EventMarkedUndone,
		procedures.EventMarkedSkipped, procedures.EventOverride, procedures.EventDeclined, procedures.EventEndedEarly, procedures.EventNote:
		said = e.By + " " + e.Text
	default:
		return ""
	}
	if e.Judgement != nil {
		said += " " + e.Judgement.Reason
	}
	for name, value := range e.Parameters {
		said += "\n" + name + " = " + value
	}
	return strings.TrimSpace(said)
}
