package sandbox

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// namedCall is a call that a runbook has.
func namedCall(t *testing.T, from, service, operation, input string) Named {
	t.Helper()
	v, err := document.Parse([]byte(input))
	if err != nil {
		t.Fatal(err)
	}
	o, _ := v.(*document.Object)
	return Named{Service: service, Operation: operation, Input: o, From: from}
}

// gameDay is a sandbox whose runbooks look at a service of ECS, a queue and a parameter, and a clock that can be put on.
func gameDay(t *testing.T) (*Sandbox, *time.Time) {
	t.Helper()
	now := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
	named := []Named{
		namedCall(t, "deploy:3", "ecs", "DescribeServices", `{"cluster":"prod","services":["api"]}`),
		namedCall(t, "deploy:4", "ecs", "DescribeServices", `{"cluster":"prod","services":["<service>"]}`),
		namedCall(t, "deploy:8", "ecs", "DescribeTaskDefinition", `{"taskDefinition":"api:3"}`),
		namedCall(t, "queues:9", "sqs", "PurgeQueue", `{"QueueUrl":"https://sqs.us-east-1.amazonaws.com/123456789012/orders-dlq"}`),
		namedCall(t, "parameters:2", "ssm", "GetParameter", `{"Name":"/a"}`),
	}
	return New(Options{Now: func() time.Time { return now }, Named: func() []Named { return named }}), &now
}

