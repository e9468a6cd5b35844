package aws

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/accounts"
	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/session"
	"github.com/opsbook/opsbook/internal/aws/wire"
	"github.com/opsbook/opsbook/internal/procedures"
)

// fail writes an error as the CLI writes it, reports the call, and returns the exit status.
// A cancelled context is 130, and a closed output 0. The verdict's advice says what a person can do, such as signing
// in again.
func (r *run) fail(ctx context.Context, err error) int {
	// Whatever the error is, a cancelled context is its cause.
	if ctx.Err() != nil {
		r.Call.Error = "The call was cut off."
		r.Call.RuleVerdict = &procedures.Judgement{Verdict: procedures.Errored, Reason: "The call was cut off before it was answered."}
		r.finish(130)
		return 130
	}
	var closed *session.ClosedError
	if errors.As(err, &closed) {
		// The reader of the output has seen enough, as with `aws … | head -1`.
		r.finish(0)
		return 0
	}
	text, status := r.say(err)
	// A message that cannot be written makes the status 255.
	if _, err := io.WriteString(r.Invocation.Stderr, text); err != nil {
		status = bind.ExitGeneral
	}
	var service *wire.ServiceError
	switch {
	case errors.As(err, &service):
		r.Call.Code, r.Call.Retries, r.Call.RequestID = service.Code, service.Retries, service.RequestID
		reading := r.entry.JudgeError(service.Code, service.Message)
		// A service's error without advice of ours keeps that of the operation's rules.
		if advice := r.advice(errors.New(service.Code)); advice != "" { // it names the profile
			reading.Advice = advice
		}
		r.Call.RuleVerdict = &reading
		if r.line != nil {
			r.Call.ResourceVerdicts = r.entry.ResourceVerdictsOfError(r.line.Input, service.Code, &reading)
		}
	default:
		var known *accounts.Error
		if errors.As(err, &known) { // the cause, which the call of a service only wraps
			err, r.Call.Code = known, known.Code
		}
		message := strings.TrimSpace(strings.TrimPrefix(err.Error(), "An error occurred (ParamValidation): "))
		r.Call.RuleVerdict = &procedures.Judgement{
			Verdict: procedures.Errored, Reason: message, Advice: r.advice(errors.Join(err, errors.Unwrap(err))),
		}
	}
	r.Call.Error, r.Call.Advice = strings.TrimSpace(err.Error()), r.Call.RuleVerdict.Advice
	// A line that could not be bound has no command yet; the journal names its first words.
	if r.Call.Command == "" {
		r.Call.Command, r.Call.Args = strings.Join(firstWords(r.Invocation.Args[1:]), " "), r.Invocation.Args[1:]
	}
	r.finish(status)
	return status
}

// misplaced is what is wrong with the region or the profile of a line whose parameters are wrong too.
func (r *run) misplaced(ctx context.Context) error {
	if !strings.Contains(r.refusal.Error(), "Parameter validation failed:") {
		return nil
	}
	return r.Located(ctx)
}

// advice says what to do about an error of credentials, "" where nothing is known.
// The advice for a service's error goes by its code, such as ExpiredToken.
func (r *run) advice(err error) string {
	profile := r.Identity.Profile
	var missing *accounts.ProfileError
	if errors.As(err, &missing) {
		profile = missing.Profile
	}
	return accounts.Advice(err, profile, r.Environment.Sandbox())
}

// firstWords are the service and the operation of a line that could not be bound.
// They may be none of the CLI's; options and what follows them are not looked at.
func firstWords(args []string) []string {
	var out []string
	for _, a := range args {
		if strings.HasPrefix(a, "-") || len(out) == 2 {
			break
		}
		out = append(out, a)
	}
	return out
}

// finish reports the call with its status.
func (r *run) finish(status int) {
	r.Call.Status = status
	r.report()
}

// say words an error as the AWS CLI v2 does, with its exit status.
// 254 is the service's error. 253 are credentials, the region and the environment's account, for which nothing was
// sent to the service. A profile that does not exist is 255, as the CLI has it.
func say(err error) (text string, status int) {
	var usage *bind.Error
	var service *wire.ServiceError
	var credentials *wire.CredentialsError
	var region wire.RegionError
	var profile *accounts.ProfileError
	var other *session.AccountError
	var known *accounts.Error
	switch {
	case errors.As(err, &usage):
		return usage.Text(), usage.Status
	case errors.As(err, &other):
		return (&bind.Error{Message: other.Error(), Status: bind.ExitConfig}).Text(), bind.ExitConfig
	case errors.As(err, &known):
		return "\naws: [ERROR]: " + known.Error() + "\n", known.Status
	case errors.As(err, &service):
		return "\naws: [ERROR]: " + service.Error() + "\n" + details(service.Document), bind.ExitService
	case errors.As(err, &credentials):
		return "\naws: [ERROR]: An error occurred (NoCredentials): " + credentials.Error() + "\n", bind.ExitConfig
	case errors.As(err, &region):
		return "\naws: [ERROR]: An error occurred (NoRegion): " + region.Error() + "\n", bind.ExitConfig
	case errors.As(err, &profile):
		return "\naws: [ERROR]: " + profile.Error() + "\n", bind.ExitGeneral
	}
	return "\naws: [ERROR]: " + strings.TrimSpace(err.Error()) + "\n", bind.ExitGeneral
}
