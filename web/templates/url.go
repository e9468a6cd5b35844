package templates

import (
	"context"
	"net/url"
	"strings"

	"github.com/a-h/templ"
)

// ProcedureURL is the address of a procedure's page.
func ProcedureURL(id string) string {
	return "/procedures/" + (&url.URL{Path: id}).EscapedPath()
}

// StepURL is the address of a step on its procedure's page.
func StepURL(procedure, step string) string { return stepURL(ProcedureURL(procedure), step) }

// RunStepURL is the address of a step on the page of a run.
func RunStepURL(run, step string) string { return stepURL("/runs/"+run, step) }

// stepURL names the step twice: what unfurls a link never sees a fragment.
func stepURL(page, step string) string {
	sign := "?"
	if strings.Contains(page, "?") {
		sign = "&"
	}
	return page + sign + "step=" + url.QueryEscape(step) + "#" + step
}

// InEnvironment is the address of a page in an environment.
func InEnvironment(address, environment string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	q := u.Query()
	q.Set("environment", environment)
	u.RawQuery = q.Encode()
	return u.String()
}

// placed are components whose links lead to pages of the frame's environment, where there are several.
func (f *Frame) placed(ctx context.Context) context.Context {
	if !f.Several() {
		return ctx
	}
	return context.WithValue(ctx, environmentKey{}, f.Environment.Name)
}

// Several reports whether there is more than one environment, so that addresses name theirs.
func (f *Frame) Several() bool { return len(f.Environments) > 1 && f.Environment.Name != "" }

type environmentKey struct{}

// here is a link to a page of the environment that the page with the link is of.
func here(ctx context.Context, address string) templ.SafeURL {
	if name, ok := ctx.Value(environmentKey{}).(string); ok {
		address = InEnvironment(address, name)
	}
	return templ.URL(address)
}
