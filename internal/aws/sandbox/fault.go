package sandbox

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/aws/iam"
	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/protocol"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Fault is a thing that can be broken on purpose.
type Fault struct {
	Name  string
	Title string // what it does, in a few words
	On    bool
	// Sees is an aws line that shows it, as a runbook has it; empty for a fault that the estate's own procedures show.
	Sees string
	// of is the kind of resource that it breaks, and breaks how, for services that are described.
	of     string
	breaks func(*view)
}

// accountSimulation is the account as a whole: what goes wrong with every call.
func accountSimulation() simulation {
	return simulation{
		service: "",
		faults: []Fault{
			{Name: "throttled", Title: "Every service refuses most calls: too many requests"},
			{Name: "denied", Title: "Every call is denied"},
			{Name: "read-only", Title: "The credentials may only read"},
			{Name: "slow", Title: "Every answer takes two seconds"},
			{Name: "expired-token", Title: "The credentials have expired"},
		},
	}
}

// Faults lists what can be broken, and what is.
func (s *Sandbox) Faults(ctx context.Context) ([]Fault, error) {
	out := slices.Clone(faults())
	return out, s.with(ctx, func() error {
		if s.world.Game != nil { // what is on is a secret
			return nil
		}
		for i := range out {
			out[i].On = s.world.Faults[out[i].Name]
		}
		// A fault of one resource is listed while it is on.
		for _, name := range sortedKeys(s.world.Faults) {
			kind, resource, ok := strings.Cut(name, ":")
			if i := slices.IndexFunc(out, func(f Fault) bool { return f.Name == kind }); ok && i >= 0 {
				one := out[i]
				one.Name, one.Title, one.On = name, one.Title+": "+resource, true
				out = append(out, one)
			}
		}
		return nil
	})
}

// SetFault switches a fault on or off. An unknown name is an error that lists the known ones.
func (s *Sandbox) SetFault(ctx context.Context, name string, on bool) error {
	kind, resource, _ := strings.Cut(name, ":")
	if !slices.ContainsFunc(faults(), func(f Fault) bool { return f.Name == kind && (resource == "" || f.of != "") }) {
		names := make([]string, len(faults()))
		for i, f := range faults() {
			names[i] = f.Name
		}
		return procedures.Errorf(procedures.CodeInvalid, "the sandbox has no fault %q; it has %s", name, strings.Join(names, ", "))
	}
	return s.with(ctx, func() error {
		if err := s.world.gameRefuses(); err != nil {
			return err
		}
		if on == s.world.Faults[name] {
			return nil
		}
		s.world.switchFault(name, on, s.now())
		// The serial number tells that the world changed and has to be kept.
		s.world.Serial++
		return nil
	})
}

// switchFault switches a fault, which is on since then.
func (w *world) switchFault(name string, on bool, since time.Time) {
	if on {
		w.Faults[name] = true
	} else {
		delete(w.Faults, name)
	}
	for _, each := range simulations() {
		if each.switched != nil {
			each.switched(w, name, on, since)
		}
	}
	w.switchLiving(name, on, since)
}

// serviceError is an error as a service answers it.
type serviceError struct {
	Code    string
	Message string
	Status  int // of HTTP
}

// Error is the code and the message, as the AWS CLI puts them together.
func (e *serviceError) Error() string { return e.Code + ": " + e.Message }

// refuse is an error as a service answers it, with a status of HTTP.
func refuse(status int, code, format string, args ...any) *serviceError {
	return &serviceError{Code: code, Message: fmt.Sprintf(format, args...), Status: status}
}

// faultFor is the error that a general fault makes of a call, or nil. The throttled
// fault lets every fourth request through, so that retries come to an end.
func (s *Sandbox) faultFor(r *request) error {
	w := wordsOf(r.service)
	switch {
	case s.world.Faults["expired-token"]:
		return refuse(w.expiredStatus, w.expired, "%s", w.expiredSays)
	// GetCallerIdentity needs no permission, and AWS answers it even where a policy denies it.
	case s.world.Faults["denied"] && !(r.service.Name == "sts" && r.operation == "GetCallerIdentity"):
		return denied(r, w)
	case s.world.Faults["read-only"] && knowledge.Of(r.service.Name, r.op.Name).Effect.Changes():
		return denied(r, w)
	case s.world.Faults["throttled"]:
		// The counter is of this process and is not stored.
		if s.throttle++; s.throttle%4 != 0 {
			return refuse(w.throttledStatus, w.throttled, "%s", w.throttledSays)
		}
	}
	return nil
}

// words are the codes and sentences of a service for what can go wrong with every call.
type words struct {
	expired, expiredSays, throttled, throttledSays, denied string
	expiredStatus, throttledStatus                         int
}

// wordsOf tells them by the service's protocol: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html and the
// services' own lists of common errors.
func wordsOf(s *models.Service) words {
	w := words{
		"ExpiredTokenException", "The security token included in the request is expired", "ThrottlingException",
		"Rate exceeded", "AccessDeniedException", http.StatusBadRequest, http.StatusBadRequest,
	}
	switch {
	case s.Name == "s3":
		return words{
			"ExpiredToken", "The provided token has expired.", "SlowDown", "Please reduce your request rate.",
			"AccessDenied", http.StatusBadRequest, http.StatusServiceUnavailable,
		}
	case slices.Contains(s.Protocols, protocol.EC2):
		return words{
			"RequestExpired", "Request has expired.", "RequestLimitExceeded", "Request limit exceeded.",
			"UnauthorizedOperation", http.StatusBadRequest, http.StatusServiceUnavailable,
		}
	case slices.Contains(s.Protocols, protocol.Query), slices.Contains(s.Protocols, protocol.RestXML):
		return words{
			"ExpiredToken", "The security token included in the request is expired", "Throttling", "Rate exceeded",
			"AccessDenied", http.StatusForbidden, http.StatusBadRequest,
		}
	// Lambda has a throttling error of its own, with status 429.
	case s.Name == "lambda":
		w.throttled, w.throttledStatus = "TooManyRequestsException", http.StatusTooManyRequests
	case slices.Contains(s.Protocols, protocol.RestJSON):
		w.expiredStatus, w.throttledStatus = http.StatusForbidden, http.StatusTooManyRequests
	}
	return w
}

// denied is the error of a call that no policy allows.
func denied(r *request, w words) error {
	action, _ := iam.Action(r.service, r.op)
	if action == "" {
		action = r.service.SigningName + ":" + r.operation
	}
	says := fmt.Sprintf("User: %s is not authorized to perform: %s "+
		"because no identity-based policy allows the %s action", callerARN, action, action)
	if w.denied == "UnauthorizedOperation" {
		says = "You are not authorized to perform this operation. " + says
	}
	return refuse(http.StatusForbidden, w.denied, "%s", says)
}
