package journal

import (
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Piece is something that an execution printed, or that was noted in between.
type Piece struct {
	Kind   procedures.EventKind // EventOutput, EventCommand, EventNotice or EventSample
	Stream string               // of EventOutput: "stdout" or "stderr"
	Text   string               // with its line end, unless the line goes on; control characters are as they were printed
}

// Class names how a piece looks: "stderr", "command", "note", or empty for what went to standard output.
func (p Piece) Class() string {
	switch {
	case p.Kind == procedures.EventCommand:
		return "command"
	case p.Kind != procedures.EventOutput:
		return "note"
	case p.Stream == "stderr":
		return "stderr"
	}
	return ""
}

// PieceOf is what an event adds to an output. ok is false for kinds that add nothing.
func PieceOf(e procedures.Event) (p Piece, ok bool) {
	line := kinds[e.Kind].output
	if line == nil {
		return Piece{}, false
	}
	return Piece{Kind: e.Kind, Stream: e.Stream, Text: line(e)}, true
}

// Output is what an execution printed. It holds the end of it; all of it is in the events.
type Output struct {
	Pieces []Piece
	Size   int // bytes that were added in all

	held int // bytes in Pieces
}

// add appends a piece. The oldest are dropped whole, as long as at least limit bytes remain: what is held is bounded by
// limit and one piece.
func (o *Output) add(p Piece, limit int) {
	o.Pieces = append(o.Pieces, p)
	o.Size += len(p.Text)
	o.held += len(p.Text)
	for len(o.Pieces) > 1 && o.held-len(o.Pieces[0].Text) >= limit {
		o.held -= len(o.Pieces[0].Text)
		o.Pieces = o.Pieces[1:]
	}
}

// Cut reports that its beginning is in the events alone.
func (o *Output) Cut() bool { return o.held < o.Size }

// Tail is the last limit bytes of the output, from the beginning of a line. cut reports that there is more before it.
func (o *Output) Tail(limit int) (pieces []Piece, cut bool) {
	pieces, cut = Tail(o.Pieces, limit)
	return pieces, cut || o.Cut()
}

// Tail is the last limit bytes of pieces, from the beginning of a line. cut reports that there is more before it.
func Tail(all []Piece, limit int) (pieces []Piece, cut bool) {
	left := limit
	for i, p := range slices.Backward(all) {
		if len(p.Text) <= left {
			left -= len(p.Text)
			continue
		}
		end := p.Text[len(p.Text)-left:]
		if _, lines, ok := strings.Cut(end, "\n"); ok && lines != "" {
			p.Text = lines
			return append([]Piece{p}, all[i+1:]...), true
		}
		if i == len(all)-1 { // one line, longer than the limit: it may be cut within a letter
			p.Text = strings.ToValidUTF8(end, "")
			return []Piece{p}, true
		}
		return all[i+1:], true
	}
	return all, false
}
