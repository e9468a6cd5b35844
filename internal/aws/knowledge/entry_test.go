package knowledge_test

import (
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

func TestOverlayNamesOperations(t *testing.T) {
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
		for _, op := range s.Operations {
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
		for _, op := range s.Operations {
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
		"dynamodb DescribeTable": procedures.EffectRead, "dynamodb CreateBackup": procedures.EffectChange, "dynamodb DeleteTable": procedures.EffectDestroy, "ec2 StopInstances": procedures.EffectDestroy,
		"ec2 TerminateInstances": procedures.EffectDestroy, "lambda Invoke": procedures.EffectChange, "logs FilterLogEvents": procedures.EffectRead, "ce GetCostAndUsage": procedures.EffectRead, "rds ModifyDBInstance": procedures.EffectChange,
		"sqs PurgeQueue": procedures.EffectDestroy, "iam GenerateCredentialReport": procedures.EffectRead, "s3 ListObjectsV2": procedures.EffectRead, "s3 DeleteObject": procedures.EffectDestroy, "apigateway UpdateStage": procedures.EffectChange,
		"apigateway GetRestApis": procedures.EffectRead, "elbv2 DescribeTargetHealth": procedures.EffectRead, "ssm PutParameter": procedures.EffectChange, "iam AttachRolePolicy": procedures.EffectChange, "nothing Known": procedures.EffectChange,
	} {
		service, operation, _ := strings.Cut(key, " ")
		if got := knowledge.Of(service, operation).Effect; got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}

// FuzzReadings gives every reading answers that no service would give.
func FuzzReadings(f *testing.F) {
	for _, s := range []string{`{}`, `{"Table":[]}`, `{"Datapoints":[{"Sum":"x"},null,3]}`, `{"Events":{"a":1}}`, `{"Content":"%%%"}`, `{"ResultsByTime":[{"Total":{"a":null}}]}`, `{"AlarmHistoryItems":[{}]}`} {
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
