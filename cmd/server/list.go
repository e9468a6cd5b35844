package main

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
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
	return os.DirFS(o.Runbooks), absolute(o.Runbooks), nil
}

// analyser reads scripts with the commands' plans, for all environments, of which the first is the usual one; nothing is
// executed with them.
func analyser(environments ...procedures.Environment) *analyse.Analyser {
	table := commands.Table(commands.Options{})
	table["aws"] = aws.New(aws.Options{Environment: environments[0]})
	return &analyse.Analyser{Effects: commands.NewProgramEffects(environments).Of, Command: func(name string) (procedures.Command, bool) {
		c, ok := table[name]
		return c, ok
	}}
}

// library reads the runbooks for a command of the terminal, with the environment that was chosen.
func (o *options) library() (*runbook.Library, procedures.Environment, error) {
	environments, err := o.environments()
	if err != nil {
		return nil, procedures.Environment{}, err
	}
	e := environments[0]
	folder, name, err := o.runbookFolder()
	if err != nil {
		return nil, e, err
	}
	lib, err := runbook.Open(folder, runbook.Options{Analyser: analyser(environments...), Variables: e.Variables})
	if err != nil {
		return nil, e, fmt.Errorf("read %s: %w", name, err)
	}
	return lib, e, nil
}

// listCommand is `opsbook list`. It reads runbooks and sends nothing.
type listCommand struct {
	Format string `help:"text, or json." enum:"text,json" default:"text"`
}

// Run lists, and ends with 0 whatever mistakes there are. JSON is the library’s Listing as it is, with < and &
// unescaped, for jq and the like.
func (c *listCommand) Run(o *options, t terminal) error {
	lib, _, err := o.library()
	if err != nil {
		return err
	}
	if c.Format == "json" {
		encoder := json.NewEncoder(t.out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(lib.Listing())
	}
	return listText(t.out, lib.Listing())
}

// listText prints chapters, procedures and steps indented under each other, then all findings.
func listText(out io.Writer, l runbook.Listing) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, chapter := range l.Chapters {
		fmt.Fprintf(w, "%s\n", chapter.Title)
		for _, p := range chapter.Procedures {
			fmt.Fprintf(w, "  %s\t%s\t%s\n", p.Title, p.Duration, p.ID)
			for _, s := range p.Steps {
				what := strings.Join(append(append([]string{}, s.Calls...), s.Programs...), ", ")
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
