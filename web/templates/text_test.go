package templates

import "testing"

func TestVisible(t *testing.T) {
	for given, want := range map[string]string{
		"a\tb\n": "a\tb\n", "\x1b[31m": "␛[31m", "\x00": "␀", "\x7f": "␡", "a\r\nb": "a\nb", "a\u202eb": "a\ufffdb",
		"é✓": "é✓", "\u0085": "\ufffd",
	} {
		if got := Visible(given); got != want {
			t.Errorf("%q became %q, want %q", given, got, want)
		}
	}
}
