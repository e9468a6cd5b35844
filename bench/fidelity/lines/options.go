package lines

import (
	"fmt"
	"slices"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/models"
)

// added are the options that the AWS CLI adds to operations, which are no parameters.
var added = []string{
	"cli-input-json", "cli-input-yaml", "generate-cli-skeleton", "starting-token", "page-size", "max-items", "outfile", "help",
}

// CompareOptions compares the options of all operations of a service. own are the commands of the AWS CLI that are none.
func (r *Reference) CompareOptions(folder string) (compared int, differences, own []string, err error) {
	service, err := models.Load(folder)
	if err != nil {
		return 0, nil, nil, err
	}
	name := bind.CommandOf(folder)
	theirs, isOwn, err := r.Options(name)
	if err != nil {
		return 0, nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	for command, options := range theirs {
		op := bind.FindOperation(service, command)
		if isOwn[command] || op == nil {
			own = append(own, name+" "+command)
			continue
		}
		ours := map[string]bool{}
		for _, o := range bind.Options(op) {
			ours[o.Name] = o.Required
			compared++
			if required, ok := options[o.Name]; !ok || required != o.Required {
				differences = append(differences, fmt.Sprintf("%s %s --%s: here required %t; there %t, required %t", name, command,
					o.Name, o.Required, ok, required))
			}
		}
		for o := range options {
			if _, ok := ours[o]; !ok && !slices.Contains(added, o) {
				differences = append(differences, fmt.Sprintf("%s %s --%s is not here", name, command, o))
			}
		}
	}
	for _, command := range bind.OperationCommands(service) {
		if _, ok := theirs[command]; !ok {
			differences = append(differences, fmt.Sprintf("%s %s is not there", name, command))
		}
	}
	slices.Sort(own)
	return compared, differences, own, nil
}
