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
}

var faults = []Fault{
	{Name: "alarm", Title: "The alarm " + estate + "-high-error-rate is in ALARM"},
	{Name: "failed-update", Title: "The last update of the api function failed"},
	{Name: "stuck-update", Title: "An update of the discovery function does not come to its end"},
	{Name: "table-updating", Title: "The table is being updated"},
	{Name: "unhealthy-api", Title: "The API answers 503"},
	{Name: "unreachable-api", Title: "Nothing answers at the API's address"},
	{Name: "not-deployed", Title: "The distribution is being deployed"},
	{Name: "error-rate", Title: "The functions have had many errors for an hour"},
	{Name: "log-errors", Title: "The api function logs ERROR"},
	{Name: "analysis-errors", Title: "The analysis function logs ERROR"},
	{Name: "slow-api", Title: "The API has taken two seconds for an answer"},
	{Name: "slow-function", Title: "The discovery function runs almost into its timeout"},
	{Name: "read-throttles", Title: "The table refuses reads: its capacity is used up"},
	{Name: "growth", Title: "The table is read three percent more every day"},
	{Name: "idle-function", Title: "Nobody invokes the analysis function"},
	{Name: "no-datapoints", Title: "CloudWatch has no datapoints"},
	{Name: "old-keys", Title: "A user has a key of 400 days"},
	{Name: "no-mfa", Title: "A user with a console password has no MFA"},
	{Name: "root-key", Title: "The root user has an access key"},
	{Name: "critical-finding", Title: "The image has a critical finding"},
	{Name: "high-finding", Title: "The image has a high finding"},
	{Name: "scan-pending", Title: "The image is still being scanned"},
	{Name: "root-sign-in", Title: "The root user signed in yesterday"},
	{Name: "bucket-deleted", Title: "Somebody deleted a bucket yesterday"},
	{Name: "cost-anomaly", Title: "Cost Explorer sees an anomaly"},
	{Name: "reservation", Title: "Cost Explorer recommends to reserve capacity"},
	{Name: "public-bucket", Title: "The policy of a bucket makes it public"},
	{Name: "no-access-block", Title: "A bucket has no public access block"},
	{Name: "advisor-red", Title: "Trusted Advisor has a red check"},
	{Name: "advisor-yellow", Title: "Trusted Advisor has a yellow check"},
	{Name: "advisor-silent", Title: "Trusted Advisor has no result of a check yet"},
	{Name: "no-support-plan", Title: "The account has no support plan that includes Trusted Advisor"},
	{Name: "stale-backup", Title: "There has been no backup for three days"},
	{Name: "no-backups", Title: "There is no backup at all"},
	{Name: "stuck-deletion", Title: "A table that is deleted does not go"},
	{Name: "garbled-items", Title: "Something wrote nonsense into the table"},
	{Name: "short-restore", Title: "A restored table lacks some of its items"},
	{Name: "lost-objects", Title: "The copy of the data bucket lacks an object"},
	{Name: "rule-disabled", Title: "The backup's rule is disabled"},
	{Name: "silent-alarm", Title: "The actions of an alarm are switched off"},
	{Name: "redrawn-dashboard", Title: "Somebody draws something else into every dashboard"},
	{Name: "flapping-alarm", Title: "An alarm changes its state every few minutes"},
	{Name: "throttled", Title: "Every service refuses most calls: too many requests"},
	{Name: "denied", Title: "Every call is denied"},
	{Name: "read-only", Title: "The credentials may only read"},
	{Name: "slow", Title: "Every answer takes two seconds"},
	{Name: "expired-token", Title: "The credentials have expired"},
}

// Faults lists what can be broken, and what is.
func (s *Sandbox) Faults(ctx context.Context) ([]Fault, error) {
	out := slices.Clone(faults)
	return out, s.with(ctx, func() error {
		for i := range out {
			out[i].On = s.world.Faults[out[i].Name]
		}
		return nil
	})
}

