package hooks

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTableOfHooks reads the table: each row has a state and a reason, and a file that is named is there.
func TestTableOfHooks(t *testing.T) {
	all := All()
	if len(all) < 150 {
		t.Fatalf("%d hooks", len(all))
	}
	for _, h := range all {
		if !slices.Contains([]string{"done", "unneeded", "by-hand"}, h.State) || h.Why == "" {
			t.Errorf("%s %s is %q: %q", h.On, h.Function, h.State, h.Why)
		}
		for word := range strings.FieldsSeq(h.Why) {
			name := strings.TrimRight(word, ",;:")
			if !strings.HasSuffix(name, ".go") {
				continue
			}
			if _, err := os.Stat(filepath.Join("..", name)); err != nil {
				t.Errorf("%s %s is done in %s: %v", h.On, h.Function, name, err)
			}
		}
	}
}

// TestTableOfHooksIsTheCLIs compares it with an AWS CLI, whose source AWSCLI_SRC names.
func TestTableOfHooksIsTheCLIs(t *testing.T) {
	source := os.Getenv("AWSCLI_SRC")
	if source == "" {
		t.Skip("AWSCLI_SRC names no source of the AWS CLI")
	}
	unknown, err := Unknown(source)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range unknown {
		t.Errorf("%s is not in hooks.txt", name)
	}
}

// TestAnUnknownHookIsFound adds one to a made-up source.
func TestAnUnknownHookIsFound(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "awscli", "botocore"), 0o750); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"awscli/botocore/handlers.py": "BUILTIN_HANDLERS = [\n    ('after-call.iam', json_decode_policies),\n" +
			"    (\n        'after-call.new',\n        new_one,\n    ),\n    ('docs.x', y),\n]\n",
		"awscli/handlers_registry.py": "{'a': [('awscli.customizations.iot', 'register_iot_create_keys_from_csr'), " +
			"('awscli.customizations.new', 'register')]}",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	unknown, err := Unknown(dir)
	if err != nil || !slices.Equal(unknown, []string{"after-call.new new_one", "new register"}) {
		t.Errorf("%q, %v", unknown, err)
	}
}
