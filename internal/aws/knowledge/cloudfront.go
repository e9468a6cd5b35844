package knowledge

import "github.com/opsbook/opsbook/internal/procedures"

// cloudfrontService is Amazon CloudFront. A configuration is deployed to all edge locations within minutes:
// https://docs.aws.amazon.com/cloudfront/latest/APIReference/Welcome.html
func cloudfrontService() service {
	return service{
		slow: []string{"CreateDistribution", "UpdateDistribution"},
		operations: map[string]Operation{
			"GetDistribution": {rule: judgeDistribution},
			// A read cannot tell what edge caches hold, so that there is neither a prediction
			// nor a rollback.
			"CreateInvalidation": {
				Slow: true, tellingRead: "ListInvalidations",
				sentence: "Invalidates cached pages of the distribution {DistributionId}",
				resource: "DistributionId",
				change: Change{
					Kind: "distribution", NotRead: "what is in the caches cannot be read",
					NoWait:     "AWS takes some minutes: aws cloudfront wait invalidation-completed waits for it",
					NoRollback: "nothing is lost: the caches fetch it again",
				},
			},
			// The configuration is replaced as a whole and wants the ETag of the latest one as
			// IfMatch, which is known only after the change: a rollback cannot be written
			// beforehand.
			"UpdateDistribution": {change: Change{
				Kind: "distribution", ReadOperation: "GetDistributionConfig", ReadWith: "{Id: Id}",
				ReadAt:   "DistributionConfig",
				Excluded: []string{"Id", "IfMatch", "DistributionConfig"},
				Waiter:   "DistributionDeployed", WaitWith: "{Id: Id}",
				NoRollback: "the same call with the configuration from before, and with the ETag that this one returns",
			}},
		},
	}
}

// judgeDistribution passes a distribution that is enabled and whose configuration is everywhere.
// https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_Distribution.html has the states.
func judgeDistribution(q answered) *procedures.Judgement {
	d := child(q.answer, "Distribution")
	id, status := str(d, "Id"), str(d, "Status")
	enabled, _ := child(d, "DistributionConfig").Get("Enabled")
	switch {
	case status == "Deployed" && enabled == true:
		return judge(procedures.Passed, "%s is Deployed and enabled.", id)
	case status == "":
		return judge(procedures.NoData, "The answer has no status.")
	case enabled == false:
		return judge(procedures.Warned, "%s is %s and disabled.", id, status)
	}
	return judge(procedures.Warned, "%s is %s.", id, status)
}
