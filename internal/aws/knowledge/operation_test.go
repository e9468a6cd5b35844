package knowledge_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

var now = time.Date(2026, 11, 24, 8, 2, 0, 0, time.UTC)

func parsed(t *testing.T, text string) *document.Object {
	t.Helper()
	v, err := document.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	o, ok := v.(*document.Object)
	if !ok {
		t.Fatalf("%s is no object", text)
	}
	return o
}

// verdictCase is an answer, and the verdict of its operation's rule with a part of its reason.
type verdictCase struct {
	key, input, answer string // the key as knowledge.Declared has it
	want               procedures.Verdict
	says               string
}

func judged(t *testing.T, cases []verdictCase) {
	t.Helper()
	for _, c := range cases {
		service, operation, _ := strings.Cut(c.key, " ")
		got := knowledge.Of(service, operation).Judge(parsed(t, c.input), parsed(t, c.answer), now, nil)
		if got == nil || got.Verdict != c.want || !strings.Contains(got.Reason, c.says) {
			t.Errorf("%s of %s: %+v, want %s with %q", c.key, c.answer, got, c.want, c.says)
		}
	}
}

// resourceCase is an answer, and what it says of the things in it.
type resourceCase struct {
	name, key, input, answer string
	variables                map[string]string
	want                     []string
}

func listed(t *testing.T, cases []resourceCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := lines(find(t, c.key, c.input, c.answer, c.variables)); !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// line is a finding in one line: "warn User oncall: has no MFA [MFA=no]".
func line(f procedures.ResourceVerdict) string {
	var facts []string
	for _, fact := range f.Facts {
		facts = append(facts, fact.Name+"="+fact.Value)
	}
	return fmt.Sprintf("%s %s %s: %s [%s]", f.Verdict, f.Kind, f.Name, f.Reason, strings.Join(facts, " "))
}

func lines(all []procedures.ResourceVerdict) []string {
	var out []string
	for _, f := range all {
		out = append(out, line(f))
	}
	return out
}

func find(t *testing.T, key, input, answer string, variables map[string]string) []procedures.ResourceVerdict {
	t.Helper()
	service, operation, _ := strings.Cut(key, " ")
	return knowledge.Of(service, operation).ResourceVerdicts(parsed(t, input), parsed(t, answer), now, func(name string) (string, bool) {
		v, ok := variables[name]
		return v, ok
	})
}

func TestOperationsWithoutARule(t *testing.T) {
	judged(t, []verdictCase{})
	listed(t, []resourceCase{})
}

// TestFindingsAreBounded keeps what is worst of an answer with very many.
func TestFindingsAreBounded(t *testing.T) {
	events := make(document.List, 1000)
	for i := range events {
		name := "Get"
		if i == 999 {
			name = "DeleteTable"
		}
		events[i] = document.NewObject(document.Member{Name: "EventName", Value: name})
	}
	all := knowledge.Of("cloudtrail", "LookupEvents").ResourceVerdicts(nil,
		document.NewObject(document.Member{Name: "Events", Value: events}), now, nil)
	if len(all) != 500 || all[0].Name != "DeleteTable" {
		t.Errorf("%d findings, the first %+v", len(all), all[0])
	}
}

func TestDeclaredOperationsExist(t *testing.T) {
	for _, key := range knowledge.Declared() {
		service, operation, _ := strings.Cut(key, " ")
		s, err := models.Load(service)
		if err != nil || s.Operation(operation) == nil {
			t.Errorf("%s is no operation of the models", key)
		}
	}
}

// TestWhatIsSlowSaysWhenItIsDone walks all models: a change that answers before it is done has a waiter, an expression to wait
// for, or the reason why it has none.
func TestWhatIsSlowSaysWhenItIsDone(t *testing.T) {
	slow := 0
	for _, service := range models.Services() {
		s, err := models.Load(service)
		if err != nil {
			t.Fatal(err)
		}
		for op := range s.Operations() {
			o := knowledge.Of(service, op.Name)
			if o.Slow && o.Effect.Changes() {
				slow++
				if c := o.Change(); c.Waiter == "" && c.Until == "" && c.NoWait == "" {
					t.Errorf("%s %s is slow, and nothing is said of when it is done", service, op.Name)
				}
			}
		}
	}
	if slow < 100 {
		t.Errorf("%d changes are slow; there were more", slow)
	}
}

// TestEveryOperationHasAnEffect walks all models and counts those whose IAM action is known.
func TestEveryOperationHasAnEffect(t *testing.T) {
	known, all := 0, 0
	for _, service := range models.Services() {
		s, err := models.Load(service)
		if err != nil {
			t.Fatal(err)
		}
		for op := range s.Operations() {
			e := knowledge.Of(service, op.Name)
			all++
			if len(e.Actions) > 0 {
				known++
			}
			switch e.Effect {
			case procedures.EffectRead, procedures.EffectChange, procedures.EffectDestroy:
			default:
				t.Errorf("%s %s has the effect %q", service, op.Name, e.Effect)
			}
			if e.Sentence(&document.Object{}) == "" {
				t.Errorf("%s %s has no sentence", service, op.Name)
			}
		}
	}
	if known < 17_500 {
		t.Errorf("%d of %d operations have an IAM action; there were more", known, all)
	}
	t.Logf("%d of %d operations have an IAM action", known, all)
}

func TestEffects(t *testing.T) {
	for key, want := range map[string]procedures.Effect{
		"dynamodb DescribeTable": procedures.EffectRead, "dynamodb CreateBackup": procedures.EffectChange,
		"dynamodb DeleteTable": procedures.EffectDestroy, "ec2 StopInstances": procedures.EffectDestroy,
		"ec2 TerminateInstances": procedures.EffectDestroy, "lambda Invoke": procedures.EffectChange,
		"logs FilterLogEvents": procedures.EffectRead, "ce GetCostAndUsage": procedures.EffectRead,
		"rds ModifyDBInstance": procedures.EffectChange,
		"sqs PurgeQueue":       procedures.EffectDestroy, "iam GenerateCredentialReport": procedures.EffectRead,
		"s3 ListObjectsV2": procedures.EffectRead, "s3 DeleteObject": procedures.EffectDestroy,
		"apigateway UpdateStage": procedures.EffectChange,
		"apigateway GetRestApis": procedures.EffectRead, "elbv2 DescribeTargetHealth": procedures.EffectRead,
		"ssm PutParameter": procedures.EffectChange, "iam AttachRolePolicy": procedures.EffectChange,
		"ecr BatchDeleteImage": procedures.EffectDestroy, "cognito-idp AdminDeleteUser": procedures.EffectDestroy,
		"glue BatchStopJobRun": procedures.EffectDestroy, "organizations CloseAccount": procedures.EffectDestroy,
		"organizations LeaveOrganization": procedures.EffectDestroy, "sns Unsubscribe": procedures.EffectDestroy,
		"personalize CreateDataDeletionJob": procedures.EffectDestroy, "medialive StartDeleteMonitorDeployment": procedures.EffectDestroy,
		"neptunedata ExecuteFastReset": procedures.EffectDestroy, "kms ScheduleKeyDeletion": procedures.EffectDestroy,
		"logs PutLogGroupDeletionProtection": procedures.EffectChange, "ec2 RebootInstances": procedures.EffectChange,
		"nothing Known": procedures.EffectChange,
	} {
		service, operation, _ := strings.Cut(key, " ")
		if got := knowledge.Of(service, operation).Effect; got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}

// TestWhatDeletesIsNoMereChange walks all models for names in which a word says that something is taken away, wherever it stands.
func TestWhatDeletesIsNoMereChange(t *testing.T) {
	taking := regexp.MustCompile(`(?:Delete|Terminate|Purge|Deregister|Destroy|Revoke)(?:[A-Z]|$)`)
	// These undo nothing themselves: they protect, report to a workflow, or say when.
	others := regexp.MustCompile(`Protection|^Notify|^Put|^Update`)
	seen := 0
	for _, service := range models.Services() {
		s, err := models.Load(service)
		if err != nil {
			t.Fatal(err)
		}
		for op := range s.Operations() {
			if !taking.MatchString(op.Name) || others.MatchString(op.Name) {
				continue
			}
			seen++
			if knowledge.Of(service, op.Name).Effect == procedures.EffectChange {
				t.Errorf("%s %s takes something away, and counts as a change", service, op.Name)
			}
		}
	}
	if seen < 2000 {
		t.Errorf("%d such names; there were more", seen)
	}
}

// FuzzVerdictRules gives every verdict rule answers that no service would give.
func FuzzVerdictRules(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"Table":[]}`, `{"Datapoints":[{"Sum":"x"},null,3]}`, `{"Events":{"a":1}}`, `{"Content":"%%%"}`,
		`{"ResultsByTime":[{"Total":{"a":null}}]}`, `{"AlarmHistoryItems":[{}]}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, answer string) {
		v, err := document.Parse([]byte(answer))
		if err != nil {
			return
		}
		for _, key := range knowledge.Declared() {
			service, operation, _ := strings.Cut(key, " ")
			knowledge.Of(service, operation).Judge(&document.Object{}, v, time.Unix(0, 0), nil)
		}
	})
}

