package runbook

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/lazy"
)

// blockKind says what becomes of a fenced block.
type blockKind int

const (
	blockText    blockKind = iota // data or output: part of the page
	blockShell                    // steps
	blockProgram                  // a manual step: it does not run here
)

// shellLanguages are the fence languages that are read as bash; true marks those of terminals, with prompts and output.
var shellLanguages = map[string]bool{
	"bash": false, "sh": false, "shell": false, "zsh": false, "ksh": false, "dash": false,
	"console": true, "shell-session": true, "shellsession": true, "sh-session": true, "bash-session": true,
	"terminal": true, "session": true,
}

// dataLanguages are those of blocks that are looked at and not run.
// A block in any other language than these and the shell's is a program that a person runs
// elsewhere.
var dataLanguages = setOf(`text txt plain plaintext none nohighlight output out log logs json jsonc json5 jsonl ndjson
		yaml yml toml ini cfg conf config properties env dotenv xml html svg css scss csv tsv diff patch md mdx markdown mermaid plantuml
		dot graphviz http https hcl terraform tf tfvars dockerfile docker nginx apache apacheconf cron crontab
		gitignore makefile make mk proto protobuf
		graphql regex jmespath jq rst adoc asciidoc latex tex svgbob ascii tree error cfn cloudformation rego systemd hosts`)

// fenceLanguage returns the first word of an info string, without the decorations of
// Pandoc, Hugo and the like (`{.bash}`, `bash {linenos=true}`, `bash,ignore`).
func fenceLanguage(info string) string {
	info = strings.TrimSpace(info)
	if language, is := directiveLanguage(info); is {
		return language
	}
	info = strings.TrimLeft(info, "{. ")
	if i := strings.IndexAny(info, " ,{}:;\t"); i >= 0 {
		info = info[:i]
	}
	return strings.ToLower(info)
}

// classifyBlock decides what a block is from its language and, where it has none, its text.
// A fence that says bash and holds a YAML manifest is data.
func classifyBlock(language, text string) blockKind {
	if strings.TrimSpace(text) == "" {
		return blockText
	}
	_, shell := shellLanguages[language]
	switch {
	case shell || language == "":
		if own := realLanguage(text); own != "" && !hasPrompt(text) && !(shellLanguages[language] && hasRootPrompt(text)) {
			if !shell && own != "python" && own != "powershell" { // it is shown; where it says bash, somebody was to run it
				return blockText
			}
			return blockOf(own)
		}
		if shell || looksLikeShell(text) {
			return blockShell
		}
		return blockText
	case dataLanguages[language]:
		return blockText
	}
	return blockProgram
}

// blockOf is what becomes of a text whose language was told from its words.
func blockOf(language string) blockKind {
	if language == "insights" || language == "code" || dataLanguages[language] {
		return blockText
	}
	return blockProgram
}

// spokenLanguage is the language of a block of a program: that of the fence, or the one that its text has.
func spokenLanguage(language, text string) string {
	if _, shell := shellLanguages[language]; shell || language == "" {
		return realLanguage(text)
	}
	if language == "sql" && realLanguage(text) == "insights" { // it looks like SQL, and no database understands it
		return "insights"
	}
	return language
}

// yamlPair is `key:`, `key: value` or `- item`.
var yamlPair = lazy.Regexp(`^\s*(?:- )?(?:[\w./-]+|"[^"]+"|'[^']+'):(?:\s.*)?$|^\s*- \S|^(?:---|\.\.\.)\s*$`)

// isYAML reports a manifest that was fenced as shell text: every line that is not indented is a key or a list item, and there is more
// than one. One line is not enough: `date:` might be anything.
func isYAML(text string) bool {
	pairs, least := 0, len(text)
	for _, line := range contentLines(text) {
		least = min(least, len(line)-len(strings.TrimLeft(line, " ")))
	}
	for i, line := range contentLines(text) {
		pair := yamlPair().MatchString(line)
		if !pair && (i == 0 || len(line)-len(strings.TrimLeft(line, " ")) == least) {
			return false
		}
		if pair {
			pairs++
		}
	}
	return pairs > 1
}

