package terminal

import (
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
)

// drawn is what a screen shows, with the class and link of each run that has one.
func drawn(lines []Line, last Line) string {
	var b strings.Builder
	for i, l := range append(lines[:len(lines):len(lines)], last) {
		for _, r := range l.Runs {
			text := r.Text
			if r.Class != "" {
				text = "{" + r.Class + ":" + text + "}"
			}
			if r.Link != "" {
				text = "[" + text + "](" + r.Link + ")"
			}
			b.WriteString(text)
		}
		if i < len(lines) && !l.Long {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func printed(text string) string {
	var s Screen
	s.Write("", text)
	t := s.Take()
	return drawn(t.Ended, t.Last)
}

func TestTheLastLineAsItStands(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, given, want string }{
		{"plain", "one\ntwo", "one\ntwo"},
		{"line ends of Windows", "a\tb\r\nc\r\n", "a\tb\nc\n"},
		{"progress", " 10%\r 50%\r100%\n", "100%\n"},
		{"a shorter one leaves the rest", "12345\rab\n", "ab345\n"},
		{"erased to its end", "12345\rab\x1b[K\n", "ab\n"},
		{"erased whole", "12345\x1b[2K\rab", "ab"},
		{"erased up to the cursor", "12345\x1b[3G\x1b[1Kx", "  x45"},
		{"backspace", "abc\b\bX", "aXc"},
		{"backspace at the beginning", "\b\b\ba", "a"},
		{"a carriage return at the end changes nothing", "abc\r", "abc"},
		{"written over after a tab", "a\tb\rxyz", "xyz     b"},
		{"a tab over what is there", "abcdefghij\ra\tX", "abcdefghXj"},
		{"columns", "ab\x1b[6Gcd\x1b[3Dx", "ab  xcd"},
		{"half of a wide letter", "\u6f22x\ra", "a x"},
		{"marks stay with their letter", "e\u0301x\b\bo", "ox"},
		{"erased below", "a\x1b[Jb", "ab"},
		{"modes", "\x1b[?25la\x1b[?25h\x1b(B\x1b[m", "a"},
	} {
		if got := printed(test.given); got != test.want {
			t.Errorf("%s: %q became %q, not %q", test.name, test.given, got, test.want)
		}
	}
}

func TestColoursAreThoseOfTheTheme(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ given, want string }{
		{"\x1b[31mred\x1b[0m no", "{sgr fg1:red} no"},
		{"\x1b[1;4;91mx\x1b[22my\x1b[24;39mz", "{sgr fg9 bold under:x}{sgr fg9 under:y}z"},
		{"\x1b[2mx\x1b[mz", "{sgr dim:x}z"},
		{"\x1b[7mx\x1b[27mz", "{sgr inverse:x}z"},
		{"\x1b[3;9mx\x1b[23;29mz", "{sgr italic strike:x}z"},
		{"\x1b[42;107mx\x1b[49mz", "{sgr bg15:x}z"},
		{"\x1b[38;5;2mx\x1b[38;5;196my\x1b[38;5;244mz", "{sgr fg2:x}{sgr fg9:y}{sgr fg8:z}"},
		{"\x1b[38;2;10;20;180mx\x1b[48;2;255;255;255my", "{sgr fg4:x}{sgr fg4 bg15:y}"},
		{"\x1b[38:2::200:180:10mx\x1b[38:5:6my", "{sgr fg11:x}{sgr fg6:y}"},
		{"\x1b[38;5mx\x1b[38;9;9mx\x1b[38;5;999mx\x1b[99999999999999mx", "xxxx"},
		{"\x1b[8mhidden\x1b[5mblinks", "hiddenblinks"},
		{"\x1b[31ma\nb\x1b[0m\n", "{sgr fg1:a}\n{sgr fg1:b}\n"},
	} {
		if got := printed(test.given); got != test.want {
			t.Errorf("%q became %q, not %q", test.given, got, test.want)
		}
	}
}

// TestWhatIsNotFollowedIsShown prints what would write elsewhere, set a title, or ask something: each stands there, and nothing is hidden.
func TestWhatIsNotFollowedIsShown(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ given, want string }{
		{"safe\n\x1b[1A\rgo\n", "safe\ngo{sgr shown:1A}\n"},
		{"\x1b[2J\x1b[H", "{sgr shown:␛[2J␛[H}"},
		{"\x1b]0;a title\x07x", "{sgr shown:␛]0;a title␇}x"},
		{"\x1bP1$r0m\x1b\\x", "{sgr shown:␛P1$r0m␛\\}x"},
		{"a\x00b\x07c\x7fd", "a{sgr shown:␀}b{sgr shown:␇}c{sgr shown:␡}d"},
		{"\x1b]0;never ends\nsafe", "{sgr shown:␛}]0;never ends\nsafe"},
		{"\x1b[31\nsafe", "{sgr shown:␛}[31\nsafe"},
		{"a\u202eb\u2066c\u009b31m", "a\ufffdb\ufffdc{sgr shown:\ufffd}31m"},
		{"\x1b", ""}, // it may go on
	} {
		if got := printed(test.given); got != test.want {
			t.Errorf("%q became %q, not %q", test.given, got, test.want)
		}
	}
	var s Screen
	s.Write("", "\x1b]0;"+strings.Repeat("x", maxSequence))
	if got := s.Take(); got.Last.Text() != "␛]0;"+strings.Repeat("x", maxSequence) || s.pending != "" {
		t.Error("a sequence without an end swallows what comes")
	}
}

