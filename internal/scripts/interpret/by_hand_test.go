package interpret

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// A program of which nothing is known is rehearsed where nobody uses what it prints. Elsewhere the script ends before it: its value is
// nobody's to guess, and what follows from it is neither run nor judged.
func TestNoValueIsRehearsed(t *testing.T) {
	t.Parallel()
	table := commands.Table(commands.Options{})
	for script, byHand := range map[string]bool{
		"kubectl get pods": false, "kubectl get pods > /dev/null": false, "kubectl get pods >/dev/null 2>&1 && echo ok": false,
		"ps aux | grep nginx": true, "n=$(kubectl get pods | wc -l); echo after": true, "kubectl get pods > f; wc -l < f": true,
		"x=$(kubectl version)": true, "kubectl get pods | kubectl apply -f -": true,
		"xargs -n1 kubectl describe < f": false, "echo a | xargs kubectl get | sort": true, "timeout 5 kubectl get x | sort": true,
		"if kubectl get x | grep -q y; then echo yes; else echo no; fi": true, "f() { kubectl get x; }; y=$(f)": true,
		"(kubectl get x) | sort": true,
	} {
		own, err := os.OpenRoot(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer own.Close()
		if err := own.WriteFile("f", []byte("a\nb\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		outcome, err := Run(t.Context(), &Execution{
			Script: procedures.Script{Text: script, Line: 1}, Files: &Folder{Own: own}, Now: time.Now, Rehearse: true, Stdout: &out,
			Commands: func(name string) (procedures.Command, bool) { c, ok := table[name]; return c, ok },
		})
		if err != nil || outcome.Refused != "" {
			t.Errorf("%s: %v %s", script, err, outcome.Refused)
		}
		if got := outcome.Unavailable != ""; got != byHand || byHand && (strings.Contains(out.String(), "after") ||
			strings.Contains(out.String(), "yes") || strings.Contains(out.String(), "no\n")) {
			t.Errorf("%s: by hand %v, want %v; printed %q", script, got, byHand, out.String())
		}
	}
}
