package main

import (
	"strings"
	"testing"
)

// expectedBook has a table that its document expects, and one that it only shows.
const expectedBook = `# Book

## Expected

` + "```bash" + `
aws rds describe-db-instances --db-instance-identifier orders --output table \
  --query 'DBInstances[].{Name:DBInstanceIdentifier,Status:DBInstanceStatus}'
` + "```" + `

Expected output:

` + "```" + `
---------------------------
|   DescribeDBInstances   |
+----------+--------------+
|   Name   |    Status    |
+----------+--------------+
|  billing |  available   |
+----------+--------------+
` + "```" + `

## Described

` + "```bash" + `
aws ecs list-clusters
` + "```" + `

Expected output:

` + "```json" + `
{"clusterArns": ["arn:aws:ecs:<region>:<account>:cluster/web", ...]}
` + "```" + `
`

// TestExpectedOutputDecides runs steps whose document shows what they print, on a healthy account and on a broken one.
func TestExpectedOutputDecides(t *testing.T) {
	dir := runbookFolder(t, expectedBook)
	for _, test := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"expected"}, 0, "orders: available; as the document expects: Status available."},
		{[]string{"expected", "--fault", "rds-full"}, 1, "The document expects Status available, and it is storage-full."},
		{[]string{"described"}, 0, ": info"},
	} {
		status, _, said := cli(t, append([]string{"--runbooks", dir, "run"}, test.args...)...)
		if status != test.status || !strings.Contains(said, test.want) {
			t.Errorf("%v: status %d, %s; want %d, %s", test.args, status, said, test.status, test.want)
		}
	}
}
