package main

import (
	"slices"
	"testing"
)

// parsed is a line with variables, as it is understood.
func parsed(variables map[string]string, args ...string) (*commandLine, string) {
	l := newCommandLine(func(name string) string { return variables[name] })
	if err := l.parse(args); err != nil {
		return l, l.usage(err)
	}
	return l, ""
}

// TestVariables gives flags by variables: a flag of the line goes before, an empty variable is none, and each error
// names what holds the mistake.
func TestVariables(t *testing.T) {
	variables := map[string]string{
		"OPSBOOK_ACCOUNT": "aws", "OPSBOOK_HOST": "a.example.com,b.example.com", "OPSBOOK_ADDR": "", "OPSBOOK_BEHIND_PROXY": "10.0.0.0/8",
		"OPSBOOK_RUNBOOKS": "there", "OPSBOOK_FAULT": "alarm", "OPSBOOK_METRICS_FROM": "10.1.0.0/16",
	}
	l, wrong := parsed(variables, "serve", "--runbooks", "here", "--metrics-from", "10.2.0.0/16", "--metrics-from", "10.3.0.0/16")
	c, _ := l.command.action.(*serveCommand)
	if wrong != "" || c == nil {
		t.Fatalf("%s: %q", l.command.name, wrong)
	}
	if l.options.Account != "aws" || l.options.Runbooks != "here" || c.Addr != "127.0.0.1:8080" || c.Fault != nil ||
		!slices.Equal(c.Host, []string{"a.example.com", "b.example.com"}) || !slices.Equal(c.BehindProxy, []string{"10.0.0.0/8"}) ||
		!slices.Equal(c.MetricsFrom, []string{"10.2.0.0/16", "10.3.0.0/16"}) {
		t.Errorf("%+v, %+v", l.options, c)
	}
	variables["OPSBOOK_ACCOUNT"] = "other"
	if _, wrong = parsed(variables, "list"); wrong != "opsbook: OPSBOOK_ACCOUNT is \"other\"; it must be one of sandbox, aws\n"+
		"Try: opsbook list --help" {
		t.Errorf("a variable that is wrong: %q", wrong)
	}
	for _, args := range [][]string{{"list", "--account", "aws"}, {"list", "--account="}, {"list", "--help"}} {
		if _, wrong = parsed(variables, args...); wrong != "" {
			t.Errorf("%v: %q", args, wrong)
		}
	}
}

// TestCommandLines says which command a line has, and which of its words are the command's.
func TestCommandLines(t *testing.T) {
	for _, c := range []struct {
		args    []string
		command string
		words   []string
		help    bool
		wrong   string
	}{
		{nil, "serve", nil, false, ""},
		{[]string{"--addr", "127.0.0.1:0"}, "serve", nil, false, ""},
		{[]string{"--addr", "127.0.0.1:0", "serve", "--fault", "alarm"}, "serve", nil, false, ""},
		{[]string{"--addr", "127.0.0.1:0", "list"}, "serve", nil, false,
			"opsbook: --addr is a flag of serve, not of list\nTry: opsbook serve --help"},
		{[]string{"--data", "list", "run", "--yes", "a", "--dry-run"}, "run", []string{"a"}, false, ""},
		{[]string{"run", "--", "--yes"}, "run", []string{"--yes"}, false, ""},
		{[]string{"run", "a", "--yes=false"}, "run", []string{"a"}, false, ""},
		{[]string{"run", "a", "--yes=perhaps"}, "run", nil, false,
			"opsbook: --yes is \"perhaps\"; it must be true or false\nTry: opsbook run --help"},
		{[]string{"run", "a", "b"}, "run", nil, false, "opsbook: unexpected argument b\nTry: opsbook run --help"},
		{[]string{"--help", "run"}, "run", nil, true, ""},
		{[]string{"run", "-h", "a", "b"}, "run", nil, true, ""},
		{[]string{"-format"}, "serve", nil, false,
			"opsbook: unknown flag -format, did you mean \"--log-format\"?\nTry: opsbook --help"},
		{[]string{"list", "-format"}, "list", nil, false,
			"opsbook: unknown flag -format, did you mean \"--format\"?\nTry: opsbook list --help"},
		{[]string{"--account", "aws", "aws", "s3", "ls", "--data", "x", "--"}, "aws", []string{"s3", "ls", "--data", "x", "--"}, false, ""},
		{[]string{"aws", "s3", "help"}, "aws", []string{"s3", "help"}, false, ""},
		{[]string{"aws", "-h"}, "aws", nil, true, ""},
		{[]string{"aws"}, "aws", nil, false, ""},
	} {
		l, wrong := parsed(nil, c.args...)
		if wrong != c.wrong || l.command.name != c.command || l.help != c.help ||
			wrong == "" && !l.help && !slices.Equal(l.words, c.words) {
			t.Errorf("%q is %s with %q (help: %v), %q", c.args, l.command.name, l.words, l.help, wrong)
		}
	}
	l, wrong := parsed(nil, "run", "a", "--set", "A=b=c,d", "--set", "B=", "--set", "A=e,f")
	if c, _ := l.command.action.(*runCommand); wrong != "" || len(c.Set) != 2 || c.Set["A"] != "e,f" || c.Set["B"] != "" {
		t.Errorf("%q, %+v", wrong, c)
	}
}
