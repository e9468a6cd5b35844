package templates

import (
	"fmt"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/journal"
)

// TestBlocksHoldWholeLines divides outputs that come in pieces of any length: what is drawn is what was printed, and a block that is said
// to be full has as many lines as its height is made for.
func TestBlocksHoldWholeLines(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 350 {
		fmt.Fprintf(&b, "line %d\n", i)
	}
	text := b.String() + "and more"
	for _, size := range []int{1, 7, 100, len(text)} {
		var list []journal.Piece
		for rest := text; rest != ""; rest = rest[min(size, len(rest)):] {
			list = append(list, journal.Piece{Text: rest[:min(size, len(rest))]})
		}
		var drawn string
		full := 0
		for _, block := range blocks(list) {
			var lines string
			for _, p := range block {
				lines += p.Text
			}
			if isFull(block) {
				full++
				if n := strings.Count(lines, "\n"); n != blockLines || !strings.HasSuffix(lines, "\n") {
					t.Errorf("in pieces of %d: a full block has %d lines", size, n)
				}
			}
			drawn += lines
		}
		if drawn != text || full != 3 {
			t.Errorf("in pieces of %d: %d full blocks, and %d bytes of %d", size, full, len(drawn), len(text))
		}
	}
}
