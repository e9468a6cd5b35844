// Package bind reads `aws SERVICE OPERATION --options …` as the AWS CLI v2 does: its
// names, its options, its shorthand, its checks and its words for what is wrong.
// The reference is https://github.com/aws/aws-cli, version 2.
package bind

import (
	"slices"
	"strings"
	"sync"

	"github.com/opsbook/opsbook/internal/aws/models"
)

// odd are words whose capitals do not follow the rule; botocore lists the names that hold them.
var odd = strings.NewReplacer(
	"WhatsApp", "Whatsapp", "PartiQL", "Partiql", "CachediSCSI", "CachedIscsi", "StorediSCSI", "StoredIscsi",
	"ListHITsForQ", "ListHitsForQ",
	"OAuth2TokenWithIAM", "Oauth2TokenWithIAM",
)

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
func isLower(c byte) bool { return c >= 'a' && c <= 'z' }

// Dashed is the command line's form of a model's name: DescribeDBInstances is describe-db-instances. It is botocore's xform_name, by hand
// because thousands of names are compared before a call.
// It runs in three passes, as the two regular expressions of xform_name and the rule for plural acronyms do.
//
//	ListObjectsV2   becomes   list-objects-v2
//	ListARNs        becomes   list-arns
func Dashed(name string) string {
	if strings.Contains(name, "-") {
		return name
	}
	name = odd.Replace(name)
	out := make([]byte, 0, len(name)+8)
	plural := "" // of an acronym: ARNs
	if n := len(name) - 1; n > 1 && name[n] == 's' {
		from := n
		for from > 0 && isUpper(name[from-1]) {
			from--
		}
		if n-from > 1 {
			name, plural = name[:from], "-"+strings.ToLower(name[from:])
		}
	}
	for i := 0; i < len(name); {
		switch word := i+2 < len(name) && isUpper(name[i+1]) && isLower(name[i+2]); {
		case word: // a word with a capital begins behind any character
			out = append(out, name[i], '-', name[i+1])
			for i += 2; i < len(name) && isLower(name[i]); i++ {
				out = append(out, name[i])
			}
		default:
			out = append(out, name[i])
			i++
		}
	}
	// A capital behind a lower-case letter or a digit begins a word.
	dashed := make([]byte, 0, len(out)+8)
	for i, c := range out {
		if i > 0 && isUpper(c) && (isLower(out[i-1]) || out[i-1] >= '0' && out[i-1] <= '9') {
			dashed = append(dashed, '-')
		}
		dashed = append(dashed, c)
	}
	return strings.ToLower(string(dashed)) + plural
}

// renamed are services whose command is not their folder.
var renamed = map[string]string{"s3": "s3api", "config": "configservice", "codedeploy": "deploy", "agenttoolkit": "agent-toolkit"}

// hiddenServices have no command, because the CLI removes them.
var hiddenServices = []string{"sdb", "importexport"}

// hiddenOperations have no command, because the CLI removes them: most stream events both ways, some
// were replaced by commands of the CLI's own. awscli/customizations/removals.py.
var hiddenOperations = map[string][]string{
	"ses": {"delete-verified-email-address", "list-verified-email-addresses", "verify-email-address"},
	"ec2": {"import-instance", "import-volume"},
	"emr": {"run-job-flow", "describe-job-flows", "add-job-flow-steps", "terminate-job-flows", "list-bootstrap-actions",
		"list-instance-groups", "set-termination-protection", "set-keep-job-flow-alive-when-no-steps",
		"set-visible-to-all-users", "set-unhealthy-node-replacement"},
	"kinesis": {"subscribe-to-shard"}, "lexv2-runtime": {"start-conversation"},
	"lambda": {"invoke-with-response-stream"}, "sagemaker-runtime": {"invoke-endpoint-with-response-stream"},
	"bedrock-runtime": {"invoke-model-with-bidirectional-stream", "invoke-model-with-response-stream", "converse-stream"},
	"bedrock-agent-runtime": {
		"agentic-retrieve-stream", "invoke-agent", "invoke-flow", "invoke-inline-agent", "optimize-prompt", "retrieve-and-generate-stream",
	},
	"bedrock-agentcore": {"invoke-code-interpreter", "invoke-agent-runtime-command", "invoke-harness"},
	"qbusiness":         {"chat"}, "iotsitewise": {"invoke-assistant"}, "logs": {"get-log-object"},
	"polly": {"start-speech-synthesis-stream"}, "connecthealth": {"start-medical-scribe-listening-session"},
	"devops-agent": {"send-message"}, "rds": {"modify-option-group"}, // which the CLI splits: awscli/customizations/rds.py
	"agenttoolkit": {"get-latest-skill-version", "get-skill", "get-skill-file-checksum", "list-skills"},
}

// hidden reports whether the CLI has no such command of a service.
func hidden(s *models.Service, command string) bool {
	return slices.Contains(hiddenOperations[s.Name], command) || slices.Contains(hiddenServices, s.Name)
}

