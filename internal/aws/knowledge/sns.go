package knowledge

// snsService is Amazon SNS.
func snsService() service {
	return service{
		operations: map[string]Operation{
			"Publish": {change: Change{
				Kind: "topic", NotRead: "a message is not kept by its topic",
				NoWait:     atOnce,
				NoRollback: sent,
			}},
		},
	}
}
