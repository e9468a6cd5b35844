package sandbox

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

var stsHandlers = map[string]handler{
	"sts GetCallerIdentity": func(*Sandbox, *request) (*document.Object, error) {
		return obj("UserId", "AIDASANDBOXOPSBOOK01", "Account", accountID, "Arn", fmt.Sprintf("arn:aws:iam::%s:user/opsbook", accountID)), nil
	},
}

var iamHandlers = map[string]handler{
	"iam GenerateCredentialReport": generateReport,
	"iam GetCredentialReport":      getReport,
	"iam ListUsers":                listUsers,
	"iam ListAccessKeys":           listAccessKeys,
	"iam GetUser":                  getUser,
	"iam ListAccountAliases": func(*Sandbox, *request) (*document.Object, error) {
		return obj("AccountAliases", document.List{estate}, "IsTruncated", false), nil
	},
}

type user struct {
	name     string
	created  time.Duration // before now
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
		rows = append(rows, fmt.Sprintf("%s,arn:aws:iam::%s:user/%s,%s,%s,%t,%s,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A", u.name, accountID, u.name, stamp(now.Add(-u.created)), password, u.mfa, key))
	}
	return strings.Join(rows, "\n")
}

func generateReport(s *Sandbox, r *request) (*document.Object, error) {
	asked := s.world.Report.Asked
	switch age := r.now.Sub(asked); {
	case asked.IsZero() || age > 4*time.Hour:
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
	switch {
	case asked.IsZero():
		return nil, refuse(http.StatusGone, "ReportNotPresent", "No report is available. Use GenerateCredentialReport to generate one")
	case r.now.Sub(asked) < settling:
		return nil, refuse(http.StatusNotFound, "ReportInProgress", "The report is being generated")
	}
	return obj("Content", []byte(s.report(asked)), "ReportFormat", "text/csv", "GeneratedTime", asked), nil
}

func userDocument(u user, now time.Time) *document.Object {
	return obj("Path", "/", "UserName", u.name, "UserId", "AIDA"+strings.ToUpper(hash128(u.name))[:17], "Arn", fmt.Sprintf("arn:aws:iam::%s:user/%s", accountID, u.name), "CreateDate", now.Add(-u.created).Truncate(24*time.Hour))
}

func listUsers(s *Sandbox, r *request) (*document.Object, error) {
	return obj("Users", list(s.users(), func(u user) any { return userDocument(u, r.now) }), "IsTruncated", false), nil
}

func getUser(s *Sandbox, r *request) (*document.Object, error) {
	name := text(r.input, "UserName")
	if name == "" {
		name = "opsbook"
	}
	for _, u := range s.users() {
		if u.name == name {
			return obj("User", userDocument(u, r.now)), nil
		}
	}
	return nil, refuse(http.StatusNotFound, "NoSuchEntity", "The user with name %s cannot be found.", name)
}

func listAccessKeys(s *Sandbox, r *request) (*document.Object, error) {
	out := document.List{}
	for _, u := range s.users() {
		if u.keyAge > 0 && (u.name == text(r.input, "UserName") || text(r.input, "UserName") == "" && u.name == "opsbook") {
			out = append(out, obj("UserName", u.name, "AccessKeyId", "AKIAIOSFODNN7"+strings.ToUpper(hash128(u.name))[:7], "Status", "Active", "CreateDate", r.now.Add(-u.keyAge).Truncate(time.Second)))
		}
	}
	return obj("AccessKeyMetadata", out, "IsTruncated", false), nil
}

var ecrHandlers = map[string]handler{"ecr DescribeImageScanFindings": scanFindings, "ecr DescribeRepositories": describeRepositories, "ecr GetAuthorizationToken": authorizationToken}

func authorizationToken(_ *Sandbox, r *request) (*document.Object, error) {
	token := base64.StdEncoding.EncodeToString([]byte("AWS:sandbox-" + hash128("registry", r.now.Truncate(time.Hour).String())))
	return obj("authorizationData", document.List{obj("authorizationToken", token, "expiresAt", r.now.Add(12*time.Hour).Truncate(time.Second), "proxyEndpoint", fmt.Sprintf("https://%s.dkr.ecr.%s.amazonaws.com", accountID, region))}), nil
}

const repository = estate + "-app-production"

func describeRepositories(s *Sandbox, _ *request) (*document.Object, error) {
	return obj("repositories", document.List{obj("repositoryArn", fmt.Sprintf("arn:aws:ecr:%s:%s:repository/%s", region, accountID, repository), "registryId", accountID, "repositoryName", repository, "repositoryUri", fmt.Sprintf("%s.dkr.ecr.%s.amazonaws.com/%s", accountID, region, repository), "createdAt", s.world.Tables[estate+"-topology"].created(), "imageTagMutability", "MUTABLE")}), nil
}

func scanFindings(s *Sandbox, r *request) (*document.Object, error) {
	name, image := text(r.input, "repositoryName"), member(r.input, "imageId")
	if name != repository {
		return nil, refuse(http.StatusBadRequest, "RepositoryNotFoundException", "The repository with name '%s' does not exist in the registry with id '%s'", name, accountID)
	}
	tag := text(image, "imageTag")
	if tag != "" && tag != "latest" {
		return nil, refuse(http.StatusBadRequest, "ImageNotFoundException", "The image with imageId {imageDigest:'null', imageTag:'%s'} does not exist within the repository with name '%s' in the registry with id '%s'", tag, name, accountID)
	}
	findings, counts := document.List{}, &document.Object{}
	if s.world.Faults["critical-finding"] {
		findings = append(findings, obj("name", "CVE-2026-31337", "description", "A crafted archive writes outside its folder.", "uri", "https://nvd.nist.gov/vuln/detail/CVE-2026-31337", "severity", "CRITICAL", "attributes", document.List{obj("key", "package_name", "value", "libarchive"), obj("key", "package_version", "value", "3.6.2-1")}))
		counts.Set("CRITICAL", int64(1))
	}
	done := r.now.Add(-20 * time.Hour).Truncate(time.Minute)
	if tag == "" {
		tag = "latest"
	}
	return obj(
		"registryId", accountID, "repositoryName", name, "imageId", obj("imageDigest", "sha256:"+hash128(name)+hash128(tag), "imageTag", tag),
		"imageScanStatus", obj("status", "COMPLETE", "description", "The scan was completed successfully."),
		"imageScanFindings", obj("imageScanCompletedAt", done, "vulnerabilitySourceUpdatedAt", done.Add(-9*time.Hour), "findings", findings, "findingSeverityCounts", counts),
	), nil
}

var cloudtrailHandlers = map[string]handler{"cloudtrail LookupEvents": lookupEvents}

func (s *Sandbox) trail(now time.Time) []trailEvent {
	day := 24 * time.Hour
	at := now.Truncate(time.Hour)
	events := []trailEvent{
		{"ConsoleLogin", "signin.amazonaws.com", "oncall", "", "", at.Add(-20 * time.Hour), false},
		{"UpdateFunctionCode20150331v2", "lambda.amazonaws.com", "deploy", estate + "-api-production", "AWS::Lambda::Function", at.Add(-6 * day), false},
		{"CreateBackup", "dynamodb.amazonaws.com", "backup", estate + "-topology", "AWS::DynamoDB::Table", at.Add(-7 * time.Hour), false},
		{"AssumeRole", "sts.amazonaws.com", "lambda.amazonaws.com", estate + "-lambda", "AWS::IAM::Role", at.Add(-2 * time.Hour), true},
	}
	if s.world.Faults["bucket-deleted"] {
		events = append(events, trailEvent{"DeleteBucket", "s3.amazonaws.com", "contractor", estate + "-archive-2022", "AWS::S3::Bucket", at.Add(-27 * time.Hour), false})
	}
	return append(events, s.world.Trail...)
}

func lookupEvents(s *Sandbox, r *request) (*document.Object, error) {
	from, hasFrom := moment(r.input, "StartTime")
	to, hasTo := moment(r.input, "EndTime")
	limit := integer(r.input, "MaxResults", 50)
	out := document.List{}
	all := s.trail(r.now)
	for i := len(all) - 1; i >= 0 && int64(len(out)) < limit; i-- {
		e := all[i]
		if hasFrom && e.At.Before(from) || hasTo && e.At.After(to) || !lookedUp(e, objects(r.input, "LookupAttributes")) {
			continue
		}
		out = append(out, e.document())
	}
	return obj("Events", out), nil
}

func lookedUp(e trailEvent, attributes []*document.Object) bool {
	for _, a := range attributes {
		have := map[string]string{"EventName": e.Name, "Username": e.User, "ResourceName": e.Resource, "ResourceType": e.Type, "EventSource": e.Source, "ReadOnly": fmt.Sprint(e.ReadOnly)}
		if v, known := have[text(a, "AttributeKey")]; known && v != text(a, "AttributeValue") {
			return false
		}
	}
	return true
}

func (e trailEvent) document() *document.Object {
	id := uuid("event", e.Name, e.At.String())
	resources := document.List{}
	if e.Resource != "" {
		resources = append(resources, obj("ResourceType", e.Type, "ResourceName", e.Resource))
	}
	detail := obj("eventVersion", "1.11", "eventTime", e.At.Format(time.RFC3339), "eventSource", e.Source, "eventName", e.Name, "awsRegion", region, "sourceIPAddress", "198.51.100.24", "eventID", id, "recipientAccountId", accountID)
	body, err := document.Marshal(detail)
	if err != nil {
		body = nil
	}
	return obj("EventId", id, "EventName", e.Name, "ReadOnly", fmt.Sprint(e.ReadOnly), "AccessKeyId", "ASIAEXAMPLEKEY000001", "EventTime", e.At, "EventSource", e.Source, "Username", e.User, "Resources", resources, "CloudTrailEvent", string(body))
}