func TestLinksAreToHTTPS(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ given, want string }{
		{"see https://a.example/x?y=1#z.", "see [https://a.example/x?y=1#z](https://a.example/x?y=1#z)."},
		{"(https://a.example/b_(c)) (https://a.example)",
			"([https://a.example/b_(c)](https://a.example/b_(c))) ([https://a.example](https://a.example))"},
		{"http://a.example javascript:alert(1) https:// https://u@b.example",
			"http://a.example javascript:alert(1) https:// https://u@b.example"},
		{`"https://a.example","https://b.example"`, `"[https://a.example](https://a.example)","[https://b.example](https://b.example)"`},
		{"\x1b]8;;https://a.example\x1b\\here\x1b]8;;\x1b\\ no", "[here](https://a.example) no"},
		{"\x1b]8;;https://evil.example\x07https://a.example\x1b]8;;\x07", "[https://a.example](https://a.example)"},
		{"\x1b]8;;javascript:alert(1)\x07here\x1b]8;;\x07", "{sgr shown:␛]8;;javascript:alert(1)␇}here"},
		{"\x1b[34mhttps://a.\x1b[0mexample", "[{sgr fg4:https://a.}](https://a.example)[example](https://a.example)"},
	} {
		if got := printed(test.given); got != test.want {
			t.Errorf("%q became %q, not %q", test.given, got, test.want)
		}
	}
}

func TestNotesWriteOverNothing(t *testing.T) {
	t.Parallel()
	var s Screen
	s.Write("", "50%\r")
	s.Note("command", "$ aws s3 ls\n")
	s.Write("stderr", "\x1b[31")
	s.Note("note", "not sent\x1b[2K\n")
	s.Write("", "mx")
	got := s.Take()
	want := "50%{command:$ aws s3 ls}\n{stderr sgr shown:␛[31}{note:not sent␛[2K}\nmx"
	if text := drawn(got.Ended, got.Last); text != want {
		t.Errorf("got %q, not %q", text, want)
	}
}

// TestPiecesOfAnySize prints what is hard in pieces, and keeps a page beside it as the portal does: it always shows what it would if all
// had come at once, it is never longer than what it may be, and all links are to https.
func TestPiecesOfAnySize(t *testing.T) {
	t.Parallel()
	parts := []string{
		"word ", "\n", "\r", "\b", "\t", "\x1b[31m", "\x1b[0;1m", "\x1b[K", "\x1b[5G", "\x1b[9999C", "\x1b[2A",
		"https://a.example/x", ".", "h", "ttps://",
		"\u6f22", "e\u0301", "\u0301", "\x1b]8;;https://b.example\x07", "\x1b]8;;\x07",
		"\x1b]8;;javascript:x\x07", "\x1b]0;t", "\x1b", "\x00", "\u202e",
		strings.Repeat("x", MaxColumns-3), "\x1b[48;5;99m", "<script>", "\r\n",
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var text strings.Builder
		for range random.IntN(40) {
			text.WriteString(parts[random.IntN(len(parts))])
		}
		all := []rune(text.String())
		var whole Screen
		whole.Write("", text.String())
		once := whole.Take()
		want := letter(once.Ended, once.Last)
		var s Screen
		var lines []Line
		var last string
		for rest := all; len(rest) > 0; {
			n := min(1+random.IntN(12+len(all)/10), len(rest))
			s.Write("", string(rest[:n]))
			rest = rest[n:]
			got := s.Take()
			lines = append(lines, got.Ended...)
			if got.Added != nil {
				last += letter(nil, Line{Runs: got.Added})
			} else {
				last = letter(nil, got.Last)
			}
			if last != letter(nil, got.Last) {
				t.Fatalf("%q: the page has %q, and should have %q", text.String(), last, letter(nil, got.Last))
			}
			if n := len(s.cells); n > MaxColumns*tabStop {
				t.Fatalf("a line of %d columns", n)
			}
		}
		if got := letter(lines, s.Take().Last); got != want {
			i := 0
			for i < min(len(got), len(want)) && got[i] == want[i] {
				i++
			}
			t.Fatalf("%d bytes in pieces became …%.200q, not …%.200q", len(text.String()), got[max(0, i-50):], want[max(0, i-50):])
		}
		for _, l := range lines {
			for _, r := range l.Runs {
				if u, err := url.Parse(r.Link); r.Link != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
					t.Fatalf("a link to %q", r.Link)
				}
			}
		}
	}
}

// letter is drawn one by one: runs of one look may have come one after another.
func letter(lines []Line, last Line) string {
	var single []Line
	for _, l := range append(lines[:len(lines):len(lines)], last) {
		one := Line{Long: l.Long}
		for _, r := range l.Runs {
			for _, c := range r.Text {
				one.Runs = append(one.Runs, Run{string(c), r.Class, r.Link})
			}
		}
		single = append(single, one)
	}
	return drawn(single[:len(lines)], single[len(lines)])
}

// FuzzScreen prints anything: it ends, and shows no control character.
func FuzzScreen(f *testing.F) {
	f.Add("\x1b[31mx\r\x1b[K\b", 3)
	f.Add("\x1b]8;;https://a.example\x07x\x1b]8;;\x1b\\", 1)
	f.Add("\u6f22\t\b\b\x1b[1K", 2)
	f.Fuzz(func(t *testing.T, text string, size int) {
		var s Screen
		for rest := text; rest != ""; {
			n := min(max(size, 1), len(rest))
			s.Write("", rest[:n])
			rest = rest[n:]
			got := s.Take()
			for _, l := range append(got.Ended, got.Last) {
				for _, r := range l.Text() {
					if r != '\t' && Glyph(r) != r {
						t.Fatalf("%q shows %q", text, r)
					}
				}
			}
		}
	})
}
