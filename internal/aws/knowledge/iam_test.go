package knowledge_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// report is a credential report of some users.
func report(rows ...string) string {
	header := "user,password_enabled,password_last_used,mfa_active,access_key_1_active," +
		"access_key_1_last_rotated,access_key_1_last_used_date"
	return `{"Content":"` + base64.StdEncoding.EncodeToString([]byte(header+"\n"+strings.Join(rows, "\n")+"\n")) + `"}`
}

const (
	rootFine = "<root_account>,not_supported,2026-06-24T08:02:00+00:00,true,false,N/A,N/A"
	userFine = "deploy,false,N/A,false,true,2026-10-14T08:02:00+00:00,2026-11-24T05:02:00+00:00"
)

func TestIAMVerdicts(t *testing.T) {
	judged(t, []verdictCase{
		{
			"iam GetCredentialReport", `{}`, report(rootFine, userFine), procedures.Passed,
			"1 user: no key older than 90 days, MFA wherever there is a password.",
		},
		{
			"iam GetCredentialReport", `{}`, report(rootFine,
				"deploy,false,N/A,false,true,2025-10-20T08:02:00+00:00,2026-11-24T05:02:00+00:00"), procedures.Warned,
			"deploy has a key of 400 days.",
		},
		{
			"iam GetCredentialReport", `{}`, report(rootFine,
				"deploy,false,N/A,false,true,2026-10-14T08:02:00+00:00,2026-07-27T08:02:00+00:00"), procedures.Warned,
			"deploy has a key that was not used for 120 days.",
		},
		{
			"iam GetCredentialReport", `{}`, report(rootFine,
				"deploy,false,N/A,false,true,2026-10-14T08:02:00+00:00,N/A"), procedures.Warned, "deploy has a key that was never used.",
		},
		{
			"iam GetCredentialReport", `{}`, report(rootFine,
				"oncall,true,2026-11-23T08:02:00+00:00,false,false,N/A,N/A"), procedures.Warned,
			"oncall has a console password and no MFA.",
		},
		{
			"iam GetCredentialReport", `{}`, report(rootFine, "oncall,true,no_information,true,false,N/A,N/A"),
			procedures.Warned, "oncall has a console password that was never used.",
		},
		{
			"iam GetCredentialReport", `{}`,
			report("<root_account>,not_supported,N/A,true,true,2024-11-24T08:02:00+00:00,N/A", userFine),
			procedures.Failed, "the root user has an access key.",
		},
		{
			"iam GetCredentialReport", `{}`, report("<root_account>,not_supported,N/A,false,false,N/A,N/A", userFine),
			procedures.Failed, "the root user has no MFA.",
		},
		{"iam GetCredentialReport", `{}`, `{"Content":"%"}`, procedures.NoData, "cannot be read"},
		{"iam GenerateCredentialReport", `{}`, `{"State":"STARTED"}`, procedures.Info, "STARTED: wait before you read it"},
		{"iam GenerateCredentialReport", `{}`, `{"State":"COMPLETE"}`, procedures.Info, "The report is there."},
		{"iam ListPolicies", `{}`, `{"Policies":[{}]}`, procedures.Info, "The answer has 1 policy."},
	})
}

func TestIAMResources(t *testing.T) {
	listed(t, []resourceCase{
		{"users", "iam GetCredentialReport", `{}`, report(rootFine, userFine,
			"oncall,true,2026-11-23T12:02:00+00:00,false,false,N/A,N/A",
			"old,false,N/A,false,true,2025-10-20T08:02:00+00:00,2026-05-01T08:02:00+00:00",
			"fresh,true,no_information,true,true,2026-11-20T08:02:00+00:00,N/A",
			"away,true,2026-04-01T08:02:00+00:00,true,false,N/A,N/A"), nil, []string{
			"pass User <root_account>:  [Console=used 153 days ago MFA=yes Access keys=none]",
			"pass User deploy:  [Console=none MFA=no Access keys=41 days old, used 3 h ago]",
			"warn User oncall: has a console password and no MFA [Console=used 20 h ago MFA=no Access keys=none]",
			"warn User old: has a key of 400 days, has a key that was not used for 207 days [Console=none MFA=no " +
				"Access keys=400 days old, used 207 days ago]",
			"warn User fresh: has a key that was never used, has a console password that was never used " +
				"[Console=never used MFA=yes Access keys=4 days old, never used]",
			"warn User away: has a console password that was not used for 237 days [Console=used 237 days ago MFA=yes Access keys=none]",
		}},
		{"users, by the page's limits", "iam GetCredentialReport", `{}`, report(rootFine, userFine),
			map[string]string{"OPSBOOK_KEY_DAYS": "30", "OPSBOOK_IDLE_DAYS": "0.1"}, []string{
				"pass User <root_account>:  [Console=used 153 days ago MFA=yes Access keys=none]",
				"warn User deploy: has a key of 41 days, has a key that was not used for 3 h [Console=none MFA=no Access " +
					"keys=41 days old, used 3 h ago]",
			}},
		{"a root key", "iam GetCredentialReport", `{}`,
			report("<root_account>,not_supported,no_information,false,true,2024-11-24T08:02:00+00:00,N/A"), nil, []string{
				"fail User <root_account>: has an access key, has no MFA [Console=never used MFA=no Access keys=730 days old, never used]",
			}},
		{"no report", "iam GetCredentialReport", `{}`, `{"Content":"!"}`, nil, nil},
	})
}

