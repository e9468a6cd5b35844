package reveal

import (
	"encoding/base64"
	"slices"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/mask"
)

func TestSecretsOfAnswers(t *testing.T) {
	binary := base64.StdEncoding.EncodeToString([]byte("binary-secret"))
	tests := []struct {
		service, operation, answer string
		all                        bool
		secret, plain              []string
	}{
		{
			"secretsmanager", "GetSecretValue", `{"Name":"prod/db",` +
				`"SecretString":"{\"password\":\"hunter2hunter2\",\"n\":{\"pin\":90451}}",` +
				`"SecretBinary":"` + binary + `","ARN":"arn:aws:secretsmanager:x:1:secret:prod/db"}`, true,
			[]string{"hunter2hunter2", "90451", "binary-secret"},
			[]string{"prod/db", "arn:aws:secretsmanager:x:1:secret:prod/db"},
		},
		{
			"lambda", "GetFunctionConfiguration", `{"FunctionName":"api-production",` +
				`"Environment":{"Variables":{"LOG_LEVEL":"information",` +
				`"DB_PASSWORD":"hunter2hunter2","DATABASE_URL":"postgres://app:p4ssw0rd@db/app",` +
				`"PLAIN":"ghp_0123456789abcdefghijABCDEFGHIJ012345",` +
				`"BASIC_AUTH":"admin:hunter3x","TABLE":"network-topology","OLD_KEY":"AKIAIOSFODNN7EXAMPLE"}}}`, false,
			[]string{"hunter2hunter2", "p4ssw0rd", "admin:hunter3x", "ghp_0123456789abcdefghijABCDEFGHIJ012345", "AKIAIOSFODNN7EXAMPLE"},
			[]string{"api-production", "information", "network-topology"},
		},
		{
			"ecs", "DescribeTaskDefinition", `{"taskDefinition":{"containerDefinitions":[{"name":"web-container","environment":[` +
				`{"name":"API_TOKEN","value":"hunter2hunter2"},{"name":"STAGE","value":"production"},` +
				`{"name":"HOOK","value":"https://u:p4ssw0rd@h/x"}]}]}}`, false,
			[]string{"hunter2hunter2", "p4ssw0rd"}, []string{"production", "web-container"},
		},
		{
			"ssm", "GetParameters", `{"Parameters":[{"Name":"a","Type":"SecureString","Value":"hunter2hunter2"},` +
				`{"Name":"b","Type":"String","Value":"plain-value"}]}`, true, []string{"hunter2hunter2"}, []string{"plain-value"},
		},
		{
			"sts", "AssumeRole", `{"Credentials":{"AccessKeyId":"ASIAIOSFODNN7EXAMPLE","SecretAccessKey":"wJalrXUtnFEMIK7MDENG",` +
				`"SessionToken":"some-session-token"},"AssumedRoleUser":{"Arn":"arn:aws:sts::1:assumed-role/x/y"}}`, true,
			[]string{"wJalrXUtnFEMIK7MDENG", "some-session-token"}, []string{"arn:aws:sts::1:assumed-role/x/y"},
		},
		{
			"iam", "ListAccessKeys", `{"AccessKeyMetadata":[{"UserName":"ci","AccessKeyId":"AKIAIOSFODNN7EXAMPLE"}]}`, false,
			nil, []string{"AKIAIOSFODNN7EXAMPLE"},
		},
	}
	for _, test := range tests {
		t.Run(test.service+" "+test.operation, func(t *testing.T) {
			service, err := models.Load(test.service)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := document.Parse([]byte(test.answer))
			if err != nil {
				t.Fatal(err)
			}
			m := mask.New()
			Values(service.Operation(test.operation).Output, answer, test.all, false, Teller{Secret: m.Add, Open: m.Open})
			for _, secret := range test.secret { // printed alone, as --query … --output text does
				if got := m.Text("it is " + secret + "\n"); got != "it is "+mask.Hidden+"\n" {
					t.Errorf("%s is shown: %s", secret, got)
				}
			}
			for _, plain := range test.plain {
				if got := m.Text("it is " + plain + "\n"); got != "it is "+plain+"\n" {
					t.Errorf("%s is hidden: %s", plain, got)
				}
			}
			text, _ := document.Marshal(m.Document(answer))
			for _, secret := range test.secret {
				if slices.Contains(test.plain, secret) || m.Text(string(text)) != string(text) {
					t.Errorf("the document shows more than its mask lets through: %s", text)
				}
			}
		})
	}
}

func TestSecretsOfInputs(t *testing.T) {
	for line, want := range map[[3]string][]string{
		{"rds", "ModifyDBCluster", `{"DBClusterIdentifier":"one","MasterUserPassword":"hunter2hunter2"}`}:  {"hunter2hunter2"},
		{"secretsmanager", "PutSecretValue", `{"SecretId":"prod/db","SecretString":"hunter2hunter2"}`}:     {"hunter2hunter2"},
		{"ssm", "PutParameter", `{"Name":"/a","Type":"String","Value":"plain-value"}`}:                     nil,
		{"secretsmanager", "PutSecretValue", `{"SecretId":"prod/db","SecretString":"file://secret.json"}`}: nil,
		{"lambda", "UpdateFunctionCode", `{"FunctionName":"api","ZipFile":"fileb://fn.zip"}`}:              nil,
		{
			"cognito-idp", "AdminSetUserPassword", `{"UserPoolId":"eu_1","Username":"somebody1","Password":"hunter2hunter2"}`,
		}: {"somebody1", "hunter2hunter2"},
	} {
		service, err := models.Load(line[0])
		if err != nil {
			t.Fatal(err)
		}
		input, err := document.Parse([]byte(line[2]))
		if err != nil {
			t.Fatal(err)
		}
		got := Inputs(service.Operation(line[1]).Input, input.(*document.Object))
		if slices.Sort(got); !slices.Equal(got, sorted(want)) {
			t.Errorf("%s %s: %q, want %q", line[0], line[1], got, want)
		}
	}
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}
