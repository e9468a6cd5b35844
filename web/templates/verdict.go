package templates

import "github.com/opsbook/opsbook/internal/procedures"

// Glyph is the sign of a verdict: a shape as well as a colour.
func Glyph(v procedures.Verdict) string {
	switch v {
	case procedures.Passed:
		return "✓"
	case procedures.Failed:
		return "✕"
	case procedures.Errored:
		return "⚠"
	case procedures.Warned:
		return "!"
	case procedures.NoData:
		return "∅"
	case procedures.Unavailable:
		return "–"
	case procedures.Unknown:
		return "?"
	case procedures.Skipped:
		return "○"
	case procedures.Info:
		return "i"
	}
	return ""
}

// Word is a verdict in words.
func Word(v procedures.Verdict) string {
	switch v {
	case procedures.Passed:
		return "passed"
	case procedures.Failed:
		return "failed"
	case procedures.Errored:
		return "could not run"
	case procedures.Warned:
		return "warned"
	case procedures.NoData:
		return "no data"
	case procedures.Info:
		return "done"
	case procedures.Unavailable:
		return "unavailable"
	case procedures.Unknown:
		return "unknown"
	case procedures.Skipped:
		return "skipped"
	}
	return "not run"
}

// Tone is the class of a verdict's colour: pass, warn, fail or none.
func Tone(v procedures.Verdict) string {
	switch v {
	case procedures.Passed:
		return "pass"
	case procedures.Failed, procedures.Errored, procedures.Unknown:
		return "fail"
	case procedures.Warned, procedures.NoData, procedures.Unavailable:
		return "warn"
	case procedures.Info:
		return "info"
	case "running":
		return "run"
	}
	return "none"
}
