package engine

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
)

// Bounds of listing choices.
// At most 500 choices are listed, of one mebibyte of output, in 20 seconds: a page waits for them.
const (
	choicesTime  = 20 * time.Second
	choicesBytes = 1 << 20
	choicesMost  = 500
)

// Choices are the values that the parameter's `choose:` line prints, in their order: one a line or, as `--output text` lists
// them, one a tab. A line that would change something is refused. find looks up the script files of the library.
// It runs without a run: nothing is kept, and no file of a run is there.
func (g *Engine) Choices(ctx context.Context, p *procedures.Procedure, parameter string,
	find func(path string) (procedures.Script, bool), runbooks fs.FS,
) ([]string, error) {
	q := p.Parameter(parameter)
	if q == nil || q.Choose == "" {
		return nil, procedures.Errorf(procedures.CodeNotFound, "%s has no choices to list for %q", p.Title, parameter)
	}
	script := procedures.Script{File: p.File, Line: p.Line, Text: q.Choose + "\n"}
	analysis := (&analyse.Analyser{Command: g.Commands}).Analyse(script)
	switch {
	case analysis.Hindrance() != "":
		return nil, procedures.Errorf(procedures.CodeRefused, "the choices of %s are not listed: %s", parameter, analysis.Hindrance())
	case analysis.Effect.Changes():
		return nil, procedures.Errorf(procedures.CodeRefused,
			"the choices of %s are not listed: %s would change something", parameter, q.Choose)
	}
	out := &bounded{limit: choicesBytes}
	// The environment's variables only: a run's own values, and what its steps have set, are not known on the page.
	step := &procedures.Step{Script: script, Analysis: analysis, Annotations: procedures.Annotations{Timeout: choicesTime}}
	result, _ := g.once(ctx, Execution{
		Step: step, Scripts: find, Parameters: g.Environment.Variables, Files: &interpret.Folder{Over: runbooks},
		Now: time.Now, Stdout: out,
	})
	if result.Judgement.Verdict.Exit() == 2 {
		return nil, procedures.Errorf(procedures.CodeUnavailable, "the choices of %s could not be listed: %s",
			parameter, result.Judgement.Reason)
	}
	var choices []string
	for _, value := range strings.FieldsFunc(out.String(), func(r rune) bool { return r == '\n' || r == '\t' }) {
		value = strings.TrimSpace(value)
		// "None" is what `--output text` prints for null.
		if value != "" && value != "None" && !slices.Contains(choices, value) && len(choices) < choicesMost {
			choices = append(choices, value)
		}
	}
	return choices, nil
}

// bounded keeps what is written up to a limit in bytes.
type bounded struct {
	bytes.Buffer
	limit int
}

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.limit {
		return 0, errors.New("too much is listed")
	}
	return b.Buffer.Write(p)
}
