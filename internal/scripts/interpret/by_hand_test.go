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
		"kubectl get pods": false, "kubectl get pods > /dev/null": false, "kubectl get pods >/dev/null 2>&1 && echo ok": true,
		"ps aux | grep nginx": true, "n=$(kubectl get pods | wc -l); echo after": true, "kubectl get pods > f; wc -l < f": true,
		"x=$(kubectl version)": true, "kubectl get pods | kubectl apply -f -": true,
		"xargs -n1 kubectl describe < f": false, "echo a | xargs kubectl get | sort": true, "timeout 5 kubectl get x | sort": true,
		"if kubectl get x | grep -q y; then echo yes; else echo no; fi": true, "f() { kubectl get x; }; y=$(f)": true,
		"(kubectl get x) | sort": true,
		// Its status is nobody's to guess either, wherever something is concluded from it.
		"if kubectl get x; then echo yes; fi": true, "if ! kubectl get x >/dev/null; then echo yes; fi": true, "! kubectl get x": true,
		"while kubectl get x; do echo yes; done": true, "until kubectl get x; do echo yes; done": true, "kubectl get x; echo $? yes": true,
		"kubectl get x || echo yes": true, "kubectl get x && echo yes || echo no": true, "kubectl get x; rc=$?; echo $rc yes": true,
		"if true && kubectl get x; then echo yes; fi": true, "if { echo a; kubectl get x; }; then echo yes; fi": true,
		"f() { kubectl get x; }; if f; then echo yes; fi": true, "g() { f; }; f() { kubectl get x; }; g && echo yes": true,
		"if (cd . && kubectl get x); then echo yes; fi": true, "echo a | kubectl get x; echo ${PIPESTATUS[1]} yes": true,
		"if timeout 5 kubectl get x; then echo yes; fi": true, "if echo a | xargs kubectl get; then echo yes; fi": true,
		"if case a in a) kubectl get x;; esac; then echo yes; fi": true, "time kubectl get x || echo yes": true,
		"x=$(kubectl get x >/dev/null) && echo yes": true, "if x=$(kubectl get x >/dev/null); then echo yes; fi": true,
		"kubectl get x && cp f g && echo yes": true, "kubectl get x || { echo yes; false; }": true,
		// What only goes on where it succeeds is rehearsed.
		"kubectl apply -f x && kubectl get x": false, "kubectl apply -f x && echo done": false, "kubectl get x || exit 1": false,
		"kubectl get x || { echo bad; exit 1; }": false, "kubectl get x || true": false, "set -e; kubectl get x; echo done": false,
		"f() { kubectl get x; }; f; echo done": false, "terraform init && terraform plan": false, "echo a | kubectl get x": false,
		"for i in a b; do kubectl get $i; done": false, "[ -f f ] && kubectl get x": false, "if true; then kubectl get x; fi": false,
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

// A program that is not run reads what is piped into it: what writes it finds no broken pipe. The input of a loop around it is the loop's.
func TestARehearsedProgramReadsItsInput(t *testing.T) {
	t.Parallel()
	table := commands.Table(commands.Options{})
	for script, want := range map[string]string{
		"set -o pipefail; seq 300000 | kubectl apply -f -":                   "",
		"set -o pipefail; seq 300000 | cat | kubectl apply -f - >/dev/null":  "",
		"seq 3 | while read -r i; do kubectl get $i; echo $i; done":          "1\n2\n3\n",
		"set -o pipefail; seq 300000 > f; kubectl apply -f - < f; echo done": "done\n",
	} {
		for _, rehearse := range []bool{true, false} {
			own, err := os.OpenRoot(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			defer own.Close()
			var out, errs strings.Builder
			outcome, err := Run(t.Context(), &Execution{
				Script: procedures.Script{Text: script, Line: 1}, Files: &Folder{Own: own}, Now: time.Now, Rehearse: rehearse, Stdout: &out,
				Stderr: &errs, Commands: func(name string) (procedures.Command, bool) { c, ok := table[name]; return c, ok },
			})
			status := map[bool]int{true: 0, false: 127}[rehearse]
			if strings.Contains(script, "echo") {
				status = 0
			}
			if err != nil || outcome.Status != status || out.String() != want || strings.Contains(errs.String(), "pipe") {
				t.Errorf("%s: %q, status %d, %v %s", script, out.String(), outcome.Status, err, errs.String())
			}
		}
	}
}
