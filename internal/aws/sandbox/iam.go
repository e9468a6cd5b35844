package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/aws/iam"
	"github.com/opsbook/opsbook/internal/document"
)

// callerARN is who calls.
const callerARN = "arn:aws:iam::" + accountID + ":user/opsbook"

var stsHandlers = map[string]handler{
	"sts GetCallerIdentity": {"", func(*Sandbox, *request) (*document.Object, error) {
		return obj("UserId", "AIDASANDBOXOPSBOOK01", "Account", accountID, "Arn", callerARN), nil
	}},
}

var iamHandlers = map[string]handler{
	"iam GenerateCredentialReport": {"", generateReport},
	"iam GetCredentialReport":      {"", getReport},
	"iam ListUsers":                {"PathPrefix Marker MaxItems", listUsers},
	"iam GetUser":                  {"UserName", getUser},
	"iam ListAccessKeys":           {"UserName Marker MaxItems", listAccessKeys},
	"iam GetAccessKeyLastUsed":     {"AccessKeyId", accessKeyLastUsed},
	"iam ListMFADevices":           {"UserName Marker MaxItems", listMFADevices},
	"iam SimulatePrincipalPolicy":  {"PolicySourceArn ActionNames ResourceArns", simulatePolicy},
	"iam ListAccountAliases": {"Marker MaxItems", func(*Sandbox, *request) (*document.Object, error) {
		return obj("AccountAliases", document.List{estate}, "IsTruncated", false), nil
	}},
}

// simulatePolicy decides as the account's calls are decided: everything is allowed, unless a fault says otherwise.
func simulatePolicy(s *Sandbox, r *request) (*document.Object, error) {
	if arn := text(r.input, "PolicySourceArn"); arn != callerARN {
		return nil, refuse(http.StatusNotFound, "NoSuchEntity", "The entity with ARN %s cannot be found.", arn)
	}
	resource := "*"
	if v, _ := r.input.Get("ResourceArns"); v != nil {
		if arns, ok := v.(document.List); ok && len(arns) > 0 {
			resource = fmt.Sprint(arns[0])
		}
	}
	actions, _ := r.input.Get("ActionNames")
	names, _ := actions.(document.List)
	return obj("EvaluationResults", list(names, func(name any) any {
		decision := "allowed"
		if action := fmt.Sprint(name); s.world.Faults["denied"] || s.world.Faults["read-only"] && iam.LevelOf(action) != iam.Read && iam.LevelOf(action) != iam.List {
			decision = "implicitDeny"
		}
		return obj("EvalActionName", name, "EvalResourceName", resource, "EvalDecision", decision, "MatchedStatements", document.List{}, "MissingContextValues", document.List{})
	}), "IsTruncated", false), nil
}

type user struct {
	name     string
	created  time.Duration // before the world began
	password bool
	mfa      bool
	keyAge   time.Duration // 0: no key
	keyUsed  time.Duration // before now; 0: never
}

// users of the account: young keys and MFA for everybody, unless a fault says otherwise.
func (s *Sandbox) users() []user {
	const day = 24 * time.Hour
	all := []user{
		{"deploy", 700 * day, false, false, 41 * day, 3 * time.Hour},
		{"oncall", 600 * day, true, true, 0, 0},
		{"opsbook", 120 * day, false, false, 20 * day, 5 * time.Minute},
	}
	if s.world.Faults["old-keys"] {
		all[0].keyAge = 400 * day
	}
	if s.world.Faults["no-mfa"] {
		all[1].mfa = false
	}
	return all
}

// createdAt is a day, which stays the same.
func (s *Sandbox) createdAt(u user) time.Time {
	return s.world.Born.Add(-u.created).Truncate(24 * time.Hour)
}

func (u user) keyID() string { return "AKIAIOSFODNN7" + strings.ToUpper(hash128(u.name))[:7] }

const reportHeader = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated"

func (s *Sandbox) report(now time.Time) string {
	stamp := func(t time.Time) string { return t.UTC().Truncate(time.Second).Format("2006-01-02T15:04:05+00:00") }
	rootKey, rotated := "false", "N/A"
	if s.world.Faults["root-key"] {
		rootKey, rotated = "true", stamp(now.AddDate(-2, 0, 0))
	}
	rows := []string{reportHeader, fmt.Sprintf("<root_account>,arn:aws:iam::%s:root,2023-03-14T09:00:00+00:00,not_supported,%s,not_supported,not_supported,true,%s,%s,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A", accountID, stamp(now.AddDate(0, -5, 0)), rootKey, rotated)}
	for _, u := range s.users() {
		password := "false,N/A,N/A,N/A"
		if u.password {
			password = fmt.Sprintf("true,%s,%s,N/A", stamp(now.Add(-20*time.Hour)), stamp(now.AddDate(0, -2, 0)))
		}
		key := "false,N/A,N/A,N/A,N/A"
		if u.keyAge > 0 {
			key = fmt.Sprintf("true,%s,%s,%s,dynamodb", stamp(now.Add(-u.keyAge)), stamp(now.Add(-u.keyUsed)), region)
		}
		rows = append(rows, fmt.Sprintf("%s,arn:aws:iam::%s:user/%s,%s,%s,%t,%s,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A", u.name, accountID, u.name, stamp(s.createdAt(u)), password, u.mfa, key))
	}
	return strings.Join(rows, "\n")
}

