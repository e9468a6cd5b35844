package templates

import "net/url"

// ProcedureURL is the address of a procedure's page.
func ProcedureURL(id string) string {
	return "/procedures/" + (&url.URL{Path: id}).EscapedPath()
}

// StepURL is the address of a step on its procedure's page.
func StepURL(procedure, step string) string { return stepURL(ProcedureURL(procedure), step) }

// stepURL names the step twice: what unfurls a link never sees a fragment.
func stepURL(page, step string) string {
	return page + "?step=" + url.QueryEscape(step) + "#" + step
}
