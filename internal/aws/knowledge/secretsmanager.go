package knowledge

import "github.com/opsbook/opsbook/internal/document"

// secretsmanagerService is AWS Secrets Manager. Values are never deleted by a new one: they are versions with labels.
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
func secretsmanagerService() service {
	return service{
		operations: map[string]Operation{
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
