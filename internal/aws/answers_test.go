package aws_test

import (
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// secretAnswers answers operations of which some reveal secrets.
func secretAnswers(op *models.Operation, _ *document.Object) *document.Object {
	object := func(pairs ...any) *document.Object {
		o := &document.Object{}
		for i := 0; i < len(pairs); i += 2 {
			o.Set(pairs[i].(string), pairs[i+1])
		}
		return o
	}
	switch op.Service.Name + " " + op.Name {
	case "secretsmanager GetSecretValue":
		return object("Name", "s", "SecretString", `{"password":"hunter2"}`)
	case "ssm GetParameters":
		return object("Parameters", document.List{
			object("Name", "a", "Type", "SecureString", "Value", "decrypted"), object("Name", "b", "Type", "String", "Value", "plain"),
		})
	case "ssm DescribeParameters":
		return object("Parameters", document.List{object("Name", "a", "Type", "SecureString")})
	}
	return nil
}
