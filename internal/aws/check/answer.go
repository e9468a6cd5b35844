package check

import (
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// Lacks is the first member that an expression names and the answer of a command, such as "ecs describe-services", does not have, with the
// nearest that it has. What is no call of an API is not known, nor is an expression that cannot be read.
func Lacks(command, expression string) (member, near string) {
	service, operation, _ := strings.Cut(command, " ")
	folder := bind.Folder(service)
	if folder == "" {
		return "", ""
	}
	s, err := models.Load(folder)
	if err != nil {
		return "", ""
	}
	op := bind.FindOperation(s, operation)
	q, err := document.Compile(expression)
	if err != nil || op == nil || op.Output == nil {
		return "", ""
	}
	check := &queryCheck{}
	check.walk(q.Root(), op.Output)
	return check.unknown, check.near
}
