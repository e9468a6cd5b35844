package accounts

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Exit statuses of the AWS CLI that package bind names, too: what a service answered, and everything else.
const (
	exitNone    = 253 // there are none
	exitService = 254
	exitGeneral = 255
)

// Error is why credentials cannot be had: in the AWS CLI's words, with its exit status, and with what a person can do.
type Error struct {
	Message string
	Status  int
	Code    string // of a service that refused; empty otherwise
	Advice  string
	Err     error
}

// Error implements error.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// problem is what is wrong with a profile. command is what mends it on the server; without one it is the file.
func problem(profile, command, format string, args ...any) *Error {
	advice := fmt.Sprintf("Correct the profile %s in %s.", profile, ConfigFile())
	if command != "" {
		advice = "On the server: " + command + " --profile " + profile
	}
	return &Error{Message: fmt.Sprintf(format, args...), Status: exitGeneral, Advice: advice}
}

// loginExpired is what botocore says of a session of `aws login` that is over.
const loginExpired = "Your session has expired or credentials have changed. Please reauthenticate using 'aws login'."

// Worded says why credentials could not be retrieved; nil where it is only known that there are none. profile is whose
// they are.
func Worded(err error, e procedures.Environment, profile, region string) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	var api smithy.APIError
	var operation *smithy.OperationError
	name := profile
	if name == "" {
		name = "default"
	}
	errors.As(err, &operation)
	if errors.As(err, &api) && operation != nil {
		called := operation.OperationName
		if called == "GetRoleCredentials" && strings.HasPrefix(api.ErrorCode(), "Unauthorized") {
			return &Error{Message: ssoExpired, Status: exitGeneral, Advice: "On the server: aws sso login --profile " + name, Err: err}
		}
		return &Error{
			Message: fmt.Sprintf("An error occurred (%s) when calling the %s operation: %s", api.ErrorCode(), called, api.ErrorMessage()),
			Status:  exitService, Code: api.ErrorCode(), Advice: roleAdvice(api, e, name, region), Err: err,
		}
	}
	if text := fmt.Sprint(err); strings.Contains(text, "login token") || strings.Contains(text, "oauth2 token") {
		return &Error{Message: loginExpired, Status: exitGeneral, Advice: "On the server: aws login --profile " + name, Err: err}
	}
	var address *url.Error
	if errors.As(err, &address) && operation != nil && (operation.ServiceID == "STS" || operation.ServiceID == "SSO") {
		return &Error{
			Message: fmt.Sprintf("Could not connect to the endpoint URL: %q", address.URL), Status: exitGeneral,
			Advice: "Check that the server reaches this address, and the environment's endpoint and region.", Err: err,
		}
	}
	var missing *fs.PathError // of AWS_WEB_IDENTITY_TOKEN_FILE
	if errors.As(err, &missing) && errors.Is(err, fs.ErrNotExist) {
		return &Error{
			Message: fmt.Sprintf("[Errno 2] No such file or directory: '%s'", missing.Path), Status: exitGeneral,
			Advice: "Correct the variable or the profile that names this file, or put it there.", Err: err,
		}
	}
	if text := fmt.Sprint(err); strings.Contains(text, "SSO") || strings.Contains(text, "InvalidGrant") {
		return &Error{
			Message: "Error when retrieving token from sso: Token has expired and refresh failed", Status: exitGeneral,
			Advice: "On the server: aws sso login --profile " + name, Err: err,
		}
	}
	return nil
}

// roleAdvice says what to do where STS refused to give the credentials of a role.
func roleAdvice(api smithy.APIError, e procedures.Environment, profile, region string) string {
	code, said := api.ErrorCode(), api.ErrorMessage()
	denied := strings.HasPrefix(code, "AccessDenied")
	role := "the role"
	if e.Role != "" {
		role = "the role " + e.Role
	}
	switch {
	case refusesTags(api):
		return "Session tags tell CloudTrail the run and the procedure. Allow the action sts:TagSession beside " +
			"sts:AssumeRole in the trust policy of " +
			role + ", or write session_tags: false in the environment " + e.Name + "."
	case denied && strings.Contains(said, "sts:SetSourceIdentity"):
		return "Allow the action sts:SetSourceIdentity beside sts:AssumeRole in the trust policy of " + role +
			", or write source_identity: false in the environment " + e.Name + "."
	case denied && e.ExternalID != "":
		return "The trust policy of " + role +
			" has to name who calls, and its sts:ExternalId has to be the external_id of the environment " +
			e.Name + "."
	case denied:
		return "The trust policy of " + role +
			" has to name who calls, and a policy of the caller has to allow sts:AssumeRole. Where the trust " +
			"policy asks for an sts:ExternalId, write it as external_id in the environment."
	case strings.HasPrefix(code, "ExpiredToken"):
		command := "aws login"
		if signedIn(profile) {
			command = "aws sso login"
		}
		return "The credentials with which the role is assumed have expired. Renew them on the server: " + command + " --profile " + profile
	case code == "RegionDisabledException":
		return "Activate STS for the region " + region + " in IAM's account settings, or name another region for the environment."
	case code == "InvalidClientTokenId" || code == "UnrecognizedClientException" || code == "SignatureDoesNotMatch":
		return "The access key with which the role is assumed does not exist, is deactivated, or is another account's or endpoint's. " +
			"Correct it on the server: aws configure --profile " + profile
	case code == "ValidationError":
		return "Correct role, external_id or the profile of the environment " + e.Name + "."
	}
	return ""
}
