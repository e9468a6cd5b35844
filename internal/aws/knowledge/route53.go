package knowledge

// route53Service is Amazon Route 53. https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
func route53Service() service {
	return service{
		operations: map[string]Operation{
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
