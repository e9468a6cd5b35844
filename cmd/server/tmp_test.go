package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDocumentedLinesWriteToTmp runs AWS's documented lines with whole paths: the file is the run's own, a later command and
// a later step read it, and the machine's /tmp stays as it is. Nothing is found wrong with the lines.
func TestDocumentedLinesWriteToTmp(t *testing.T) {
	dir := runbookFolder(t, "# Book\n\n## Look\n\n```bash\n# Write\n"+
		"aws lambda invoke --function-name network-visualizer-api-production /tmp/opsbook-test.json --query StatusCode\n"+
		"cat /tmp/opsbook-test.json && echo\n"+
		"echo '{\"a\":1}' > \"$TMPDIR/in.json\"; jq .a /tmp/in.json; wc -l < /tmp/in.json\n```\n")
	if err := os.Symlink("/etc", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	_, listed, _ := cli(t, "list", "--runbooks", dir)
	if strings.Contains(listed, "/tmp") || !strings.Contains(listed, "leads outside") {
		t.Errorf("found %s", listed)
	}
	status, stdout, stderr := cli(t, "run", "--runbooks", dir, "--yes", "look#write")
	if status != 0 || !strings.HasPrefix(stdout, "200\n") || !strings.HasSuffix(stdout, "\n1\n1\n") {
		t.Errorf("status %d, %q, %s", status, stdout, stderr)
	}
	for _, name := range []string{"opsbook-test.json", "in.json"} {
		if _, err := os.Stat("/tmp/" + name); err == nil {
			t.Errorf("/tmp/%s is the machine's", name)
		}
	}
}
