package interpret

import "testing"

// TestReadOfAField holds that a line of read which hides what is typed leaves the field's value where nothing else is its input, and reads
// where something is.
func TestReadOfAField(t *testing.T) {
	for script, want := range map[string]string{
		"read -rs KEY && echo \"got $KEY\"":                         "got typed\n",
		"read -s -p 'Key: ' KEY; echo \"$? $KEY\"":                  "0 typed\n",
		"read -s KEY <<< other; echo \"$KEY\"":                      "other\n",
		"echo piped | { read -s KEY; echo \"$KEY\"; }":              "piped\n",
		"read -s NOBODY; echo \"$? [$NOBODY]\"":                     "1 []\n",
		"read -s KEY NOBODY; echo \"$? [$KEY]\"":                    "1 []\n",
		"printf 'a\\nb\\n' | while read -s KEY; do echo $KEY; done": "a\nb\n",
	} {
		out, _, _, err := runScript(t, script+"\n", func(e *Execution) { e.Parameters = map[string]string{"KEY": "typed"} })
		if out != want || err != nil {
			t.Errorf("%s: printed %q, %v; want %q", script, out, err, want)
		}
	}
}
