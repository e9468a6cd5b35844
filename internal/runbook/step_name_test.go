package runbook

import (
	"strings"
	"testing"
)

// TestNamesOfSteps has what titles were made of by mistake.
func TestNamesOfSteps(t *testing.T) {
	const key = "\"auth\": {\n  \"type\": \"AdminKey\",\n}"
	for _, test := range []struct{ name, text, want string }{
		{"a key is no comment", "Set the key:\n\n```python\n" + key + "\n```", "Set the key"},
		{"what documents a file", "Set the key:\n\n```python\n\"\"\"Sort the queue\"\"\"\nimport os\n```", "Sort the queue"},
		{"a comment", "Set the key:\n\n```python\n# Sort the queue\nimport os\n```", "Sort the queue"},
		{
			"a heading is said once",
			"### 🧹 Tidy up\n\n```bash\nnpm run clean\nnpm run format\n```\n\n### Test\n\n```bash\nnpm test\n```", "🧹 Tidy up",
		},
		{"where it was", "```bash\n# The promotion\naws rds delete-from-global-cluster --global-cluster-identifier g\n```",
			"The promotion: deletes from the global cluster g"},
	} {
		p := openText(t, "# A book\n\n## Work\n\n"+test.text).Procedures()[0]
		if got := p.Steps[0].Title; got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	query := openText(t, "# A book\n\n## Look\n\n```sql\nfields @timestamp\n| stats count() by bin(5m)\n```\n").Procedures()[0].Steps[0]
	if !strings.HasPrefix(query.Why, "A query of Logs Insights does not run here.") {
		t.Errorf("a query in a fence of SQL: %s", query.Why)
	}
	again := openText(t, "# A book\n\n## Work\n\n```bash\nhelm repo add a\n```\n\nThen:\n\n```bash\nhelm repo add a\n```\n")
	for _, m := range again.Findings {
		if m.Rule == "same-title" {
			t.Errorf("titles that nobody wrote: %s", m)
		}
	}
	tasks := openText(t, "# A book\n\n- [ ] Look at the queue\n  ```sql\n  select 1;\n  ```\n")
	for _, m := range tasks.Findings {
		t.Errorf("a task and its code: %s", m)
	}
}
