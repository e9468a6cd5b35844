package interpret

import (
	"strings"
	"testing"
)

// TestDevices reads each device that a script sees, by a redirection and by name; the others are refused before anything is run.
func TestDevices(t *testing.T) {
	for script, want := range map[string]string{
		"cat /dev/null | wc -c; wc -c < /dev/null":                                    "0\n0\n",
		"head -c 3 /dev/zero | od -An -c; head -c 2 < /dev/zero | wc -c":              "  \\0  \\0  \\0\n2\n",
		"head -c 9 /dev/urandom | wc -c; head -c 7 < /dev/random | wc -c":             "9\n7\n",
		"x=$(tr -dc a-z </dev/urandom | head -c 12); echo ${#x}":                      "12\n",
		"[ -c /dev/null ] && ! [ -f /dev/zero ] && [ -r /dev/urandom ] && ls f":       "f\n",
		"read -r x </dev/tty || echo $?":                                              "1\n",
		"cmp -s <(head -c 20 /dev/urandom) <(head -c 20 /dev/urandom) || echo differ": "differ\n",
	} {
		if got, stderr, _, _ := runScript(t, "echo > f\n"+script+"\n", nil); got != want {
			t.Errorf("%s: %q, %q", script, got, stderr)
		}
	}
	for _, name := range []string{"/dev/full", "/dev/sda", "/dev/tcp/127.0.0.1/443", "/dev/ptmx", "/dev/mem"} {
		for _, op := range []string{"<", ">", ">>", "2>", "&>"} {
			if why := leftOut("cat " + op + name); !strings.Contains(why, name) {
				t.Errorf("cat %s%s: %q", op, name, why)
			}
		}
	}
}

// TestRandomBytesOfAPlanComeAgain holds that a password which is made while a change is planned is the one that is set.
func TestRandomBytesOfAPlanComeAgain(t *testing.T) {
	first := func(salt string) (out []string) {
		r := newRandom(salt)
		for range 3 {
			text := make([]byte, 16)
			if _, err := device("/dev/urandom", r).Read(text); err != nil {
				t.Fatal(err)
			}
			out = append(out, string(text))
		}
		return out
	}
	a, again, other, none := first("a"), first("a"), first("b"), first("")
	for i := range a {
		if a[i] != again[i] || a[i] == other[i] || a[i] == none[i] || i > 0 && a[i] == a[i-1] {
			t.Errorf("reader %d: %x, %x, %x, %x", i, a[i], again[i], other[i], none[i])
		}
	}
}
