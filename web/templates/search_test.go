package templates

import (
	"fmt"
	"testing"
)

func TestMarkWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, want string
		words      []string
	}{
		{"Orders service", "[{Orders true} { service false}]", []string{"orders"}},
		{"the ORDERS of order", "[{the  false} {ORDERS true} { of  false} {order true}]", []string{"order", "orders"}},
		{"nothing", "[{nothing false}]", []string{"x"}},
		{"", "[]", []string{"x"}},
		{"İ is longer in the other case", "[{İ is longer in the other case false}]", []string{"is"}},
	} {
		if got := fmt.Sprint(MarkWords(c.text, c.words)); got != c.want {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
	}
}
