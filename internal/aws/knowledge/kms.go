package knowledge

import (
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// kmsService is AWS KMS.
// A key that is scheduled for deletion can be saved until its day:
// https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html
func kmsService() service {
	return service{
		operations: map[string]Operation{
			"DescribeKey": survey{
				reads: "KeyMetadata: KeyId, KeyState, DeletionDate",
				list:  "KeyMetadata", kind: "key", kinds: "keys", name: "KeyId",
				each: func(_ answered, o *document.Object) finding {
					f := keyStates.finding(str(o, "KeyState"))
					if t := at(o, "DeletionDate"); !t.IsZero() {
						f.says += ": gone on " + t.Format("2 January")
					}
					return f
				},
			}.operation(),
			// Keys of other kinds than symmetric ones cannot be rotated by AWS.
			"GetKeyRotationStatus": {
				reads: "KeyRotationEnabled, NextRotationDate", rule: judgeRotation,
				errors: map[string]procedures.Judgement{"UnsupportedOperationException": {Verdict: procedures.Unavailable}},
			},
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

// keyStates are those of keys: https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
var keyStates = vocabularyOf(states{
	pass: "enabled", warn: "creating, updating, pending import",
	fail: "disabled, pending deletion, pending replica deletion, unavailable",
})

// judgeRotation says when a key is rotated next.
func judgeRotation(q answered) *procedures.Judgement {
	if !truthAt(q.answer, "KeyRotationEnabled") {
		return judge(procedures.Warned, "%s: it is not rotated.", q.about())
	}
	next := ""
	if t := at(q.answer, "NextRotationDate"); !t.IsZero() {
		next = ", next on " + t.Format("2 January")
	}
	return judge(procedures.Passed, "%s: it is rotated%s.", q.about(), next)
}
