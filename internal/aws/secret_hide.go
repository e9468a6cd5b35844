package aws

import (
	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/reveal"
	"github.com/opsbook/opsbook/internal/document"
)

// hideSecrets tells the secret values of an answer.
// They must be known before the answer is printed or kept: the run masks them from then on.
func (r *run) hideSecrets(op *models.Operation, output *document.Object) {
	entry := knowledge.Of(op.Service.Name, op.Name)
	reveal.Values(op.Output, output, entry.Secret, entry.Drawn, r.Teller())
}

// hideInput tells the secret values of what the line sends, those that stand in files too.
func (r *run) hideInput() {
	reveal.Values(r.line.Operation.Input, r.line.Input, false, false, r.Teller())
}
