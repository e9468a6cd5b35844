package templates

import "net/url"

// pressWord is what the button of a step says; three dots stand for a dialog that comes first.
func pressWord(s *Step) string {
	switch {
	case s.Effect().Changes():
		return "Run…"
	case s.Verdict() != "":
		return "Run again"
	}
	return "Run"
}

// pressURL is where a press of a step goes. What tells this press from others is in the address, so that
// the form of the parameters can be shared by all buttons.
func pressURL(s *Step, corrected bool) string {
	q := url.Values{"step": {s.ID}, "key": {s.Key}}
	if s.Execution != "" {
		q.Set("seen", s.Execution)
	}
	if corrected {
		q.Set("corrected", "true")
	}
	return "/press?" + q.Encode()
}