func TestGameDay(t *testing.T) {
	s, now := gameDay(t)
	ctx := t.Context()
	call := func(service, operation, input string) {
		t.Helper()
		if _, err := s.Call(ctx, service, operation, input); err != nil {
			t.Fatalf("%s %s: %v", service, operation, err)
		}
	}
	const services, describe = `{"cluster":"prod","services":["api"]}`, "DescribeServices"
	for _, procedure := range []string{"queues", "parameters", "nothing"} { // nothing is read there, or no fault turns it
		if err := s.BeginGame(ctx, procedure, "ana", 0); procedures.CodeOf(err) != procedures.CodeConflict {
			t.Errorf("a game for %s: %v", procedure, err)
		}
	}
	if err := s.BeginGame(ctx, "deploy", "ana", 5*time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := s.BeginGame(ctx, "", "ben", 0); procedures.CodeOf(err) != procedures.CodeConflict {
		t.Errorf("a second game: %v", err)
	}
	for what, err := range map[string]error{"a fault": s.SetFault(ctx, "rds-full", true), "a reset": s.Reset(ctx)} {
		if procedures.CodeOf(err) != procedures.CodeConflict {
			t.Errorf("%s while a game is on: %v", what, err)
		}
	}
	on, _, err := s.Games(ctx)
	if err != nil || on == nil || len(on.Hash) != 64 || on.Fault+on.Title+on.Salt+on.Key != "" || !on.Starts.IsZero() {
		t.Fatalf("the game that is on is shown as %+v, %v", on, err)
	}
	*now = now.Add(6 * time.Minute)
	if shown, _ := json.Marshal(mustFaults(t, s)); strings.Contains(string(shown), `"On":true`) {
		t.Errorf("the fault is shown: %s", shown)
	}
	call("ec2", "DescribeInstances", `{}`) // not about the fault
	call("ecs", describe, services)
	if on, _, _ = s.Games(ctx); on == nil || on.Red.IsZero() || on.Saw != "ecs describe-services" || on.Reads != 2 {
		t.Fatalf("after the first red reading: %+v", on)
	}
	*now = now.Add(time.Minute)
	call("ecs", "UpdateService", `{"cluster":"prod","service":"api","desiredCount":4}`) // that helps nothing
	*now = now.Add(time.Minute)
	call("ecs", describe, services)
	call("ecs", "UpdateService", `{"cluster":"prod","service":"api","taskDefinition":"api:3"}`)
	*now = now.Add(time.Minute)
	call("ecs", describe, services)
	on, past, err := s.Games(ctx)
	if err != nil || on != nil || len(past) != 1 {
		t.Fatalf("after the cure: %+v, %+v, %v", on, past, err)
	}
	g := past[0]
	if g.Fault != "ecs-crash" || g.Mitigated.Sub(g.Red) != 3*time.Minute || g.Ended != g.Mitigated || hashOf(g.Salt, g.Fault) != g.Hash ||
		!slices.Equal(g.Tried, []string{"ecs update-service api", "ecs update-service api"}) || g.Helped != "ecs update-service api" ||
		g.Starts.Before(g.Begun) || g.Starts.After(g.Begun.Add(5*time.Minute)) || g.Title == "" || g.By != "ana" {
		t.Errorf("the game is kept as %+v", g)
	}
	for _, f := range mustFaults(t, s) {
		if f.On {
			t.Errorf("%s is still on", f.Name)
		}
	}
	if err := s.Reset(ctx); err != nil {
		t.Fatal(err)
	}
	if _, past, _ := s.Games(ctx); len(past) != 1 {
		t.Errorf("a reset forgets games: %+v", past)
	}
}

func mustFaults(t *testing.T, s *Sandbox) []Fault {
	t.Helper()
	all, err := s.Faults(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestGameDayIsGivenUp has one whose fault nobody saw.
func TestGameDayIsGivenUp(t *testing.T) {
	s, now := gameDay(t)
	if err := s.EndGame(t.Context()); procedures.CodeOf(err) != procedures.CodeConflict {
		t.Errorf("no game is given up: %v", err)
	}
	if err := s.SetFault(t.Context(), "rds-full", true); err != nil {
		t.Fatal(err)
	}
	if err := s.BeginGame(t.Context(), "", "ana", 0); procedures.CodeOf(err) != procedures.CodeConflict {
		t.Errorf("a game beside a fault: %v", err)
	}
	if err := s.SetFault(t.Context(), "rds-full", false); err != nil {
		t.Fatal(err)
	}
	if err := s.BeginGame(t.Context(), "", "ana", 0); err != nil {
		t.Fatal(err)
	}
	*now = now.Add(time.Hour)
	if err := s.EndGame(t.Context()); err != nil {
		t.Fatal(err)
	}
	on, past, err := s.Games(t.Context())
	if err != nil || on != nil || len(past) != 1 || past[0].Fault == "" || !past[0].Mitigated.IsZero() || past[0].Ended != *now {
		t.Errorf("it is kept as %+v, %+v, %v", on, past, err)
	}
}

// TestGameDayGoesOnElsewhere begins one in a process, and plays it in another one on the same database.
func TestGameDayGoesOnElsewhere(t *testing.T) {
	keeper := &shelf{}
	s, now := gameDay(t)
	s.keeper = keeper
	if err := s.BeginGame(t.Context(), "deploy", "ana", time.Minute); err != nil {
		t.Fatal(err)
	}
	*now = now.Add(2 * time.Minute)
	other := New(Options{Now: s.now, Named: s.named, Keeper: keeper})
	if _, err := other.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Call(t.Context(), "ecs", "DescribeServices", `{"cluster":"prod","services":["api"]}`); err != nil {
		t.Fatal(err)
	}
	if on, _, err := s.Games(t.Context()); err != nil || on == nil || on.Red.IsZero() {
		t.Errorf("the first process sees %+v, %v", on, err)
	}
}

// TestFaultsThatAGameMayPick asks for each fault that a change ends whether a game sees it by the line that shows it.
func TestFaultsThatAGameMayPick(t *testing.T) {
	seen := 0
	for _, service := range livingNames() {
		for _, f := range livingOf(service).faults {
			if !curable()[f.Name] {
				continue
			}
			line, err := bind.Parse(strings.Fields(f.Sees), nil)
			if err != nil {
				t.Fatal(err)
			}
			n := Named{Service: line.Service.Name, Operation: line.Operation.Name, Input: line.Input, From: "a:1"}
			s := New(Options{Named: func() []Named { return []Named{n} }})
			if !slices.Contains(s.visible("a", time.Now().UTC()), f.Name) {
				t.Errorf("%s is not picked for aws %s", f.Name, f.Sees)
				continue
			}
			seen++
		}
	}
	if seen < 15 {
		t.Errorf("only %d faults can be picked", seen)
	}
}

// TestMendableFaults mends each by a change: the reading that it turned is healthy again.
func TestMendableFaults(t *testing.T) {
	tested := 0
	for _, test := range []struct{ fault, reading, input, change, with string }{
		{"alarm", "cloudwatch DescribeAlarms", `{}`, "cloudwatch SetAlarmState",
			`{"AlarmName":"network-visualizer-high-error-rate","StateValue":"OK","StateReason":"mended"}`},
		{"no-access-block", "s3 GetPublicAccessBlock", `{"Bucket":"network-visualizer-logs-production"}`, "s3 PutPublicAccessBlock",
			`{"Bucket":"network-visualizer-logs-production","PublicAccessBlockConfiguration":{"BlockPublicAcls":true,` +
				`"IgnorePublicAcls":true,"BlockPublicPolicy":true,"RestrictPublicBuckets":true}}`},
	} {
		service, operation, _ := strings.Cut(test.reading, " ")
		n := namedCall(t, "a:1", service, operation, test.input)
		now := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
		s := New(Options{Now: func() time.Time { return now }, Named: func() []Named { return []Named{n} }})
		if !slices.Contains(s.visible("a", now), test.fault) {
			t.Errorf("%s does not turn %s", test.fault, test.reading)
			continue
		}
		if err := s.BeginGame(t.Context(), "a", "", 0); err != nil {
			t.Fatal(err)
		}
		s.world.Game.Fault = test.fault // another one of the service may have been picked
		_, _ = s.Call(t.Context(), service, operation, test.input)
		if on, _, _ := s.Games(t.Context()); on == nil || on.Red.IsZero() {
			t.Errorf("%s: it was not seen: %+v", test.fault, on)
		}
		changing, change, _ := strings.Cut(test.change, " ")
		if _, err := s.Call(t.Context(), changing, change, test.with); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Minute)
		_, _ = s.Call(t.Context(), service, operation, test.input)
		if on, past, _ := s.Games(t.Context()); on != nil || past[0].Mitigated.IsZero() {
			t.Errorf("%s: it is not mitigated by %s: %+v", test.fault, test.change, on)
		}
		tested++
	}
	if tested != len(mendable) {
		t.Errorf("%d of %d are tested", tested, len(mendable))
	}
}
