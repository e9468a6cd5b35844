package main

import (
	"testing"
)

// keysBook has steps that are green, red and not to be pressed.
const keysBook = "# Book\n\n## Keys\n\n```bash\n# One\nseq 1 3\n\n# Two\nls nothing-of-this-name\n\n# Three\nseq 4 6\n\n" +
	"# Four\nls nothing-of-that-name\n```\n"

// TestJourneyByKeyboard goes through a procedure without a pointer: from step to step, runs one, goes to the next that is red and round
// again, copies the link of a step, and goes home. In a field a letter is a letter.
func TestJourneyByKeyboard(t *testing.T) {
	t.Parallel()
	s := start(t, runbookFolder(t, keysBook))
	b := open(t, 1440, 1000)
	b.visit(s.address + "/procedures/book/keys")
	b.until(has("#live", "live"))
	at := func(step string) {
		t.Helper()
		b.until("document.activeElement.closest('.step')?.id === '" + step + "'")
	}
	b.key("j")
	at("one")
	b.key("j")
	at("two")
	b.key("k")
	at("one")
	b.key("r")
	b.until("document.querySelector('#one .g.info')")
	at("one")
	b.key("n") // nothing is red yet
	at("one")
	b.key("j")
	b.key("r")
	b.until("document.querySelector('#two .g.fail')")
	at("two")
	b.key("j")
	b.key("j")
	at("four")
	b.key("r")
	b.until("document.querySelector('#four .g.fail')")
	b.key("n") // round again
	at("two")
	b.key("n")
	at("four")

	evaluate[bool](b, `navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }, true`)
	b.key("c")
	b.until("window.copied?.includes('step=four')")
	at("four")

	b.key("?")
	b.until("document.querySelector('#keys').open")
	b.key("g") // the page rests under a dialog
	b.key("h")
	b.key("\x1b")
	b.until("!document.querySelector('#keys').open && location.pathname === '/procedures/book'")

	evaluate[bool](b, `document.querySelector(".aside input[name=text]").focus(), true`)
	b.key("g")
	b.key("h")
	b.until("document.activeElement.value === 'gh' && location.pathname === '/procedures/book'")
	evaluate[bool](b, `document.activeElement.blur(), true`)
	b.key("g")
	b.key("h")
	b.until("location.pathname === '/'")
	b.until(has("#main", "Book"))
}
