package knowledge

// kmsService is AWS KMS.
// A key that is scheduled for deletion can be saved until its day:
// https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html
func kmsService() service {
	return service{
		operations: map[string]Operation{
			"Decrypt": {Secret: true},
			// The window is 7 to 30 days. A key whose deletion was cancelled is disabled and
			// has to be enabled:
			// https://docs.aws.amazon.com/kms/latest/APIReference/API_CancelKeyDeletion.html
			"ScheduleKeyDeletion": {change: Change{
				Kind: "key", ReadOperation: "DescribeKey", ReadWith: "{KeyId: KeyId}", ReadAt: "KeyMetadata",
				Excluded: []string{"KeyId", "PendingWindowInDays"},
				NoWait:   atOnce,
				Rollback: "CancelKeyDeletion", RollbackWith: "{KeyId: input.KeyId}",
			}},
			// KeyState follows Enabled, so that it would be the same difference twice.
			"DisableKey": {change: Change{
				Kind: "key", ReadOperation: "DescribeKey", ReadWith: "{KeyId: KeyId}", ReadAt: "KeyMetadata",
				Volatile: []string{"KeyState"}, predict: predictValue("Enabled", "false"),
				NoWait:   atOnce,
				Rollback: "EnableKey", RollbackWith: "{KeyId: input.KeyId}",
			}},
			"EnableKey": {change: Change{
				Kind: "key", ReadOperation: "DescribeKey", ReadWith: "{KeyId: KeyId}", ReadAt: "KeyMetadata",
				Volatile: []string{"KeyState"}, predict: predictValue("Enabled", "true"),
				NoWait:   atOnce,
				Rollback: "DisableKey", RollbackWith: "{KeyId: input.KeyId}",
			}},
		},
	}
}