// commonCommands are names that begin a command line in runbooks. They only serve to
// tell shell text from other text in fences without a language.
var commonCommands = setOf(`aws awk apt apt-get ansible ansible-playbook argocd bake base64 bash brew bzip2 cargo cat cd cdk chmod chown
		cp crictl curl cut date df dig docker docker-compose du echo eksctl env eval exit export find flux free gcloud gh
		git go grep gunzip gzip head helm host
		hostname htop id istioctl java journalctl jq k9s kill kops kubectl kustomize less ln locust logger ls lsof
		make mkdir mongo mongosh mv mvn mysql mysqldump nc
		iostat netstat nginx nmap node npm npx nslookup openssl packer pg_dump pg_restore ping pip pip3 pkill pnpm podman
		poetry printf ps psql pulumi pwd pytest python
		python3 redis-cli rm rmdir rsync ruby sam scp sed serverless set sh sleep sls sort source sqlite3 ss ssh
		ssh-keygen stern sudo systemctl tail tar tcpdump uname vmstat
		tee telnet terraform terragrunt test timeout top touch tr traceroute trivy truncate uniq unset unzip uptime uv
		vault vi vim wait watch wc wget which while whoami
		xargs yarn yq yum zip for if k`)

// setOf makes a set of the words of a text.
func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}

// pathWord is a path with a slash in it, such as scripts/check.sh.
var (
	// englishCommands are names of commands with which a sentence may begin.
	englishCommands = setOf("find test watch time set sort make host top less wait for if go which source cut head " +
		"kill touch export less flux helm kind split go node more cat base brew service sleep exit free")
	pathWord = lazy.Regexp(`^\.{0,2}/?[\w.-]+(?:/[\w.-]+)+$`)
)

// looksLikeShell reports whether text without a language is made of commands: it has
// prompts, or it parses and most of its command names are ones that people type.
// "aws s3 ls" does, and "NAME  READY" does not.
func looksLikeShell(text string) bool {
	if hasPrompt(text) {
		return true
	}
	if strings.HasPrefix(text, "#!/bin/") || strings.HasPrefix(text, "#!/usr/bin/env bash") {
		return true
	}
	text = withoutPrinted(text)
	masked, _ := maskAngles(text, nil)
	file, err := parseShell(masked)
	if err != nil {
		return beginsLikeShell(text)
	}
	return mostlyKnown(file, masked) || beginsLikeShell(text)
}

// mostlyKnown reports whether most commands of a text are ones that people type, the first of them among those.
func mostlyKnown(file *syntax.File, masked string) bool {
	known, unknown := 0, 0
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CallExpr:
			if len(n.Args) == 0 {
				if len(n.Assigns) > 0 {
					known++
				}
				return true
			}
			if name := n.Args[0].Lit(); isCommand(name, n, masked) || strings.HasPrefix(name, "./") ||
				pathWord().MatchString(name) && strings.HasSuffix(name, ".sh") {
				known++
			} else {
				unknown++
			}
		case *syntax.DeclClause, *syntax.ForClause, *syntax.FuncDecl:
			known++
		}
		return true
	})
	return known > unknown && known > 0 && firstIsKnown(file, masked)
}

// hasPrompt reports a text with a line behind a prompt.
func hasPrompt(text string) bool {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if dollarPrompt().MatchString(line) || hostPrompt().MatchString(line) {
			return true
		}
		if m := rootPrompt().FindString(line); m != "" && !isHash(line) && runsCommand(line[len(m):]) {
			return true
		}
	}
	return false
}

// hasRootPrompt reports a transcript of a terminal in which root types: "# systemctl status web".
func hasRootPrompt(text string) bool {
	for line := range strings.Lines(text) {
		if m := rootPrompt().FindString(line); m != "" && runsCommand(line[len(m):]) {
			return true
		}
	}
	return false
}

// firstIsKnown reports whether the first statement is plausible: prose such as
// "Find the cluster in use" has one common word at most.
func firstIsKnown(file *syntax.File, text string) bool {
	if len(file.Stmts) == 0 {
		return false
	}
	call, ok := file.Stmts[0].Cmd.(*syntax.CallExpr)
	if !ok {
		return true
	}
	if len(call.Args) == 0 {
		return true
	}
	name := call.Args[0].Lit()
	return isCommand(name, call, text) || strings.Contains(name, "/")
}

// isCommand tells "find . -name x" from "find out who is on call": a command whose name is an
// English word has to have something that prose has not.
func isCommand(name string, call *syntax.CallExpr, text string) bool {
	if !commonCommands[name] || !englishCommands[name] {
		return commonCommands[name]
	}
	return len(call.Args) == 1 || strings.ContainsAny(text[call.Pos().Offset():call.End().Offset()], "-/$|=*\"'>~")
}

// parseShell parses text as bash, comments left out.
func parseShell(text string) (*syntax.File, error) {
	return syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
}
