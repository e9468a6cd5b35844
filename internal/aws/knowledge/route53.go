package knowledge

import (
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// route53Service is Amazon Route 53. https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
func route53Service() service {
	return service{
		operations: map[string]Operation{
			"GetHealthCheckStatus": {reads: "HealthCheckObservations[].StatusReport.Status", rule: judgeHealthCheck},
			"GetChange": survey{
				reads: "ChangeInfo: Id, Status, SubmittedAt",
				list:  "ChangeInfo", kind: "change", kinds: "changes", name: "Id",
				each: func(q answered, o *document.Object) finding {
					f := vocabularyOf(states{pass: "insync", warn: "pending"}).finding(str(o, "Status"))
					if t := at(o, "SubmittedAt"); !t.IsZero() {
						f.says += ", asked for " + moment(t, q.now)
					}
					return f
				},
			}.operation(),
			"ListHealthChecks": survey{
				reads: "HealthChecks[]: Id, HealthCheckConfig.Type, HealthCheckConfig.Disabled",
				list:  "HealthChecks", kind: "health check", kinds: "health checks", name: "Id",
				none: procedures.Judgement{Verdict: procedures.Info},
				each: func(_ answered, o *document.Object) finding {
					if truthAt(o, "HealthCheckConfig.Disabled") {
						return found(procedures.Warned, "disabled: it counts as healthy whatever happens")
					}
					return found(procedures.Info, "%s", textAt(o, "HealthCheckConfig.Type"))
				},
			}.operation(),
			"ListResourceRecordSets": counted("ResourceRecordSets", "record", "records"),
			// Resolvers keep the record from before for its TTL, however soon the change is
			// INSYNC.
			"ChangeResourceRecordSets": {
				Slow:     true,
				sentence: "Changes records of the hosted zone {HostedZoneId}", resource: "HostedZoneId",
				change: Change{
					Kind: "hosted zone", ReadOperation: "ListResourceRecordSets",
					ReadWith: "{HostedZoneId: HostedZoneId}", ReadAt: "{Records: ResourceRecordSets}",
					Excluded: []string{"HostedZoneId", "ChangeBatch"},
					NoWait: "AWS takes up to a minute: aws route53 wait resource-record-sets-changed waits for the " +
						"id that it returns",
					NoRollback: "a change batch of the opposite: the records from before, which the read shows",
				},
			},
		},
	}
}

// judgeHealthCheck counts the checkers that see the endpoint. Route 53 itself holds it for healthy above 18 %:
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
func judgeHealthCheck(q answered) *procedures.Judgement {
	all := members(q.answer, "HealthCheckObservations")
	good := 0
	for _, o := range all {
		if strings.HasPrefix(strings.ToLower(textAt(o, "StatusReport.Status")), "success") {
			good++
		}
	}
	verdict := procedures.Warned
	switch {
	case len(all) == 0:
		return judge(procedures.NoData, "%s: no checker has looked.", q.about())
	case good == len(all):
		verdict = procedures.Passed
	case 100*good <= 18*len(all):
		verdict = procedures.Failed
	}
	return judge(verdict, "%s: %d of %s it.", q.about(), good, plural(len(all), "checker sees", "checkers see"))
}
