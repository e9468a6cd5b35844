package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/pflag"

	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/confined"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/runbook/lint"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/commands"
	"github.com/opsbook/opsbook/runbooks"
)

// runbookFolder is the folder that the options name, or the shipped pack, with a name for messages. The name is a
// whole path, or words for the pack.
func (o *options) runbookFolder() (fs.FS, string, error) {
	if o.Runbooks == "" {
		return runbooks.Pack, "the shipped pack", nil
	}
	if !isFolder(o.Runbooks) {
		return nil, "", procedures.Errorf(procedures.CodeInvalid, "there is no folder of runbooks %s", absolute(o.Runbooks))
	}
	return confined.Dir(o.Runbooks), absolute(o.Runbooks), nil
}

// analyser reads scripts with the commands' plans, for all environments, of which the first is the usual one; nothing is
// executed with them.
func analyser(environments ...procedures.Environment) *analyse.Analyser {
	table := commands.Table(commands.Options{})
	table["aws"] = aws.New(aws.Options{Environment: environments[0]})
	for _, e := range environments {
		for _, p := range e.Programs { // which goes before a command that carries out some lines only
			name, _, _ := strings.Cut(p.Name, " ")
			if _, chooses := table[name].(procedures.Chooser); chooses {
				delete(table, name)
			}
		}
	}
	return &analyse.Analyser{
		Effects: commands.NewProgramEffects(environments).Of, Wrappers: wrappersOf(environments[0]),
		Command: func(name string) (procedures.Command, bool) {
			c, ok := table[name]
			return c, ok
		},
	}
}

// wrappersOf are the wrappers of the configuration, which has checked them.
func wrappersOf(e procedures.Environment) []commands.Wrapper {
	var out []commands.Wrapper
	for _, pattern := range e.Wrappers {
		if w, err := commands.ParseWrapper(pattern); err == nil {
			out = append(out, w)
		}
	}
	return out
}

// library reads the runbooks for a command of the terminal, with the environment that was chosen.
func (o *options) library() (*runbook.Library, procedures.Environment, error) {
	folder, name, err := o.runbookFolder()
	if err != nil {
		return nil, procedures.Environment{}, err
	}
	return o.libraryOf(folder, name)
}

// libraryOf reads a folder of that name.
func (o *options) libraryOf(folder fs.FS, name string) (*runbook.Library, procedures.Environment, error) {
	options, e, err := o.readOptions()
	if err != nil {
		return nil, e, err
	}
	lib, err := runbook.Open(folder, options)
	if err != nil {
		return nil, e, fmt.Errorf("read %s: %w", name, err)
	}
	return lib, e, nil
}

// readOptions say how runbooks are read for the environment that was chosen.
func (o *options) readOptions() (runbook.Options, procedures.Environment, error) {
	environments, err := o.environments()
	if err != nil {
		return runbook.Options{}, procedures.Environment{}, err
	}
	e := environments[0]
	hosts, err := o.imageHosts()
	return runbook.Options{
		Analyser: analyser(environments...), Variables: e.Variables, ImageHosts: hosts, Allows: allowedIn(environments...),
	}, e, err
}

// allowedIn reports whether one of the environments runs a program, at least with some subcommands.
func allowedIn(environments ...procedures.Environment) func(program string) bool {
	return func(program string) bool {
		return slices.ContainsFunc(environments, func(e procedures.Environment) bool {
			return slices.ContainsFunc(e.Programs, func(p procedures.Program) bool {
				name, _, _ := strings.Cut(p.Name, " ")
				return name == program
			})
		})
	}
}

// listCommand is `opsbook list`. It reads runbooks and sends nothing.
type listCommand struct {
	Format   string
	Coverage bool
}

// flags implements flagged.
func (c *listCommand) flags(f *pflag.FlagSet) {
	c.Format = "text"
	f.Var(&choice{value: &c.Format, of: []string{"text", "json"}}, "format", "`text|json` How it is printed.")
	f.BoolVar(&c.Coverage, "coverage", false, "What became of each document, in numbers.")
}

