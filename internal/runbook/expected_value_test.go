package runbook

import "testing"

// TestWhatADocumentExpects has the ways in which documents say what a command has to print, and those in which they only show it.
func TestWhatADocumentExpects(t *testing.T) {
	const call = "aws ecs describe-services --cluster web --services front --query 'services[0].status' --output text\n"
	for text, want := range map[string]string{
		"```bash\n" + call + "# Expected: ACTIVE\n```\n":                           "ACTIVE",
		"```bash\n" + call + "# should be ACTIVE\n```\n":                           "ACTIVE",
		"```bash\n" + call + "```\n\nExpected output:\n\n```\nACTIVE\n```\n":       "ACTIVE",
		"```bash\n" + call + "```\n\n期待値:\n\n```\nACTIVE\n```\n":                   "ACTIVE",
		"```bash\n" + call + "```\n\nYou should see:\n\n```\nDeployed\n```\n":      "Deployed",
		"```bash\n" + call + "```\n\nExample output:\n\n```\nACTIVE\n```\n":        "",
		"```bash\n" + call + "```\n\nThe output looks like:\n\n```\nACTIVE\n```\n": "",
		"```console\n$ " + call + "ACTIVE\n```\n":                                  "",
	} {
		steps := openText(t, "# A\n\n"+text).Procedures()[0].Steps
		if got := steps[0].ExpectedValue(); got != want {
			t.Errorf("%s: %q, want %q (%q)", text, got, want, steps[0].Expected)
		}
	}
}
