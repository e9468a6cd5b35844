package templates

import "net/url"

// choicesURL is where the choices of a parameter are listed.
func choicesURL(p *RunPage, parameter string) string {
	return "/choices?" + url.Values{"procedure": {p.Procedure.ID}, "environment": {p.Environment.Name}, "parameter": {parameter}}.Encode()
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
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
