package commands

import (
	"fmt"
	"slices"
	"strings"
)

// Wrapper is a program that runs the command behind its own words, with credentials that it has found: aws-vault exec NAME -- aws s3 ls.
// Such a line is read as the command, with the profile that the wrapper names; the wrapper itself is not run.
type Wrapper struct {
	words   []string // that the line begins with: "aws-vault", "exec"
	first   bool     // the first operand is the profile
	options string   // the options whose value is the profile
	usual   string   // the profile where the line names none
	values  string   // other options that take a value of their own
}

// profileWord stands for the profile in the pattern of a wrapper.
const profileWord = "PROFILE"

// ParseWrapper reads a wrapper as the configuration has it: "corp-aws run PROFILE --", "corp-login --as PROFILE --", "with-secrets run --".
func ParseWrapper(pattern string) (Wrapper, error) {
	var w Wrapper
	fields := strings.Fields(pattern)
	for i := 0; i < len(fields); i++ {
		switch word := fields[i]; {
		case word == "--" && i == len(fields)-1:
		case word == profileWord:
			w.first = true
		case strings.HasPrefix(word, "-") && i+1 < len(fields) && fields[i+1] == profileWord:
			w.options = strings.TrimSpace(w.options + " " + word)
			i++
		case strings.HasPrefix(word, "-"), w.first, w.options != "", strings.ContainsAny(word, "/'\"$`"):
			return Wrapper{}, fmt.Errorf("%q is not the beginning of a line: write its words, PROFILE where the profile's name "+
				"stands, and -- at the end, as in corp-aws run PROFILE --", pattern)
		default:
			w.words = append(w.words, word)
		}
	}
	if len(w.words) == 0 {
		return Wrapper{}, fmt.Errorf("%q names no program", pattern)
	}
	return w, nil
}

// wrappers are those that are known.
var wrappers = []Wrapper{
	{words: []string{"aws-vault", "exec"}, first: true, values: "-d --duration -t --mfa-token --region --prompt --backend --stdout"},
	{words: []string{"aws-okta", "exec"}, first: true, values: "-a --assume-role-ttl -t --session-ttl"},
	{
		words: []string{"saml2aws", "exec"}, options: "--exec-profile -p --profile", usual: "saml",
		values: "-a --idp-account --username --password --role --session-duration --region",
	},
	{words: []string{"assume"}, first: true, values: "-d --duration -r --region"},
	{words: []string{"awsume"}, first: true, values: "--region --role-duration"},
	{words: []string{"granted", "exec"}, first: true},
	{words: []string{"aws-sso", "exec"}, options: "-p --profile", values: "-R --role -A --account -a --arn -S --sso"},
	{words: []string{"aws2-wrap"}, options: "--profile"},
	{words: []string{"awsudo"}, options: "-u"},
	{words: []string{"aws-runas"}, first: true, values: "-d -a -M -s"},
	{words: []string{"chamber", "exec"}, values: "-b --backend --retries"},
	{words: []string{"doppler", "run"}, values: "-p --project -c --config -t --token --mount"},
	{words: []string{"op", "run"}, values: "--env-file --account"},
	{words: []string{"infisical", "run"}, values: "--env --path --projectId"},
	{words: []string{"teller", "run"}}, {words: []string{"dotenv", "run"}, values: "-f --file"}, {words: []string{"vaulted"}, values: "-n"},
}

// Wrapped is what a wrapper's line runs, by the places of its words.
type Wrapped struct {
	Command int    // where the command begins; the number of words where there is none
	Profile string // the profile's name where it is part of a word or the usual one
	Named   int    // where the word is that is the profile's name; 0 for none
	Plain   bool   // it has no options of its own
}

// Through reads a line through the wrapper that it begins with. texts are its words, empty where they are only known when the script runs.
// more are the wrappers of the configuration.
func Through(texts []string, more []Wrapper) (Wrapped, bool) {
	for _, w := range slices.Concat(more, wrappers) {
		if len(texts) > len(w.words) && slices.Equal(texts[:len(w.words)], w.words) {
			return w.through(texts)
		}
	}
	return Wrapped{}, false
}

func (w Wrapper) through(texts []string) (Wrapped, bool) {
	out := Wrapped{Profile: w.usual, Plain: true}
	named, end := !w.first, slices.Index(texts, "--")
	for i := len(w.words); i <= len(texts); i++ {
		switch {
		case i == len(texts):
			out.Command = i
			return out, w.first && named && out.Plain // nothing is run: the shell gets the credentials
		case i == end:
			out.Command = i + 1
			return out, named && i+1 < len(texts)
		case strings.HasPrefix(texts[i], "-"):
			out.Plain = false
			option, value, joined := strings.Cut(texts[i], "=")
			switch ours := isOneOf(w.options, option); {
			case ours && joined:
				out.Profile = value
			case ours && i+1 < len(texts):
				i++
				out.Named = i
			case !joined && isOneOf(w.values, option):
				i++
			}
		case w.first && !named:
			named, out.Named = true, i
		case end > i: // an operand of the wrapper itself: chamber exec SERVICE --
		default:
			out.Command = i
			return out, w.first || w.options != ""
		}
	}
	return Wrapped{}, false
}
