package main

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/scripts/commands"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
	"github.com/opsbook/opsbook/runbooks"
)

// packPage executes the steps of one page of the shipped pack, on a sandbox of its own.
type packPage struct {
	t         *testing.T
	library   *runbook.Library
	world     *sandbox.Sandbox
	engine    *environmentEngine
	procedure *procedures.Procedure
	values    map[string]string
	execution engine.Execution
}

// onPack calls f with a page on a healthy sandbox, in a time of its own: a wait of the page takes none of the test's.
func onPack(t *testing.T, page string, f func(p *packPage)) {
	t.Helper()
	t.Chdir(t.TempDir()) // no opsbook.yaml lies about there
	own, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	library, environment, err := (&options{}).library()
	if err != nil {
		t.Fatal(err)
	}
	procedure, _, err := library.Find(page)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 11, 26, 10, 7, 0, 0, time.UTC)))
		hosts := hostsOf(library)
		world := sandbox.New(sandbox.Options{})
		p := &packPage{t: t, library: library, world: world, procedure: procedure,
			engine: newEngine(environment, world, func(host string) bool {
				return hosts[host]
			}, commands.ProgramEffects{})}
		p.execution = engine.Execution{
			Scripts: library.Script, State: &procedures.ScriptState{},
			Files: &interpret.Folder{Own: own, Over: runbooks.Pack}, Now: time.Now,
		}
		p.fill(environment)
		f(p)
	})
}

// fill gives the fields their defaults, else the first of their choices, else their examples.
func (p *packPage) fill(e procedures.Environment) {
	p.t.Helper()
	given := map[string]string{}
	for _, q := range p.procedure.Parameters {
		choices := q.Choices
		if q.Choose != "" {
			var out bytes.Buffer
			step := &procedures.Step{Script: procedures.Script{Text: q.Choose + "\n"}}
			c := p.execution
			c.Step, c.Parameters, c.Stdout = step, e.Variables, &out
			if r := p.engine.engine().Execute(p.t.Context(), c); r.Status != 0 {
				p.t.Fatalf("the choices of %s are not listed: %+v", q.Name, r.Judgement)
			}
			if choices = strings.Fields(out.String()); len(choices) == 0 {
				p.t.Fatalf("there are no choices of %s", q.Name)
			}
		}
		switch {
		case q.Default != "":
			if len(choices) > 0 && !slices.Contains(choices, q.Default) {
				p.t.Errorf("%s of %s is %s by default; there are %v", q.Name, p.procedure.ID, q.Default, choices)
			}
		case len(choices) > 0:
			given[q.Name] = choices[0]
		default:
			given[q.Name] = q.Example
		}
	}
	var err error
	if p.values, err = engine.Parameters(p.procedure, p.procedure.Steps, given, e.Variables); err != nil {
		p.t.Fatalf("%s: %v", p.procedure.ID, err)
	}
	p.execution.Parameters = p.values
}

// do executes a step, a changing one after it was planned and confirmed.
func (p *packPage) do(step *procedures.Step) procedures.Judgement {
	p.t.Helper()
	c := p.execution
	c.Step = step
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if step.Effect().Changes() {
		planned, err := p.engine.engine().Plan(p.t.Context(), c)
		if err != nil {
			p.t.Errorf("%s#%s cannot be planned: %v", p.procedure.ID, step.ID, err)
			return procedures.Judgement{Verdict: procedures.Errored, Reason: err.Error()}
		}
		c.Confirmed, c.Answers, c.Stdout, c.Stderr = planned.Calls, planned.Answers, &out, &out
	}
	r := p.engine.engine().Execute(p.t.Context(), c)
	if r.State != nil {
		p.execution.State = r.State
	}
	p.t.Logf("%s: %s: %s\n%s", step.Title, r.Judgement.Verdict, r.Judgement.Reason, out.String())
	return r.Judgement
}

