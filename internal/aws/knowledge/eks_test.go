package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestEKSVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"eks DescribeCluster", `{"name":"prod"}`,
			`{"cluster":{"name":"prod","status":"ACTIVE","version":"1.33"}}`,
			procedures.Passed, "prod: ACTIVE, 1.33, no issues.",
		},
		{
			"eks DescribeCluster", `{"name":"prod"}`,
			`{"cluster":{"name":"prod","status":"ACTIVE","version":"1.33",` +
				`"health":{"issues":[{"code":"InsufficientFreeAddresses"}]}}}`,
			procedures.Warned, "prod: 1 issue: InsufficientFreeAddresses.",
		},
		{
			"eks DescribeCluster", `{"name":"prod"}`,
			`{"cluster":{"name":"prod","status":"FAILED"}}`,
			procedures.Failed, "prod: FAILED.",
		},
		{
			"eks DescribeNodegroup", `{}`,
			`{"nodegroup":{"nodegroupName":"workers","status":"ACTIVE"}}`,
			procedures.Passed, "workers: ACTIVE.",
		},
		{
			"eks DescribeNodegroup", `{}`,
			`{"nodegroup":{"nodegroupName":"workers","status":"DEGRADED",` +
				`"health":{"issues":[{"code":"InsufficientFreeAddresses","message":"no free addresses"}]}}}`,
			procedures.Failed, "workers: DEGRADED: no free addresses.",
		},
		{"eks DescribeAddon", `{}`, `{"addon":{"addonName":"vpc-cni","status":"ACTIVE"}}`, procedures.Passed, "vpc-cni: ACTIVE."},
		{
			"eks DescribeAddon", `{}`,
			`{"addon":{"addonName":"vpc-cni","status":"CREATE_FAILED"}}`,
			procedures.Failed, "vpc-cni: CREATE_FAILED.",
		},
	})
}