func FuzzFind(f *testing.F) {
	f.Add("iam GetCredentialReport", `{"Content":"dXNlcgo="}`)
	f.Add("ecr DescribeImageScanFindings", `{"imageScanFindings":{"findings":[{"attributes":[null]}]}}`)
	f.Add("ce GetAnomalies", `{"Anomalies":[{"Impact":{"TotalImpact":1e308}}]}`)
	f.Add("cloudtrail LookupEvents", `{"Events":[{"CloudTrailEvent":"[1]"}]}`)
	f.Add("cloudwatch DescribeAlarmHistory",
		`{"AlarmHistoryItems":[{"AlarmName":"a","Timestamp":"9999-12-31T23:59:59-23:59",`+
			`"HistorySummary":"x updated from A to B"},{"Timestamp":"0000-01-01T00:00:00+23:59"}]}`)
	f.Add("cloudwatch GetMetricStatistics",
		`{"Datapoints":[{"Timestamp":"9999-12-31T00:00:00Z","Sum":1},{"Timestamp":"9999-12-31T10:00:00Z",`+
			`"Sum":2},{"Timestamp":"9999-12-31T20:00:00Z","Sum":3},{"Timestamp":"0001-01-01T00:00:00Z",`+
			`"Sum":1e308},{"Timestamp":"9999-12-31T23:59:59Z","Sum":-1e308}]}`)
	f.Fuzz(func(t *testing.T, key, text string) {
		v, err := document.Parse([]byte(text))
		if err != nil {
			return
		}
		service, operation, _ := strings.Cut(key, " ")
		// they are kept in the journal
		if _, err := json.Marshal(knowledge.Of(service, operation).ResourceVerdicts(nil, v, now, nil)); err != nil {
			t.Error(err)
		}
		knowledge.Of(service, operation).Judge(nil, v, now, nil)
	})
}
