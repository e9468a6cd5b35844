package runbook

import (
	"fmt"
	"strings"
	"testing"
)

// What a document sets a variable to is the default of the field in all of it. Examples and secrets are none.
func TestValuesOfTheDocument(t *testing.T) {
	for name, test := range map[string]struct{ document, want string }{
		"set above": {"## A\n```bash\nCLUSTER=shop\necho $CLUSTER\n```\n## B\n```bash\n" +
			"aws ecs describe-clusters --clusters $CLUSTER\n```\n",
			"CLUSTER=shop from 7"},
		"set below": {"## B\n```bash\naws ecs describe-clusters --clusters $CLUSTER\n```\n## A\n```bash\nexport CLUSTER=\"shop\"\n```\n",
			"CLUSTER=shop from 11"},
		"the nearest above": {"## A\n```bash\nC=one\n```\n## A2\n```bash\nC=two\n```\n## B\n```bash\naws s3 ls $C\n```\n## D\n" +
			"```bash\nC=three\n```\n",
			"C=two from 11 of [one two three]"},
		"in an env block": {"```env\n# the cluster\nexport CLUSTER='shop' # ours\nAPI_TOKEN=x\n```\n## B\n```bash\n" +
			"aws ecs list-services --cluster $CLUSTER $API_TOKEN\n```\n",
			"CLUSTER=shop from 7; API_TOKEN"},
		"a secret": {"## A\n```bash\nDB_PASSWORD=hunter2\n```\n## B\n```bash\npsql $DB_PASSWORD\n```\n", "DB_PASSWORD"},
		"an example": {"## A\n```bash\nCLUSTER=your-cluster\nACCOUNT=123456789012\nBUCKET=<bucket>\n```\n" +
			"## B\n```bash\naws ecs list-services --cluster $CLUSTER $ACCOUNT $BUCKET\n" +
			"```\n", "CLUSTER(your-cluster); ACCOUNT(123456789012); BUCKET"},
		"an id": {"## A\n```bash\nID=i-0f3a91bc22d4e5f61\n```\n## B\n```bash\naws ec2 stop-instances --instance-ids $ID\n```\n",
			"ID=i-0f3a91bc22d4e5f61 from 7"},
		"computed": {"## A\n```bash\nID=$(aws sts get-caller-identity)\n```\n## B\n```bash\naws s3 ls $ID\n" +
			"```\n", "ID"},
		"before a command, in a function": {"## A\n```bash\nX=1 make\nf() { Y=2; }\n```\n## B\n```bash\naws s3 ls $X$Y\n```\n", "X; Y"},
		"front matter goes first":         {"## A\n```bash\nC=one\n```\n## B\n```bash\naws s3 ls $C\n```\n", "C=front"},
		"its own default goes first":      {"## A\n```bash\nC=one\n```\n## B\n```bash\naws s3 ls ${C:-two}\n```\n", "C=two"},
		"replace a word": {"Replace `prod-cluster` with your cluster's name.\n\n## B\n```bash\n" +
			"aws ecs list-services --cluster prod-cluster\n" +
			"aws s3 ls s3://prod-cluster-logs\n```\n", "prod-cluster(prod-cluster) “Cluster's name”"},
		"replace two": {"## B\nReplace `shop` and `<env>`\nwith your service (see below).\n\n```bash\n" +
			"aws ecs list-services --cluster shop-<env>\n```\n",
			"shop(shop) “Service”; env “Service”"},
		"replace a variable": {"Replace `$C` with the actual cluster.\n\n## B\n```bash\naws ecs list-services --cluster $C\n" +
			"```\n", "C “Cluster”"},
		"replace for good": {"Replace `old` with `new`.\nReplace the `disk` with a larger one.\n\n## B\n```bash\n" +
			"aws s3 ls old disk\n```\n", ""},
	} {
		front := "---\nprocedure: heading\n---\n"
		if strings.HasPrefix(name, "front matter") {
			front = "---\nprocedure: heading\nparams: {C: {default: front}}\n---\n"
		}
		lib := openText(t, front+"# P\n"+test.document)
		p, _, err := lib.Find("b")
		if err != nil {
			t.Fatal(name, err)
		}
		var fields []string
		for _, q := range p.Parameters {
			text := q.Name
			if q.Default != "" {
				text += "=" + q.Default
			}
			if q.Example != "" {
				text += "(" + q.Example + ")"
			}
			if q.Line > 0 {
				text += fmt.Sprint(" from ", q.Line)
			}
			if q.Offered != nil {
				text += fmt.Sprint(" of ", q.Offered)
			}
			if q.Title != humanize(q.Name) {
				text += " “" + q.Title + "”"
			}
			if q.Required != (q.Default == "") {
				t.Errorf("%s: %s is required: %t", name, q.Name, q.Required)
			}
			fields = append(fields, text)
		}
		if got := strings.Join(fields, "; "); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
