package commands_test

import (
	"os"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// The document for those who write runbooks names each command.
func TestTheDocumentNamesEachCommand(t *testing.T) {
	text, err := os.ReadFile("../../../docs/scripts.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range commands.Table(commands.Options{}) {
		if !strings.Contains(string(text), "`"+name+"`") && !strings.Contains(string(text), "`"+name+" ") {
			t.Errorf("docs/scripts.md does not name %s", name)
		}
	}
}
