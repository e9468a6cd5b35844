package analyse

import (
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// readWatch reads procps' `watch -n SECONDS COMMAND`, which hands its words to a shell.
// https://man7.org/linux/man-pages/man1/watch.1.html
// The usual interval is 2 s, as watch's own; -n takes a decimal comma, as in procps, and is
// rounded to whole seconds. Options that end watch when its output changes are refused; those of
// its display have no effect. It has no time: the title of its step may name one.
func (r *bakeReader) readWatch() {
	seconds := func(text string) {
		n, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
		if err != nil || n <= 0 || n > procedures.WatchLongest.Seconds() {
			r.refuse("watch -n wants seconds, and %s is no number of them.", text)
			return
		}
		r.bake.Every = max(time.Duration(n*float64(time.Second)).Round(time.Second), procedures.BakeShortest)
	}
	for i := 1; i < len(r.words); i++ {
		text := r.words[i].Text
		name, value, joined := strings.Cut(text, "=")
		switch {
		case text == "--":
			r.command(i + 1)
			return
		case !strings.HasPrefix(text, "-"):
			r.command(i)
			return
		case name == "--interval" && joined:
			seconds(value)
		case strings.HasPrefix(text, "-n") && len(text) > 2:
			seconds(text[2:])
		case text == "-n", text == "--interval":
			if i++; i == len(r.words) {
				r.refuse("watch -n wants seconds.")
				return
			}
			seconds(r.words[i].Text)
		case name == "--chgexit", name == "--equexit", text == "-g", strings.HasPrefix(text, "-q"):
			r.refuse("watch %s ends when the output changes, which is not supported here: a bake ends when a sample fails.", name)
		}
	}
	r.refuse("watch wants a command.")
}
