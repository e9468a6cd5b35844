package knowledge

import (
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// efsService is Amazon EFS. https://docs.aws.amazon.com/efs/latest/ug/API_FileSystemDescription.html
func efsService() service {
	return service{operations: map[string]Operation{
		"DescribeFileSystems": survey{
			reads: "FileSystems[]: FileSystemId, Name, LifeCycleState, NumberOfMountTargets",
			list:  "FileSystems", kind: "file system", kinds: "file systems", name: "Name|FileSystemId", good: "available",
			state: "LifeCycleState", states: thing.with(states{warn: "deleted"}),
			each: func(_ answered, o *document.Object) finding {
				f := finding{id: str(o, "FileSystemId")}
				n, ok := numberAt(o, "NumberOfMountTargets")
				if !ok {
					return f
				}
				f.verdict, f.says = procedures.Passed, plural(int(n), "mount target", "mount targets")
				if n == 0 {
					f.verdict = procedures.Warned
				}
				return f
			},
		}.operation(),
	}}
}