func TestIAMRollbacks(t *testing.T) {
	rolledBack(t, []rollbackCase{
		{
			"an access key",
			"iam update-access-key --user-name u --access-key-id AKIAIOSFODNN7EXAMPLE --status Inactive",
			`{"AccessKeyId":"AKIAIOSFODNN7EXAMPLE","Status":"Active"}`, []string{"Status: Active -> Inactive"},
			"aws iam update-access-key --user-name u --access-key-id AKIAIOSFODNN7EXAMPLE --status Active",
		},
		{
			"a policy that is attached",
			"iam attach-role-policy --role-name r --policy-arn arn:aws:iam::aws:policy/ReadOnlyAccess",
			`{"AttachedPolicies":[{"PolicyName":"ReadOnlyAccess","PolicyArn":"arn:aws:iam::aws:policy/ReadOnlyAccess"}]}`,
			nil, "the policy was attached " +
				"before already",
		},
		{
			"a policy", "iam attach-role-policy --role-name r --policy-arn arn:aws:iam::aws:policy/ReadOnlyAccess",
			`{"AttachedPolicies":[]}`,
			[]string{"AttachedPolicies[arn:aws:iam::aws:policy/ReadOnlyAccess]:  -> attached"},
			"aws iam detach-role-policy --role-name r --policy-arn arn:aws:iam::aws:policy/ReadOnlyAccess",
		},
	})
}

func TestIAMReadings(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"iam GetAccountSummary", `{}`,
			`{"SummaryMap":{"AccountMFAEnabled":1,"AccountAccessKeysPresent":0}}`,
			procedures.Passed, "root: MFA, no access key.",
		},
		{
			"iam GetAccountSummary", `{}`,
			`{"SummaryMap":{"AccountMFAEnabled":0,"AccountAccessKeysPresent":0}}`,
			procedures.Failed, "root: no MFA.",
		},
		{
			"iam GetAccountSummary", `{}`,
			`{"SummaryMap":{"AccountMFAEnabled":1,"AccountAccessKeysPresent":1}}`,
			procedures.Failed, "root: an access key.",
		},
		{
			"iam ListAccessKeys", `{}`,
			`{"AccessKeyMetadata":[{"UserName":"ana","AccessKeyId":"AKIAEXAMPLE","Status":"Active",` +
				`"CreateDate":"2026-11-01T00:00:00+00:00"}]}`,
			procedures.Passed, "ana: a key of 23 days.",
		},
		{
			"iam ListAccessKeys", `{}`,
			`{"AccessKeyMetadata":[{"UserName":"ana","AccessKeyId":"AKIAEXAMPLE","Status":"Active",` +
				`"CreateDate":"2026-04-26T00:00:00+00:00"}]}`,
			procedures.Warned, "ana: a key of 212 days",
		},
		{
			"iam ListMFADevices", `{"UserName":"ana"}`,
			`{"MFADevices":[{"UserName":"ana","EnableDate":"2026-04-26T00:00:00+00:00"}]}`,
			procedures.Passed, "ana: enabled on 26 April 2026.",
		},
		{"iam ListMFADevices", `{"UserName":"ana"}`, `{"MFADevices":[]}`, procedures.Warned, "ana: there is no MFA device."},
		{
			"iam SimulatePrincipalPolicy", `{"ActionNames":["s3:GetObject"]}`,
			`{"EvaluationResults":[{"EvalActionName":"s3:GetObject","EvalDecision":"allowed"}]}`,
			procedures.Passed, "s3:GetObject: allowed.",
		},
		{
			"iam SimulatePrincipalPolicy", `{"ActionNames":["s3:GetObject"]}`,
			`{"EvaluationResults":[{"EvalActionName":"s3:GetObject","EvalDecision":"implicitDeny"}]}`,
			procedures.Failed, "s3:GetObject: implicitDeny.",
		},
		{
			"iam SimulatePrincipalPolicy", `{"ActionNames":["s3:GetObject"]}`,
			`{"EvaluationResults":[{"EvalActionName":"s3:GetObject","EvalDecision":"allowed",` +
				`"MissingContextValues":["aws:SourceIp"]}]}`,
			procedures.Warned, "aws:SourceIp is not known",
		},
	})
}
