package bc_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/scripts/commands/bc"
)

// What GNU's bc 1.07 prints is in bench/fidelity: its collected snippets, and the templates of bc. Here is what it does not tell.

func run(t *testing.T, work func(int) error, texts ...string) (out, problems string, over bool, err error) {
	t.Helper()
	var o, p bytes.Buffer
	m := bc.New(&o, &p, work, true)
	for _, text := range texts {
		if over, err = m.Run(text, "(standard_in)"); over || err != nil {
			break
		}
	}
	return o.String(), p.String(), over, err
}

func free(int) error { return nil }

func TestALineWithoutAnEndGoesOn(t *testing.T) {
	t.Parallel()
	if out, _, _, _ := run(t, free, "1\n2", "3\n4"); out != "1\n23\n" {
		t.Errorf("%q", out)
	}
}

// What would take too long, or is too large, ends the program by an error that says so.
func TestProgramsAreBounded(t *testing.T) {
	t.Parallel()
	spent := errors.New("spent")
	left := 200_000
	work := func(n int) error {
		if left -= n; left < 0 {
			return spent
		}
		return nil
	}
	for _, text := range []string{
		"while (1) x += 1\n", "for (;;) a[x++] = x\n", "define f(x) { return f(x) }\nf(1)\n", "scale=20000;l(2)\n",
		"for(;1;) print \"a\"\n",
		"x=2; while (1) x = x * x\n",
	} {
		left = 200_000
		var wrong *bc.NotHereError
		if _, _, _, err := run(t, work, text); !errors.Is(err, spent) && !errors.As(err, &wrong) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"9^9^9^9\n", "e(99999999)\n", "scale=99999\n", "s(10^30)\n", "j(1,2)\n", "read()\n", "2^999999\n"} {
		left = 1 << 30
		_, problems, _, err := run(t, work, text)
		var wrong *bc.NotHereError
		if !errors.As(err, &wrong) && !strings.Contains(problems, "too large") {
			t.Errorf("%q: %v %q", text, err, problems)
		}
	}
	deep := strings.Repeat("(", 100_000) + "\n" + strings.Repeat("-", 100_000) + "1\n" + strings.Repeat("{", 100_000) + "\n" +
		strings.Repeat("!", 100_000) + "1\n" + strings.Repeat("a=", 100_000) + "1\n" + strings.Repeat("1^", 100_000) + "1\n"
	if _, _, _, err := run(t, free, deep); err != nil {
		t.Error(err)
	}
}

func FuzzRun(f *testing.F) {
	f.Add("define f(x) {\nauto y; y=x/3\nif (y>1) return(y) else return -y\n}\nscale=5;f(7);sqrt(2);l(3)\n")
	f.Fuzz(func(t *testing.T, text string) {
		left := 100_000
		_, _, _, _ = run(t, func(n int) error {
			if left -= n + 1; left < 0 {
				return errors.New("spent")
			}
			return nil
		}, text)
	})
}
