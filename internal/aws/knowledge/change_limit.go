package knowledge

import (
	"fmt"
	"strconv"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// Reader reads something else of the account, with the identity that will make the change.
type Reader func(service, operation string, input *document.Object) (*document.Object, error)

// proposed is a change that is not made yet, as limits see it.
type proposed struct {
	input  *document.Object
	before *document.Object // the resource; nil where it is not there
	now    time.Time
	read   Reader
}

// Limits says which limits of the account a change would meet, each as a sentence. What cannot be read is no warning.
func (c Change) Limits(input, before *document.Object, now time.Time, read Reader) []string {
	if c.limits == nil {
		return nil
	}
	return c.limits(proposed{input, before, now, read})
}

// protection says that a deletion will be refused.
func protection(p proposed) []string {
	for _, name := range []string{"DeletionProtectionEnabled", "DeletionProtection"} {
		if on, _ := p.before.Get(name); on == true {
			return []string{"It is protected against deletion: AWS will refuse it until " + name + " is switched off."}
		}
	}
	return nil
}

// figure is a number of a document, also one that is written as a text; ok is false where there is none.
func figure(v document.Value, path ...string) (n float64, ok bool) {
	for _, name := range path {
		o, _ := v.(*document.Object)
		v, _ = o.Get(name)
	}
	if v == nil {
		return 0, false
	}
	// Values of a command line are numbers or texts, depending on where they come from.
	n, err := strconv.ParseFloat(fmt.Sprint(v), 64)
	return n, err == nil
}