// SetFault switches a fault on or off. An unknown name is an error that lists the known ones.
func (s *Sandbox) SetFault(ctx context.Context, name string, on bool) error {
	if !slices.ContainsFunc(faults, func(f Fault) bool { return f.Name == name }) {
		names := make([]string, len(faults))
		for i, f := range faults {
			names[i] = f.Name
		}
		return procedures.Errorf(procedures.CodeInvalid, "the sandbox has no fault %q; it has %s", name, strings.Join(names, ", "))
	}
	return s.with(ctx, func() error {
		if on == s.world.Faults[name] {
			return nil
		}
		if on {
			s.world.Faults[name] = true
		} else {
			delete(s.world.Faults, name)
		}
		if name == "alarm" {
			s.world.turnAlarm(estate+"-high-error-rate", on, s.now())
		}
		s.world.Serial++
		return nil
	})
}

// alarming is the number of errors in five minutes that raises the alarm.
const alarming = 37.0

// turnAlarm raises or clears an alarm and writes its history.
func (w *world) turnAlarm(name string, on bool, now time.Time) {
	a := w.Alarms[name]
	if a == nil {
		return
	}
	state, reason := "OK", "Threshold Crossed: 1 out of the last 1 datapoints [0.0 (%s)] was not greater than the threshold (%.1f) (minimum 1 datapoint for ALARM -> OK transition)."
	if on {
		state, reason = "ALARM", "Threshold Crossed: 1 out of the last 1 datapoints ["+fmt.Sprintf("%.1f", alarming)+" (%s)] was greater than the threshold (%.1f) (minimum 1 datapoint for OK -> ALARM transition)."
	}
	w.setAlarm(a, state, fmt.Sprintf(reason, now.Add(-5*time.Minute).Format("02/01/06 15:04:05"), a.Threshold), now)
}

func (w *world) setAlarm(a *alarm, state, reason string, now time.Time) {
	if a.State != state {
		w.Changes = append(w.Changes, alarmChange{Alarm: a.Name, From: a.State, To: state, Reason: reason, At: now})
	}
	a.State, a.Reason, a.Updated = state, reason, now
}

// serviceError is an error as a service answers it.
type serviceError struct {
	Code    string
	Message string
	Status  int // of HTTP
}

func (e *serviceError) Error() string { return e.Code + ": " + e.Message }

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
	case s.world.Faults["denied"] && !(r.service.Name == "sts" && r.operation == "GetCallerIdentity"):
		return denied(r, w)
	case s.world.Faults["read-only"] && knowledge.Of(r.service.Name, r.op.Name).Effect.Changes():
		return denied(r, w)
	case s.world.Faults["throttled"]:
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
	w := words{"ExpiredTokenException", "The security token included in the request is expired", "ThrottlingException", "Rate exceeded", "AccessDeniedException", http.StatusBadRequest, http.StatusBadRequest}
	switch {
	case s.Name == "s3":
		return words{"ExpiredToken", "The provided token has expired.", "SlowDown", "Please reduce your request rate.", "AccessDenied", http.StatusBadRequest, http.StatusServiceUnavailable}
	case slices.Contains(s.Protocols, protocol.EC2):
		return words{"RequestExpired", "Request has expired.", "RequestLimitExceeded", "Request limit exceeded.", "UnauthorizedOperation", http.StatusBadRequest, http.StatusServiceUnavailable}
	case slices.Contains(s.Protocols, protocol.Query), slices.Contains(s.Protocols, protocol.RestXML):
		return words{"ExpiredToken", "The security token included in the request is expired", "Throttling", "Rate exceeded", "AccessDenied", http.StatusForbidden, http.StatusBadRequest}
	case s.Name == "lambda":
		w.throttled, w.throttledStatus = "TooManyRequestsException", http.StatusTooManyRequests
	case slices.Contains(s.Protocols, protocol.RestJSON):
		w.expiredStatus, w.throttledStatus = http.StatusForbidden, http.StatusTooManyRequests
	}
	return w
}

func denied(r *request, w words) error {
	action, _ := iam.Action(r.service, r.op)
	if action == "" {
		action = r.service.SigningName + ":" + r.operation
	}
	says := fmt.Sprintf("User: %s is not authorized to perform: %s because no identity-based policy allows the %s action", callerARN, action, action)
	if w.denied == "UnauthorizedOperation" {
		says = "You are not authorized to perform this operation. " + says
	}
	return refuse(http.StatusForbidden, w.denied, "%s", says)
}
