package analyse

import (
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// TestWhatIsAskedFor has lines of read: their variables come from the page, unless the line is given something.
func TestWhatIsAskedFor(t *testing.T) {
	for script, want := range map[string]string{
		"read -rs KEY": "KEY", "read -s KEY": "KEY", "read -srp 'Key: ' KEY": "KEY", "read -r -s -p 'Key: ' KEY": "KEY",
		"read -s -n 4 PIN": "PIN", "read -s A B": "A B", "if true; then read -s KEY; fi": "KEY", "true && read -s KEY": "KEY",
		"read -s": "", "read KEY": "KEY", "read -p s KEY": "KEY", "read -r KEY < /dev/tty": "KEY",
		"read -sa KEY": "", "read -p 'Go on?' -n 1 -r": "",
		"read KEY < /dev/null": "",
		"exec < f\nread KEY":   "", "for i in 1 2; do read KEY; done": "",
		"while true; do read KEY; [ \"$KEY\" ] && break; done": "KEY", "while read KEY; do :; done": "",
		"until false; do read KEY; done < f": "", "read -s KEY <<< x": "", "read -s KEY < f": "",
		"echo x | read -s KEY": "", "f() { read -s KEY; }; f": "", "while read -s KEY; do :; done < f": "", "{ read -s KEY; } < f": "",
		"read -s -u 3 KEY": "", "KEY=1\nread -s KEY": "",
	} {
		a := analyser().Analyse(procedures.Script{Text: script + "\n"})
		if got := a.Uses; !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%s asks for %q, want %q", script, got, want)
		}
	}
}
