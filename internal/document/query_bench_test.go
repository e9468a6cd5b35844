package document_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/document"
)

// BenchmarkQuery reads an expression of a real document, and searches with it: each `aws` line does both once.
func BenchmarkQuery(b *testing.B) {
	data, err := document.Parse([]byte(inventory))
	if err != nil {
		b.Fatal(err)
	}
	const expression = "Reservations[].Instances[].[Id,State.Name,Tags[?Key=='Name']|[0].Value]"
	b.Run("compile", func(b *testing.B) {
		for b.Loop() {
			if _, err := document.Compile(expression); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("search", func(b *testing.B) {
		q, err := document.Compile(expression)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if v, err := q.Search(data); err != nil || v == nil {
				b.Fatalf("%v, %v", v, err)
			}
		}
	})
}
