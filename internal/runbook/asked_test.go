package runbook

import "testing"

// TestFieldsOfRead has what a line of read tells of the field that it asks for.
func TestFieldsOfRead(t *testing.T) {
	for script, want := range map[string]use{
		"read -rs KEY":                    {secret: true},
		"read -rsp 'The key: ' KEY":       {secret: true, title: "The key"},
		"read -s -p \"Key?\" -n 4 KEY":    {secret: true, title: "Key"},
		"read -s -p 'Both: ' KEY OTHER":   {secret: true},
		"echo $KEY":                       {},
		"read -s KEY\necho \"${KEY:-x}\"": {secret: true, fallback: "x", optional: true},
	} {
		got := variableFacts(script + "\n")["KEY"]
		if got.secret != want.secret || got.title != want.title || got.name != "KEY" {
			t.Errorf("%q: %+v", script, got)
		}
	}
}

// TestNoStepIsCalledConfigure holds that a command of aws without an operation is called by both its words.
func TestNoStepIsCalledConfigure(t *testing.T) {
	for _, heading := range []string{"Shop", "Configure", "Set up the CLI"} {
		lib := openText(t, "# A\n\n## "+heading+"\n\n```bash\naws configure\n```\n\n```bash\naws sts get-caller-identity\n```\n")
		for _, p := range lib.Procedures() {
			for _, s := range p.Steps {
				if s.Title == "configure" || s.Title == "Configure" && heading != "Configure" {
					t.Errorf("under %s there is %q", heading, s.Title)
				}
			}
		}
	}
}