// upTo executes what stands above a step.
func (p *packPage) upTo(id string) *procedures.Step {
	p.t.Helper()
	for _, s := range p.procedure.Steps {
		if s.ID == id {
			return s
		}
		if s.Kind == procedures.KindScript {
			p.do(s)
		}
	}
	p.t.Fatalf("%s has no step %s", p.procedure.ID, id)
	return nil
}

func packLibrary(t *testing.T) *runbook.Library {
	t.Helper()
	t.Chdir(t.TempDir())
	library, _, err := (&options{}).library()
	if err != nil {
		t.Fatal(err)
	}
	return library
}

func TestPackHasNoMistake(t *testing.T) {
	library := packLibrary(t)
	for _, m := range library.Findings {
		if m.Rule != "program-not-allowed" { // the test has no configuration
			t.Error(m)
		}
	}
	var chapters []string
	for _, c := range library.Chapters {
		chapters = append(chapters, c.Title)
	}
	if got, want := strings.Join(chapters, ", "),
		"Daily operations, Weekly maintenance, Monthly reviews, Deployment, Backup and recovery, Monitoring, "+
			"Scaling, Scripts"; got != want {
		t.Errorf("the chapters are %s; want %s", got, want)
	}
}

// handedOver are the steps that a person does on the sandbox: they use what a program prints that does not run there.
var handedOver = map[string]bool{"application": true, "roll-out-to-10": true, "roll-out-to-50": true, "roll-out-to-100": true}

// TestPackExecutes does each page from its first step to its last on a healthy sandbox: what reads passes or has nothing
// to pass, what changes something is confirmed and done.
func TestPackExecutes(t *testing.T) {
	checked := map[string]bool{}
	for _, c := range packChecks {
		checked[c.step] = true
	}
	for _, procedure := range packLibrary(t).Procedures() {
		t.Run(procedure.ID, func(t *testing.T) {
			onPack(t, procedure.ID, func(p *packPage) {
				for _, step := range p.procedure.Steps {
					if step.Kind != procedures.KindScript {
						continue
					}
					j := p.do(step)
					if handedOver[step.ID] {
						if j.Verdict != procedures.Unavailable {
							t.Errorf("%s: %s: %s, and what gh prints is not known", step.ID, j.Verdict, j.Reason)
						}
						continue
					}
					if j.Verdict != procedures.Passed && j.Verdict != procedures.Info {
						t.Errorf("%s: %s: %s", step.ID, j.Verdict, j.Reason)
					}
					if j.Verdict == procedures.Passed && !checked[p.procedure.ID+"#"+step.ID] {
						t.Errorf("%s#%s passes, and no fault of packChecks turns it: %s", p.procedure.ID, step.ID, j.Reason)
					}
				}
			})
		})
	}
}

