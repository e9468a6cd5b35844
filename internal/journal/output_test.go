package journal

import (
	"fmt"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func printedPieces(texts ...string) []Piece {
	var out []Piece
	for _, text := range texts {
		out = append(out, Piece{Kind: procedures.EventOutput, Stream: "stdout", Text: text})
	}
	return out
}

func textOf(pieces []Piece) string {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.Text)
	}
	return b.String()
}

func TestTailBeginsWithALine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		given []Piece
		limit int
		want  string
		cut   bool
	}{
		{"nothing", nil, 10, "", false},
		{"all of it", printedPieces("a\n", "b\n"), 4, "a\nb\n", false},
		{"within a piece", printedPieces("one\ntwo\nthree\n"), 10, "three\n", true},
		{"within a later piece", printedPieces("one\n", "two\nthree\n", "four\n"), 12, "three\nfour\n", true},
		{"where a piece is one line", printedPieces("one, and much more\n", "two\n"), 10, "two\n", true},
		{"one line, longer than the limit", printedPieces("0123456789"), 4, "6789", true},
		{"one line, cut within a letter", printedPieces("0123456789é"), 1, "", true},
	} {
		got, cut := Tail(test.given, test.limit)
		if textOf(got) != test.want || cut != test.cut {
			t.Errorf("%s: %q, %v", test.name, textOf(got), cut)
		}
	}
}

func TestOutputIsBounded(t *testing.T) {
	t.Parallel()
	const limit = 1000
	var o Output
	for i := range 5000 {
		o.add(Piece{Kind: procedures.EventOutput, Text: fmt.Sprintf("line %d\n", i)}, limit)
		if held := len(textOf(o.Pieces)); held > limit+len("line 4999\n") || o.Size > limit && held < limit || o.held != held {
			t.Fatalf("after %d lines %d bytes are held, %d counted", i+1, held, o.held)
		}
	}
	if shown, cut := o.Tail(2 * limit); !cut || !strings.HasSuffix(textOf(shown), "line 4999\n") {
		t.Errorf("%d bytes of %d are shown, cut: %v", len(textOf(shown)), o.Size, cut)
	}
}

func TestPiecesOfEvents(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		event       procedures.Event
		text, class string
	}{
		{procedures.Event{Kind: procedures.EventOutput, Stream: "stdout", Text: "no line end"}, "no line end", ""},
		{procedures.Event{Kind: procedures.EventOutput, Stream: "stderr", Text: "denied\n"}, "denied\n", "stderr"},
		{procedures.Event{Kind: procedures.EventCommand, Text: "aws s3 ls\n\n"}, "$ aws s3 ls\n", "command"},
		{procedures.Event{Kind: procedures.EventNotice, Text: "not sent"}, "not sent\n", "note"},
	} {
		if p, ok := PieceOf(test.event); !ok || p.Text != test.text || p.Class() != test.class {
			t.Errorf("%s: %+v, %q, %v", test.event.Kind, p, p.Class(), ok)
		}
	}
	if _, ok := PieceOf(procedures.Event{Kind: procedures.EventCall}); ok {
		t.Error("a call is printed")
	}
}
