package templates

import (
	"context"
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

func output(text string) []journal.Piece {
	return []journal.Piece{{Kind: procedures.EventOutput, Stream: "stdout", Text: text}}
}

// TestBlocksHoldWholeLines draws an output: what is drawn is what was printed, and a block that is said to be full has as many lines as
// its height is made for.
func TestBlocksHoldWholeLines(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range 350 {
		fmt.Fprintf(&text, "line %d\n", i)
	}
	text.WriteString("and more")
	taken := Screen(output(text.String())).Take()
	var html strings.Builder
	if err := Output("s", taken.Ended, false, taken.Last).Render(context.Background(), &html); err != nil {
		t.Fatal(err)
	}
	drawn, full := "", 0
	for _, part := range regexp.MustCompile(`<span class="([^"]*)"[^>]*>([^<]*)</span>`).FindAllStringSubmatch(html.String(), -1) {
		if strings.Contains(part[1], "full") {
			full++
			if strings.Count(part[2], "\n") != blockLines {
				t.Errorf("a full block has %d lines", strings.Count(part[2], "\n"))
			}
		}
		drawn += part[2]
	}
	if drawn != text.String() || full != 3 {
		t.Errorf("%d full blocks, and %d bytes of %d", full, len(drawn), text.Len())
	}
}

func TestTheEndOfAnOutput(t *testing.T) {
	t.Parallel()
	lines := Screen(output("one\ntwo\nthree\n")).Take().Ended
	for _, test := range []struct {
		limit, lines int
		cut          bool
	}{{100, 3, false}, {14, 3, false}, {13, 2, true}, {6, 1, true}, {1, 1, true}} {
		if end, cut := End(lines, test.limit); len(end) != test.lines || cut != test.cut || end[len(end)-1].Text() != "three" {
			t.Errorf("of %d bytes: %d lines, cut: %v", test.limit, len(end), cut)
		}
	}
	if got := PlainText(output(" 10%\r100%\n\x1b[31mred\x1b[0m")); got != "100%\nred" {
		t.Errorf("the plain text is %q", got)
	}
}

// TestAnOutputIsText prints what would be markup: it is text, and a link's address too.
func TestAnOutputIsText(t *testing.T) {
	t.Parallel()
	taken := Screen(output("<b>\"'&\x1b]8;;https://a.example/?a=1&b='<\x07x\x1b]8;;\x07\n<i")).Take()
	var html strings.Builder
	if err := Output(`a"b`, taken.Ended, true, taken.Last).Render(context.Background(), &html); err != nil {
		t.Fatal(err)
	}
	if tags := regexp.MustCompile(`<(b|i)\b`).FindAllString(html.String(), -1); len(tags) > 0 {
		t.Errorf("an output has markup: %s", html.String())
	}
}

// TestColoursOfATerminalCanBeRead measures each colour on the ground of outputs and on each ground of the sixteen, in both themes, and
// the letters of the page on those, too (WCAG 2.2, 1.4.3).
func TestColoursOfATerminalCanBeRead(t *testing.T) {
	t.Parallel()
	colours := map[string][2]string{}
	for _, name := range []string{"terminal", "tokens"} {
		data, err := os.ReadFile("../static/css/" + name + ".css")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)`).FindAllStringSubmatch(string(data), -1) {
			colours[m[1]] = [2]string{m[2], m[3]}
		}
	}
	letters, grounds := []string{"ink", "ink-2", "fail"}, []string{"sunken"}
	for i := range 16 {
		letters, grounds = append(letters, "fg"+strconv.Itoa(i)), append(grounds, "bg"+strconv.Itoa(i))
	}
	for theme := range 2 {
		for _, f := range letters {
			for _, b := range grounds {
				if colours[f][theme] == "" || colours[b][theme] == "" {
					t.Fatalf("no colour %s or %s", f, b)
				}
				if got := contrast(t, colours[f][theme], colours[b][theme]); got < 4.5 {
					t.Errorf("theme %d: %s on %s has a contrast of %.2f", theme, f, b, got)
				}
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	luminance := func(hex string) (sum float64) {
		for i, weight := range []float64{.2126, .7152, .0722} {
			n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
			if err != nil {
				t.Fatal(err)
			}
			v := float64(n) / 255
			if v <= .04045 {
				v /= 12.92
			} else {
				v = math.Pow((v+.055)/1.055, 2.4)
			}
			sum += weight * v
		}
		return sum
	}
	one, two := luminance(a), luminance(b)
	return (max(one, two) + .05) / (min(one, two) + .05)
}
