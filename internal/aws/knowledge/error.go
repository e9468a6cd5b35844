package knowledge

import (
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// JudgeError judges an error of a service: most are errors, some are answers.
func (o Operation) JudgeError(code, message string) procedures.Judgement {
	if j, ok := o.errors[code]; ok {
		if j.Reason == "" {
			j.Reason = message
		}
		return j
	}
	j := procedures.Judgement{Verdict: procedures.Errored, Reason: fmt.Sprintf("%s: %s", code, message)}
	switch {
	case code == "ResourceInUseException" || code == "ResourceConflictException" || code == "TableInUseException" ||
		code == "BackupInUseException":
		j.Advice = "Another change of it is not over yet: wait until it is, then run the step again."
	// Nothing is wrong with the account's resources: what was asked for is not sold with its
	// plan.
	case code == "SubscriptionRequiredException":
		j.Verdict, j.Reason = procedures.Unavailable, message
		j.Advice = "Trusted Advisor's API needs a Business, Enterprise On-Ramp or Enterprise Support plan: " +
			"https://aws.amazon.com/premiumsupport/plans/"
	case strings.Contains(code, "AccessDenied") || code == "UnauthorizedOperation" || code == "AuthorizationError":
		j.Advice = "The identity lacks a permission: the message names the action; add it to the identity's policy."
	// Services word an expired session differently; EC2 says RequestExpired.
	case strings.Contains(code, "ExpiredToken") || code == "RequestExpired" || code == "TokenRefreshRequired":
		j.Advice = "The credentials have expired: renew them (aws sso login, or aws login), then run the step again."
	case strings.Contains(code, "Throttl") || code == "SlowDown" || strings.Contains(code, "TooManyRequests") ||
		code == "RequestLimitExceeded":
		j.Advice = "AWS refuses this many requests for now: wait a minute, then run the step again."
	case code == "SandboxNotImplemented":
		j.Verdict, j.Advice = procedures.Unavailable, "Run it on a real account."
	case code == "InvalidClientTokenId" || code == "UnrecognizedClientException" || code == "InvalidAccessKeyId":
		j.Advice = "AWS does not know this access key: check the environment's profile."
	}
	return j
}