// run lists, and ends with 0 whatever mistakes there are. JSON is the library’s Listing as it is, with < and &
// unescaped, for jq and the like.
func (c *listCommand) run(_ context.Context, o *options, t terminal, _ []string) error {
	lib, e, err := o.library()
	if err != nil {
		return err
	}
	var listed any = lib.Listing()
	coverage := runbook.CoverageListing{}
	if c.Coverage {
		coverage = lib.Coverage(runbook.Where{Runs: allowedIn(e), Rehearses: rehearses})
		listed = coverage
	}
	switch {
	case c.Format == "json":
		encoder := json.NewEncoder(t.out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(listed)
	case c.Coverage:
		return coverageText(t.out, coverage)
	}
	return listText(t.out, lib.Listing())
}

// coverageText prints a document a line, all of them together, and then why steps are not run as they are written.
func coverageText(out io.Writer, l runbook.CoverageListing) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	line := func(name string, c *runbook.Coverage) {
		fmt.Fprintf(w, "%s\t%s\t%s\n", name, lint.Plural(c.Blocks, "block"), strings.Join(c.Words(), " · "))
	}
	for i := range l.Documents {
		line(lint.OneLine(l.Documents[i].File), &l.Documents[i])
	}
	line(lint.Plural(len(l.Documents), "document"), &l.All)
	for _, part := range []struct {
		title string
		steps []runbook.NotRead
	}{{"By hand", l.All.Hand}, {"Partly by hand", l.All.Partly}, {"Not read", l.All.NotRead}} {
		if len(part.steps) > 0 {
			fmt.Fprintf(w, "\n%s\n", part.title)
		}
		for _, s := range part.steps {
			fmt.Fprintf(w, "  %s:%d: %s: %s\n", lint.OneLine(s.File), s.Line, lint.OneLine(s.Step), lint.OneLine(s.Why))
		}
	}
	if words := l.All.Rehearsal.Words(); words != "" {
		fmt.Fprintf(w, "\nOn the sandbox\n  all\t%s\n", words)
	}
	for i := range l.Documents {
		if words := l.Documents[i].Rehearsal.Words(); words != "" {
			fmt.Fprintf(w, "  %s\t%s\n", lint.OneLine(l.Documents[i].File), words)
		}
	}
	for _, command := range slices.Sorted(maps.Keys(l.All.Rehearsal.Missing)) {
		fmt.Fprintf(w, "  not simulated: %s\t%d\n", command, l.All.Rehearsal.Missing[command])
	}
	if len(l.All.NotShown) > 0 {
		fmt.Fprintf(w, "\nNot shown\n")
	}
	for _, u := range l.All.NotShown {
		fmt.Fprintf(w, "  %s:%d: %s, %s\n", lint.OneLine(u.File), u.Line, u.Why, lint.Plural(u.Last-u.Line+1, "line"))
	}
	if len(l.All.Rules) > 0 {
		fmt.Fprintf(w, "\nFindings by rule\n")
	}
	for _, rule := range slices.Sorted(maps.Keys(l.All.Rules)) {
		fmt.Fprintf(w, "  %s\t%d\n", rule, l.All.Rules[rule])
	}
	return w.Flush()
}

// listText prints chapters, procedures and steps indented under each other, then all findings.
func listText(out io.Writer, l runbook.Listing) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, chapter := range l.Chapters {
		fmt.Fprintf(w, "%s\n", chapter.Title)
		for _, p := range chapter.Procedures {
			fmt.Fprintf(w, "  %s\t%s\t%s\n", p.Title, p.Duration, p.ID)
			for _, s := range p.Steps {
				calls := append(slices.Clone(s.Calls), s.Programs...)
				if s.Undecided {
					calls = append(calls, "unknown until it runs")
				}
				what := strings.Join(calls, ", ")
				if s.Kind == procedures.KindManual {
					what = "by hand"
				}
				if s.Bake != "" {
					what = strings.TrimSuffix(s.Bake+": "+what, ": ")
				}
				fmt.Fprintf(w, "    %s\t%s\t%s\n", s.Title, s.Effect, what)
			}
		}
	}
	if len(l.Findings) > 0 {
		fmt.Fprintf(w, "\nMistakes\n")
		for _, m := range l.Findings {
			fmt.Fprintf(w, "  %s\n", m)
		}
	}
	return w.Flush()
}
