package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestKMSVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"kms DescribeKey", `{"KeyId":"orders"}`,
			`{"KeyMetadata":{"KeyId":"4f","KeyState":"Enabled"}}`,
			procedures.Passed, "4f: Enabled.",
		},
		{
			"kms DescribeKey", `{"KeyId":"orders"}`,
			`{"KeyMetadata":{"KeyId":"4f","KeyState":"PendingDeletion","DeletionDate":"2027-05-12T00:00:00+00:00"}}`,
			procedures.Failed, "4f: PendingDeletion: gone on 12 May.",
		},
		{
			"kms DescribeKey", `{"KeyId":"orders"}`,
			`{"KeyMetadata":{"KeyId":"4f","KeyState":"PendingImport"}}`,
			procedures.Warned, "PendingImport",
		},
		{
			"kms GetKeyRotationStatus", `{"KeyId":"orders"}`,
			`{"KeyRotationEnabled":true,"NextRotationDate":"2027-03-03T00:00:00+00:00"}`,
			procedures.Passed, "orders: it is rotated, next on 3 March.",
		},
		{
			"kms GetKeyRotationStatus", `{"KeyId":"orders"}`,
			`{"KeyRotationEnabled":false}`,
			procedures.Warned, "orders: it is not rotated.",
		},
	})
}
