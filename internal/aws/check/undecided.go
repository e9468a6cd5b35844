package check

import (
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Undecided is the worst that a line may do of which the service or the operation is only known when it runs; false where both are known.
// words are those behind "aws" without the global options. What is known of an operation's name counts: "describe-${KIND}" only reads.
func Undecided(words []procedures.Word) (procedures.Effect, bool) {
	var operands []procedures.Word
	for _, w := range words {
		if strings.HasPrefix(w.Text, "-") {
			continue
		}
		if operands = append(operands, w); len(operands) == 2 {
			break
		}
	}
	unknown := func(i int) bool { return i < len(operands) && !operands[i].Known }
	switch {
	case unknown(0):
		return procedures.EffectDestroy, true
	case !unknown(1):
		return "", false
	}
	s, err := models.Load(bind.Folder(operands[0].Text))
	if err != nil || bind.Folder(operands[0].Text) == "" {
		return procedures.EffectDestroy, true
	}
	text := operands[1].Text
	first, last := 0, len(text)
	for at := range len(text) {
		if unknownSize(text[at:], operands[1].Parameters) > 0 {
			first = at
			break
		}
	}
	for at := first; at < len(text); at++ {
		if size := unknownSize(text[at:], operands[1].Parameters); size > 0 {
			last = at + size
		}
	}
	effect := procedures.EffectNone
	for op := range s.Operations() {
		name := bind.Dashed(op.Name)
		if strings.HasPrefix(name, text[:first]) && strings.HasSuffix(name, text[last:]) {
			effect = effect.Worse(knowledge.Of(s.Name, op.Name).Effect)
		}
	}
	if effect == procedures.EffectNone {
		return procedures.EffectDestroy, true
	}
	return effect, true
}
