package knowledge

import (
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// secretsmanagerService is AWS Secrets Manager. Values are never deleted by a new one: they are versions with labels.
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
func secretsmanagerService() service {
	return service{
		operations: map[string]Operation{
			"DescribeSecret": survey{
				reads: "Name, LastChangedDate, NextRotationDate, DeletedDate",
				kind:  "secret", kinds: "secrets", name: "Name", each: judgeSecret,
			}.operation(KeyDays),
			"ListSecrets": survey{
				reads: "SecretList[]: Name, LastChangedDate, NextRotationDate, DeletedDate",
				list:  "SecretList", kind: "secret", kinds: "secrets", name: "Name", good: "young enough", each: judgeSecret,
			}.operation(KeyDays),
			"GetSecretValue":      {Secret: true},
			"BatchGetSecretValue": {Secret: true},
			"GetRandomPassword":   {Secret: true, Drawn: true},
			// DescribeSecret never answers the value: a difference shows in the versions'
			// labels only.
			"PutSecretValue": {change: Change{
				Kind: "secret", ReadOperation: "DescribeSecret", ReadWith: "{SecretId: SecretId}",
				Excluded: []string{"SecretId", "SecretString", "SecretBinary", "ClientRequestToken"},
				NoWait:   atOnce,
				rollback: secretRollback,
				NoRollback: "aws secretsmanager update-secret-version-stage puts AWSCURRENT on the version from " +
					"before, which has AWSPREVIOUS now",
			}},
			// Description and key are restored from the read; a new value is a version, which
			// the labels tell.
			"UpdateSecret": {change: Change{
				Kind: "secret", ReadOperation: "DescribeSecret", ReadWith: "{SecretId: SecretId}",
				Excluded: []string{"SecretId", "SecretString", "SecretBinary", "ClientRequestToken"},
				NoWait:   atOnce,
				Restores: true,
			}},
			// Rotation runs a Lambda function that also changes the password in the database.
			"RotateSecret": {change: Change{
				Kind: "secret", ReadOperation: "DescribeSecret", ReadWith: "{SecretId: SecretId}",
				Excluded:   []string{"SecretId", "ClientRequestToken", "RotateImmediately"},
				NoWait:     "its function may take minutes; AWS does not say when it is done",
				NoRollback: "a rotated secret is not put back: who uses it has the new one",
			}},
		},
	}
}

// secretRollback says what rolls a new version back: the labels of versions are moved, which one call here cannot do.
func secretRollback(_, _ *document.Object) (*document.Object, string) {
	return nil, "aws secretsmanager update-secret-version-stage puts AWSCURRENT on the version from before, which has AWSPREVIOUS then"
}

// judgeSecret reads how old a secret's value is, and whether its rotation is late.
func judgeSecret(q answered, o *document.Object) finding {
	if t := at(o, "DeletedDate"); !t.IsZero() {
		return found(procedures.Failed, "deleted on %s", t.Format("2 January"))
	}
	if t := at(o, "NextRotationDate"); !t.IsZero() && q.now.Sub(t) > 24*time.Hour { // the date is a day's
		return found(procedures.Failed, "its rotation is overdue since %s", t.Format("2 January"))
	}
	changed := at(o, "LastChangedDate")
	if changed.IsZero() {
		return found(procedures.NoData, "it was never changed")
	}
	age, most := q.now.Sub(changed), q.limit(KeyDays)
	if age.Hours() > 24*most {
		return found(procedures.Warned, "%s old; it should not be older than %s days", ago(age), number(most))
	}
	return found(procedures.Passed, "%s old", ago(age))
}
