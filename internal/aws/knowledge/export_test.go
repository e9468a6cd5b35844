package knowledge

import (
	"slices"
	"strings"
)

// Declared lists the operations that are declared, "service Operation", for tests that walk them against the models.
func Declared() []string {
	var out []string
	for _, s := range services {
		for name := range serviceOf(s.name).operations {
			out = append(out, s.name+" "+name)
		}
	}
	slices.Sort(out)
	return out
}

// Reads are the members of an answer that an operation's verdict rule says that it reads, as paths without brackets:
// "DBInstances.DBInstanceStatus".
func Reads(key string) []string {
	service, operation, _ := strings.Cut(key, " ")
	var out []string
	for group := range strings.SplitSeq(Of(service, operation).reads, ";") {
		list, names, ok := strings.Cut(group, ":")
		if !ok {
			list, names = "", group
		}
		for name := range strings.SplitSeq(names, ",") {
			if name = strings.TrimSpace(name); name != "" {
				path := strings.Trim(strings.ReplaceAll(strings.TrimSpace(list)+"."+name, "[]", ""), ".")
				out = append(out, path)
			}
		}
	}
	return out
}
