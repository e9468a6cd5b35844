package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestEFSVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"efs DescribeFileSystems", `{}`,
			`{"FileSystems":[{"FileSystemId":"fs-1","Name":"home","LifeCycleState":"available","NumberOfMountTargets":3}]}`,
			procedures.Passed, "home: available, 3 mount targets.",
		},
		{
			"efs DescribeFileSystems", `{}`,
			`{"FileSystems":[{"FileSystemId":"fs-1","LifeCycleState":"available","NumberOfMountTargets":0}]}`,
			procedures.Warned, "fs-1: 0 mount targets.",
		},
		{
			"efs DescribeFileSystems", `{}`,
			`{"FileSystems":[{"FileSystemId":"fs-1","LifeCycleState":"error"}]}`,
			procedures.Failed, "fs-1: error.",
		},
	})
}