// packChecks are the pack's checks, each with a fault of the sandbox that turns it.
var packChecks = []struct {
	step, fault string
	verdict     procedures.Verdict
	reason      string // a part of it
}{
	{
		"daily-operations/morning-health-check#lambda-functions", "failed-update", procedures.Failed,
		"network-visualizer-api-production: state Active, last update Failed",
	},
	{
		"daily-operations/morning-health-check#dynamodb-table", "table-updating", procedures.Warned,
		"network-visualizer-topology is UPDATING",
	},
	{"daily-operations/morning-health-check#alarms", "alarm", procedures.Failed, "network-visualizer-high-error-rate"},
	{"daily-operations/morning-health-check#the-api-answers", "unhealthy-api", procedures.Failed, "503"},
	{"daily-operations/morning-health-check#the-api-answers", "unreachable-api", procedures.Errored, "connect"},
	{"daily-operations/morning-health-check#cloudfront-distribution", "not-deployed", procedures.Warned, "InProgress"},
	{"daily-operations/morning-health-check#errors-of-the-last-day", "error-rate", procedures.Failed, "fewer than 50 are expected"},
	{"daily-operations/morning-health-check#errors-of-the-last-day", "no-datapoints", procedures.NoData, "no datapoints"},
	{"daily-operations/log-review#errors-of-the-api-function", "log-errors", procedures.Warned, "match ERROR"},
	{
		"daily-operations/log-review#errors-of-the-analysis-function", "analysis-errors", procedures.Warned,
		"network-visualizer-analysis-production match ERROR",
	},
	{"weekly-maintenance/security-review#keys-passwords-and-mfa", "old-keys", procedures.Warned, "deploy has a key of 400 days"},
	{"weekly-maintenance/security-review#keys-passwords-and-mfa", "no-mfa", procedures.Warned, "oncall has a console password and no MFA"},
	{"weekly-maintenance/security-review#keys-passwords-and-mfa", "root-key", procedures.Failed, "the root user has an access key"},
	{"weekly-maintenance/security-review#findings-in-the-image", "critical-finding", procedures.Failed, "1 CRITICAL"},
	{"weekly-maintenance/security-review#calls-that-cannot-be-undone", "bucket-deleted", procedures.Warned, "DeleteBucket by contractor"},
	{
		"weekly-maintenance/security-review#sign-ins-of-the-root-user", "root-sign-in", procedures.Failed,
		"The root user did ConsoleLogin at 2026-11-25",
	},
	{
		"weekly-maintenance/performance-review#duration-of-the-discovery-function", "slow-function", procedures.Warned,
		"where the function is cut off",
	},
	{"weekly-maintenance/performance-review#duration-of-the-discovery-function", "no-datapoints", procedures.NoData, "no datapoints"},
	{
		"weekly-maintenance/performance-review#capacity-that-the-tables-readers-used", "read-throttles",
		procedures.Warned, "1080000 read units in six hours; 864000 are the limit",
	},
	{
		"weekly-maintenance/performance-review#reads-that-the-table-refused", "read-throttles", procedures.Failed,
		" reads were throttled in seven days",
	},
	{"weekly-maintenance/performance-review#how-long-the-api-takes-p95", "slow-api", procedures.Failed, "the aim is 1000"},
	{"weekly-maintenance/cost-review#anomalies", "cost-anomaly", procedures.Warned, "Amazon DynamoDB, 211.75 USD more than expected"},
	{
		"monthly-reviews/cost-optimization#functions-that-are-hardly-invoked", "idle-function", procedures.Warned,
		"network-visualizer-analysis-production: 0 invocations in 30 days",
	},
	{"monthly-reviews/cost-optimization#functions-that-are-hardly-invoked", "no-datapoints", procedures.NoData, "no datapoints"},
	{"monthly-reviews/security-audit#trusted-advisor", "advisor-red", procedures.Failed, "MFA on Root Account is red: 1 resource flagged"},
	{"monthly-reviews/security-audit#trusted-advisor", "no-support-plan", procedures.Unavailable, "Premium Support Subscription"},
	{
		"monthly-reviews/security-audit#no-bucket-is-public", "public-bucket", procedures.Failed,
		"The policy of network-visualizer-data-production makes it public; network-visualizer-data-production does " +
			"not block all public access",
	},
	{
		"monthly-reviews/security-audit#no-bucket-is-public", "no-access-block", procedures.Warned,
		"network-visualizer-logs-production does not block public access itself",
	},
	{"monthly-reviews/capacity-planning#invocations-of-the-functions", "no-datapoints", procedures.NoData, "no datapoints"},
	{"monthly-reviews/capacity-planning#read-capacity-of-the-table", "growth", procedures.Warned, "it reaches the limit of 4,320,000 on"},
	{
		"monthly-reviews/capacity-planning#read-capacity-of-the-table", "read-throttles", procedures.Failed,
		"the limit of 4,320,000 is reached",
	},
	{"monthly-reviews/capacity-planning#objects-in-the-data-bucket", "no-datapoints", procedures.NoData, "no datapoints"},
	{"monthly-reviews/capacity-planning#requests-to-the-api", "no-datapoints", procedures.NoData, "no datapoints"},
	{
		"monthly-reviews/cost-optimization#reservations-for-the-table", "reservation", procedures.Warned,
		"1 reservation is recommended: 312.48 USD would be saved a month",
	},
	{"deployment/deploy-to-production#nothing-is-in-alarm-beforehand", "alarm", procedures.Failed, "network-visualizer-high-error-rate"},
	{"deployment/deploy-to-production#the-snapshot-is-there", "no-backups", procedures.Errored, "BackupNotFoundException"},
	{
		"deployment/deploy-to-staging#staging-answers-for-a-quarter-of-an-hour", "unhealthy-api", procedures.Failed,
		"Stopped at sample 1, after 0s of 15m: ",
	},
	{"deployment/deploy-to-production#half-an-hour-at-10", "alarm", procedures.Failed, "network-visualizer-high-error-rate"},
	{"deployment/deploy-to-production#half-an-hour-at-10", "error-rate", procedures.Failed, "errors in a minute; limit 2"},
	{"deployment/deploy-to-production#half-an-hour-at-10", "throttled", procedures.Errored, "3 samples in a row could not run"},
	{"deployment/deploy-to-production#half-an-hour-at-50", "alarm", procedures.Failed, "network-visualizer-high-error-rate"},
	{"scaling/memory-and-timeout-of-a-function#ten-minutes-with-it", "alarm", procedures.Failed, "network-visualizer-high-error-rate"},
	{"scaling/memory-and-timeout-of-a-function#ten-minutes-with-it", "no-datapoints", procedures.NoData, "without data, the last one: "},
	{"deployment/deploy-to-production#verify-at-10", "alarm", procedures.Failed, "network-visualizer-high-error-rate"},
	{"deployment/deploy-to-production#verify-at-10", "error-rate", procedures.Failed, "exit status 1"},
	{"deployment/deploy-to-production#verify-at-50", "unhealthy-api", procedures.Failed, "503"},
	{"deployment/deploy-to-production#verify-production", "unreachable-api", procedures.Errored, "connect"},
	{"deployment/deploy-to-production#the-site-is-deployed", "not-deployed", procedures.Warned, "InProgress"},
	{
		"backup-and-recovery/check-the-backups#rules-that-start-the-backups", "rule-disabled", procedures.Warned,
		"network-visualizer-backup-daily",
	},
	{"backup-and-recovery/check-the-backups#newest-backup-of-the-table", "stale-backup", procedures.Warned, "3 days old"},
	{"backup-and-recovery/check-the-backups#newest-backup-of-the-table", "no-backups", procedures.Failed, "no backup"},
	{"backup-and-recovery/back-up-by-hand#the-backup-is-there", "no-backups", procedures.Errored, "BackupNotFoundException"},
	{
		"backup-and-recovery/back-up-by-hand#nothing-is-missing-in-the-copy", "lost-objects", procedures.Failed,
		"20 objects are copied, 1 are left to do: the script ended with exit status 1",
	},
	{"backup-and-recovery/restore-drill#newest-backup", "stale-backup", procedures.Warned, "3 days old"},
	{"backup-and-recovery/restore-drill#the-restored-table-is-active", "table-updating", procedures.Failed, "is UPDATING; asked"},
	{
		"backup-and-recovery/restore-drill#the-keys-are-the-same", "table-updating", procedures.Warned,
		"network-visualizer-topology-drill is UPDATING",
	},
	{
		"backup-and-recovery/restore-drill#the-drills-table-is-gone", "stuck-deletion", procedures.Errored,
		"Waiter TableNotExists failed: Max attempts exceeded",
	},
	{"backup-and-recovery/restore-a-chosen-backup#the-chosen-backup", "no-backups", procedures.Errored, "BackupNotFoundException"},
	{"backup-and-recovery/restore-a-chosen-backup#the-restored-table-is-ready", "table-updating", procedures.Failed, "is UPDATING; asked"},
	{
		"monitoring/set-up-the-dashboard#put-the-dashboard", "read-only", procedures.Errored,
		"not authorized to perform: cloudwatch:PutDashboard",
	},
	{
		"monitoring/set-up-the-dashboard#it-is-what-the-file-says", "redrawn-dashboard", procedures.Failed,
		"6 widgets, 1 of them not as in the file",
	},
	{
		"monitoring/tune-the-alarms#history-of-the-alarms", "flapping-alarm", procedures.Warned,
		"12 changes of state of network-visualizer-high-error-rate on 26 November",
	},
	{"monitoring/tune-the-alarms#what-the-alarms-look-at", "alarm", procedures.Failed, "network-visualizer-high-error-rate"},
	{
		"monitoring/tune-the-alarms#every-alarm-tells-somebody", "silent-alarm", procedures.Failed,
		"These tell nobody: network-visualizer-table-throttles",
	},
	{
		"scaling/memory-and-timeout-of-a-function#as-it-is-now", "stuck-update", procedures.Warned,
		"network-visualizer-discovery-production: state Active, last update InProgress",
	},
	{"scaling/memory-and-timeout-of-a-function#the-change-has-arrived", "stuck-update", procedures.Failed, "last update InProgress; asked"},
	{"scaling/capacity-of-the-table#capacity-as-it-is-now", "table-updating", procedures.Warned, "is UPDATING"},
	{"scaling/capacity-of-the-table#the-table-is-active-again", "table-updating", procedures.Failed, "is UPDATING; asked"},
	{"scaling/capacity-of-the-table#nothing-is-throttled", "read-throttles", procedures.Failed, "reads were throttled in the last hour"},
	{"scaling/switch-the-table-to-on-demand#billing-mode-as-it-is-now", "table-updating", procedures.Warned, "is UPDATING"},
	{
		"scaling/switch-the-table-to-on-demand#the-table-is-on-demand", "table-updating", procedures.Failed,
		"Not yet: Table.TableStatus == 'ACTIVE'; asked",
	},
	{
		"scaling/back-to-provisioned-capacity#the-table-is-provisioned", "table-updating", procedures.Failed,
		"Not yet: Table.TableStatus == 'ACTIVE'; asked",
	},
	{
		"scripts/scripts-verify-production-sh#what-must-hold-after-a-deployment", "alarm", procedures.Failed,
		"network-visualizer-high-error-rate",
	},
	{"scripts/scripts-verify-production-sh#what-must-hold-after-a-deployment", "error-rate", procedures.Failed, "exit status 1"},
	{"backup-and-recovery/restore-drill#all-items-are-there", "short-restore", procedures.Failed, "exit status 1"},
	{"backup-and-recovery/restore-drill#a-sample-is-the-same", "garbled-items", procedures.Failed, "exit status 1"},
}

func TestPackChecksTurn(t *testing.T) {
	for _, c := range packChecks {
		t.Run(c.step+"/"+c.fault, func(t *testing.T) {
			page, id, _ := strings.Cut(c.step, "#")
			onPack(t, page, func(p *packPage) {
				broken := func() {
					if err := p.world.SetFault(p.t.Context(), c.fault, true); err != nil {
						t.Fatal(err)
					}
				}
				if c.fault == "short-restore" { // what an earlier step gets is broken, not what this one does
					broken()
				}
				step := p.upTo(id)
				broken()
				if j := p.do(step); j.Verdict != c.verdict || !strings.Contains(j.Reason, c.reason) {
					t.Errorf("%s: %s; want %s: %s", j.Verdict, j.Reason, c.verdict, c.reason)
				}
			})
		})
	}
}
