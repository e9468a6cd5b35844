package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestSSMRollbacks(t *testing.T) {
	rolledBack(t, []rollbackCase{
		{
			"a parameter", "ssm put-parameter --name /a --value 2 --overwrite",
			`{"Name":"/a","Type":"String","Value":"1","Version":3}`, []string{"Value: 1 -> 2"},
			"aws ssm put-parameter --name /a --value 1 --type String --overwrite",
		},
		{
			"a secure parameter is not shown",
			"ssm put-parameter --name /a --value hunter2 --type SecureString --overwrite",
			`{"Name":"/a","Type":"SecureString","Value":"AQICAHh"}`,
			[]string{"Value: (not shown) -> another value (not shown)"},
			"its value from before is encrypted and is not read here; AWS keeps it as the version before",
		},
	})
}

func TestSSMVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"ssm DescribeInstanceInformation", `{}`,
			`{"InstanceInformationList":[{"InstanceId":"i-0ab","PingStatus":"Online"}]}`,
			procedures.Passed, "i-0ab: Online.",
		},
		{
			"ssm DescribeInstanceInformation", `{}`,
			`{"InstanceInformationList":[{"InstanceId":"i-0ab","PingStatus":"ConnectionLost",` +
				`"LastPingDateTime":"2026-11-24T07:02:00+00:00"}]}`,
			procedures.Warned, "i-0ab: ConnectionLost since 07:02.",
		},
		{
			"ssm DescribeInstanceInformation", `{"Filters":[{"Key":"InstanceIds","Values":["i-0ab"]}]}`,
			`{"InstanceInformationList":[{"InstanceId":"i-0ab","PingStatus":"ConnectionLost",` +
				`"LastPingDateTime":"2026-11-24T07:02:00+00:00"}]}`,
			procedures.Failed, "i-0ab: ConnectionLost since 07:02.",
		},
		{
			"ssm GetCommandInvocation", `{}`,
			`{"InstanceId":"i-0ab","Status":"Success","ResponseCode":0}`,
			procedures.Passed, "i-0ab: Success.",
		},
		{
			"ssm GetCommandInvocation", `{}`,
			`{"InstanceId":"i-0ab","Status":"Failed","ResponseCode":1,"StandardErrorContent":"trying\ndisk full\n"}`,
			procedures.Failed, "i-0ab: Failed with exit 1: disk full.",
		},
		{"ssm GetCommandInvocation", `{}`, `{"InstanceId":"i-0ab","Status":"Delayed"}`, procedures.Warned, "i-0ab: Delayed."},
		{"ssm DescribeParameters", `{}`, `{"Parameters":[{"Name":"/api/url","Type":"String"}]}`, procedures.Info, "/api/url: String."},
		{
			"ssm DescribeParameters", `{}`,
			`{"Parameters":[{"Name":"/api/db-password","Type":"String"}]}`,
			procedures.Warned, "/api/db-password: named like a secret",
		},
	})
}