// reportLasts is how long a report is kept.
const reportLasts = 4 * time.Hour

func generateReport(s *Sandbox, r *request) (*document.Object, error) {
	asked := s.world.Report.Asked
	switch age := r.now.Sub(asked); {
	case asked.IsZero() || age > reportLasts:
		s.world.Report.Asked = r.now
		s.world.Serial++
		return obj("State", "STARTED", "Description", "No report exists. Starting a new report generation task"), nil
	case age < settling:
		return obj("State", "INPROGRESS", "Description", "Report generation in progress"), nil
	}
	return obj("State", "COMPLETE"), nil
}

func getReport(s *Sandbox, r *request) (*document.Object, error) {
	asked := s.world.Report.Asked
	switch age := r.now.Sub(asked); {
	case asked.IsZero():
		return nil, refuse(http.StatusGone, "ReportNotPresent", "No report is available. Use GenerateCredentialReport to generate one")
	case age > reportLasts:
		return nil, refuse(http.StatusGone, "ReportExpired", "The report has expired. Use GenerateCredentialReport to generate a new one")
	case age < settling:
		return nil, refuse(http.StatusNotFound, "ReportInProgress", "The report is being generated")
	}
	return obj("Content", []byte(s.report(asked)), "ReportFormat", "text/csv", "GeneratedTime", asked), nil
}

func (s *Sandbox) userDocument(u user, now time.Time) *document.Object {
	o := obj("Path", "/", "UserName", u.name, "UserId", "AIDA"+strings.ToUpper(hash128(u.name))[:17], "Arn", fmt.Sprintf("arn:aws:iam::%s:user/%s", accountID, u.name), "CreateDate", s.createdAt(u))
	if u.password {
		o.Set("PasswordLastUsed", now.Add(-20*time.Hour).Truncate(time.Second))
	}
	return o
}

var iamPaging = paging{"Marker", "MaxItems", 1000, serviceError{"ValidationError", "Invalid Marker.", http.StatusBadRequest}}

func listUsers(s *Sandbox, r *request) (*document.Object, error) {
	all := s.users()
	if p := text(r.input, "PathPrefix"); p != "" && p != "/" {
		all = nil // everybody is at /
	}
	page, next, err := cut(r, all, iamPaging)
	if err != nil {
		return nil, err
	}
	return obj("Users", list(page, func(u user) any { return s.userDocument(u, r.now) }), "IsTruncated", next != nil, "Marker", next), nil
}

// user finds the one that a call names, else the caller.
func (s *Sandbox) user(r *request) (user, error) {
	name := text(r.input, "UserName")
	if name == "" {
		name = "opsbook"
	}
	for _, u := range s.users() {
		if u.name == name {
			return u, nil
		}
	}
	return user{}, refuse(http.StatusNotFound, "NoSuchEntity", "The user with name %s cannot be found.", name)
}

func getUser(s *Sandbox, r *request) (*document.Object, error) {
	u, err := s.user(r)
	if err != nil {
		return nil, err
	}
	return obj("User", s.userDocument(u, r.now)), nil
}

func listAccessKeys(s *Sandbox, r *request) (*document.Object, error) {
	u, err := s.user(r)
	if err != nil {
		return nil, err
	}
	out := document.List{}
	if u.keyAge > 0 {
		out = append(out, obj("UserName", u.name, "AccessKeyId", u.keyID(), "Status", "Active", "CreateDate", r.now.Add(-u.keyAge).Truncate(time.Second)))
	}
	return obj("AccessKeyMetadata", out, "IsTruncated", false), nil
}

func accessKeyLastUsed(s *Sandbox, r *request) (*document.Object, error) {
	for _, u := range s.users() {
		if u.keyAge > 0 && u.keyID() == text(r.input, "AccessKeyId") {
			return obj("UserName", u.name, "AccessKeyLastUsed", obj("LastUsedDate", r.now.Add(-u.keyUsed).Truncate(time.Minute), "ServiceName", "dynamodb", "Region", region)), nil
		}
	}
	return nil, refuse(http.StatusNotFound, "NoSuchEntity", "The Access Key with id %s cannot be found.", text(r.input, "AccessKeyId"))
}

func listMFADevices(s *Sandbox, r *request) (*document.Object, error) {
	u, err := s.user(r)
	if err != nil {
		return nil, err
	}
	out := document.List{}
	if u.mfa {
		out = append(out, obj("UserName", u.name, "SerialNumber", fmt.Sprintf("arn:aws:iam::%s:mfa/%s", accountID, u.name), "EnableDate", s.createdAt(u)))
	}
	return obj("MFADevices", out, "IsTruncated", false), nil
}