// commandNames maps a command to its folder. It is made once, at the first use.
var commandNames = sync.OnceValue(func() map[string]string {
	names := map[string]string{}
	for _, folder := range models.Services() {
		name := folder
		if r := renamed[folder]; r != "" {
			name = r
		}
		if !slices.Contains(hiddenServices, folder) {
			names[name] = folder
		}
	}
	return names
})

// Folder returns the models' name of a service's command, "" where there is no such command.
func Folder(command string) string { return commandNames()[command] }

// CommandOf returns the command of a service by the models' name.
func CommandOf(folder string) string {
	if r := renamed[folder]; r != "" {
		return r
	}
	return folder
}

// ServiceCommands lists the services' commands, sorted.
func ServiceCommands() []string {
	var out []string
	for name := range commandNames() {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// OperationCommands lists a service's operations as commands, sorted; wait is among them where the service has waiters.
func OperationCommands(s *models.Service) []string {
	var out []string
	for _, name := range s.OperationNames() {
		if command := Dashed(name); !hidden(s, command) {
			out = append(out, command)
		}
	}
	if len(s.Waiters) > 0 {
		out = append(out, "wait")
	}
	slices.Sort(out)
	return out
}

// aliases are second names of operations, which the CLI's transformation of names gave them once.
var aliases = map[string]string{
	"get-otel-enrichment": "GetOTelEnrichment", "start-otel-enrichment": "StartOTelEnrichment",
	"stop-otel-enrichment": "StopOTelEnrichment", "create-oauth2-token": "CreateOAuth2Token",
	"get-skill-metadata": "GetSkill", "list-available-skills": "ListSkills", // of agent-toolkit
}

// FindOperation returns the operation of a command, or nil.
func FindOperation(s *models.Service, command string) *models.Operation {
	plain := strings.ReplaceAll(command, "-", "")
	for _, name := range s.OperationNames() { // of two the first
		if strings.EqualFold(name, plain) && Dashed(name) == command && !hidden(s, command) {
			return s.Operation(name)
		}
	}
	if aliases[command] == "" {
		return nil
	}
	return s.Operation(aliases[command])
}

// FindWaiter returns the waiter of a command, or nil.
func FindWaiter(s *models.Service, command string) *models.Waiter {
	for name, w := range s.Waiters {
		if Dashed(name) == command {
			return w
		}
	}
	return nil
}

// Closest returns up to three of the choices that are most like name, as Python's
// difflib.get_close_matches(name, choices, cutoff=0.8) does.
// The CLI suggests with this function, so that the suggestions match its own.
func Closest(name string, choices []string) []string {
	return closest(name, choices, 0.8, 3)
}

// closest orders by likeness, and equals from Z to A, as heapq.nlargest does with Python's tuples.
func closest(name string, choices []string, cutoff float64, most int) []string {
	type scored struct {
		name  string
		ratio float64
	}
	var found []scored
	for _, c := range choices {
		if r := similarity(c, name); r >= cutoff {
			found = append(found, scored{c, r})
		}
	}
	slices.SortStableFunc(found, func(a, b scored) int {
		switch {
		case a.ratio > b.ratio:
			return -1
		case a.ratio < b.ratio:
			return 1
		}
		return strings.Compare(b.name, a.name)
	})
	var out []string
	for i, s := range found {
		if i < most {
			out = append(out, s.name)
		}
	}
	return out
}

// Nearest returns the choice that is most like name, or "" where none is like it at all.
// It is more lenient than Closest, ignores case, and serves Opsbook's own advice.
func Nearest(name string, choices []string) string {
	lower := make(map[string]string, len(choices))
	var names []string
	for _, c := range choices {
		lower[strings.ToLower(c)] = c
		names = append(names, strings.ToLower(c))
	}
	if found := closest(strings.ToLower(name), names, 0.6, 1); len(found) > 0 {
		return lower[found[0]]
	}
	return ""
}

// similarity is difflib's ratio: twice the matching characters by all characters.
// The ratio is between 0 and 1, over bytes; the names are ASCII.
func similarity(a, b string) float64 {
	if len(a)+len(b) == 0 {
		return 1
	}
	return 2 * float64(matching(a, b)) / float64(len(a)+len(b))
}

// matching counts what the longest common block and, left and right of it, further ones hold.
// It is the recursion of difflib's SequenceMatcher, on whose choice of the first longest block the result depends.
func matching(a, b string) int {
	if a == "" || b == "" {
		return 0
	}
	best, endA, endB := 0, 0, 0
	row := make([]int, len(b)+1)
	for i := range len(a) {
		previous := 0
		for j := range len(b) {
			above := row[j+1]
			if a[i] == b[j] {
				row[j+1] = previous + 1
				if row[j+1] > best {
					best, endA, endB = row[j+1], i+1, j+1
				}
			} else {
				row[j+1] = 0
			}
			previous = above
		}
	}
	if best == 0 {
		return 0
	}
	return best + matching(a[:endA-best], b[:endB-best]) + matching(a[endA:], b[endB:])
}
