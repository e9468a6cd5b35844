package aws

import (
	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// hideSecrets tells the secret values of an answer, where the operation is one that reveals some.
// They must be known before the answer is printed or kept: the run masks them from then on.
func (r *run) hideSecrets(op *models.Operation, output *document.Object) {
	if r.Invocation.Secret == nil || !knowledge.Of(op.Service.Name, op.Name).Secret {
		return
	}
	r.hideIn(op.Output, output)
}

// hideIn walks an answer beside its shape. A member is secret by its shape's sensitive trait or by its name.
func (r *run) hideIn(s *models.Shape, v document.Value) {
	switch v := v.(type) {
	case *document.Object:
		if s == nil || s.Type != models.TypeStructure || isPlainParameter(v) {
			return
		}
		for _, m := range s.Members {
			inner, ok := v.Get(m.Name)
			if text, isText := inner.(string); ok && isText && (m.Shape.Sensitive || revealing[m.Name]) {
				r.Hide(text)
				r.hideLeaves(text)
				continue
			}
			r.hideIn(m.Shape, inner)
		}
	case document.List:
		for _, item := range v {
			if s != nil && s.Element != nil {
				r.hideIn(s.Element.Shape, item)
			}
		}
	}
}

// revealing are members that hold secrets, whether their shapes say so or not.
var revealing = map[string]bool{
	"SecretString": true, "SecretBinary": true, "RandomPassword": true, "Plaintext": true, "SecretAccessKey": true,
	"SessionToken": true, "authorizationToken": true,
}

// isPlainParameter reports whether an object is a parameter of Systems Manager that is not kept encrypted.
// Systems Manager's shapes are sensitive for every value, and plain ones are worth seeing.
func isPlainParameter(o *document.Object) bool {
	kind := o.Text("Type")
	_, has := o.Get("Value")
	return has && (kind == "String" || kind == "StringList")
}

// hideLeaves tells the values inside of a secret that is a JSON object: scripts take them out.
// Only members of the top are taken; texts that are no JSON have been hidden as a whole.
func (r *run) hideLeaves(text string) {
	v, err := document.Parse([]byte(text))
	o, ok := v.(*document.Object)
	if err != nil || !ok {
		return
	}
	for name, inner := range o.All() {
		if leaf, ok := inner.(string); ok && !plainLeaves[name] {
			r.Hide(leaf)
		}
	}
}

// plainLeaves are the members of a database's secret that are none.
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
var plainLeaves = map[string]bool{
	"engine": true, "host": true, "port": true, "dbname": true, "username": true, "dbInstanceIdentifier": true,
	"dbClusterIdentifier": true, "masterarn": true,
}
