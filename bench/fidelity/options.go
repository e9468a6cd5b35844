package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// recorded is where is kept what the real programs say of themselves.
const recorded = "internal/scripts/commands"

// options records which options the real programs have, and which versions they are.
func options(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("options", flag.ContinueOnError)
	into := flags.String("o", recorded, "the folder that is written into")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var out, versions strings.Builder
	for _, name := range commands.RecordedNames() {
		ask := []string{"--help"}
		if name == "curl" {
			ask = append(ask, "all")
		}
		cmd := exec.CommandContext(ctx, name, ask...)
		cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}
		text, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("%s --help: %w", name, err)
		}
		version := exec.CommandContext(ctx, name, "--version")
		version.Env = cmd.Env
		if said, err := version.Output(); err == nil && strings.Contains(string(said), "(GNU ") {
			fmt.Fprintf(&versions, "== %s\n%s", name, said)
		}
		list := primaries(string(text))
		if name != "find" {
			list = optionsOf(string(text))
		}
		for _, option := range list {
			fmt.Fprintf(&out, "%s %s\n", name, option)
		}
	}
	return errors.Join(os.WriteFile(filepath.Join(*into, "gnu_options.txt"), []byte(out.String()), 0o600),
		os.WriteFile(filepath.Join(*into, "gnu_versions.txt"), []byte(versions.String()), 0o600))
}

var (
	column     = lazy.Regexp(`  +(-)`)
	optionLine = lazy.Regexp(`^\s*(-.*?)(?:  .*)?$`)
	oneOption  = lazy.Regexp(`(?:^|[,\s])(--[A-Za-z0-9][-A-Za-z0-9._]*|-[A-Za-z0-9#])(\[?)(=?)(\S*)` +
		`( [A-Z<][-A-Za-z_>]*| script(?:-file)?| [a-z]+$)?`)
	primary = lazy.Regexp(`(?:^|\s)(-[a-z][a-z0-9_]+|-[HLPOD])\b`)
)

// optionsOf are the options that stand at the beginning of a help text's lines, each with "=" where it takes a value, and "[=]" where it
// may take one.
func optionsOf(help string) []string {
	var out []string
	for line := range strings.Lines(help) {
		line = strings.ReplaceAll(strings.TrimRight(line, "\n"), "\t", " ")
		line = column().ReplaceAllString(line, " $1") // the long names of gawk stand in a column of their own
		m := optionLine().FindStringSubmatch(line)
		if m == nil {
			continue
		}
		kind := ""
		var names []string
		for _, o := range oneOption().FindAllStringSubmatch(m[1], -1) {
			if strings.Trim(o[1]+o[4], "-0123456789") == "" && o[4] != "" {
				continue // a number
			}
			names = append(names, o[1])
			switch {
			case o[2] == "[":
				kind = "[=]"
			case kind == "" && (o[3] == "=" || o[5] != ""):
				kind = "="
			}
		}
		for _, name := range names {
			if text := name + kind; !slices.Contains(out, text) && name != "-M" || len(m[1]) > 2 { // -M: a range of cut
				out = append(out, text)
			}
		}
	}
	return out
}

// primaries are those of find.
func primaries(help string) []string {
	var out []string
	for _, m := range primary().FindAllStringSubmatch(help, -1) {
		if !slices.Contains(out, m[1]) {
			out = append(out, m[1])
		}
	}
	return out
}
