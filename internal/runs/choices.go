package runs

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
)

// What listing choices may take.
const (
	choicesTime  = 20 * time.Second
	choicesBytes = 1 << 20
	choicesMost  = 500
)

// Choices are the values that the parameter's `choose:` line prints in an environment, in their order: one a line or, as
// `--output text` lists them, one a tab. Nothing is kept of it. A line that would change something is refused.
func (s *Service) Choices(ctx context.Context, r Request, parameter string) ([]string, error) {
	w, err := s.wish(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := s.may(ctx, w.Request, access.Press, procedures.EffectRead); err != nil {
		return nil, err
	}
	q := w.procedure.Parameter(parameter)
	if q == nil || q.Choose == "" {
		return nil, procedures.Errorf(procedures.CodeNotFound, "%s has no choices to list for %q", w.procedure.Title, parameter)
	}
	script := procedures.Script{File: w.procedure.File, Line: w.procedure.Line, Text: q.Choose + "\n"}
	analysis := (&analyse.Analyser{Command: w.engine.Commands}).Analyse(script)
	switch {
	case analysis.Refused != "":
		return nil, procedures.Errorf(procedures.CodeRefused, "the choices of %s are not listed: %s", parameter, analysis.Refused)
	case analysis.Effect.Changes():
		return nil, procedures.Errorf(procedures.CodeRefused, "the choices of %s are not listed: %s would change something", parameter, q.Choose)
	}
	out := &bounded{limit: choicesBytes}
	step := &procedures.Step{Script: script, Analysis: analysis, Annotations: procedures.Annotations{Timeout: choicesTime}}
	result, _ := w.engine.once(ctx, Carry{
		Step: step, Scripts: w.library.Script, Parameters: w.engine.Environment.Variables, Files: &interpret.Folder{Over: s.Runbooks}, Now: time.Now, Stdout: out,
	})
	if result.Judgement.Verdict.Exit() == 2 {
		return nil, procedures.Errorf(procedures.CodeUnavailable, "the choices of %s could not be listed: %s", parameter, result.Judgement.Reason)
	}
	var choices []string
	for _, value := range strings.FieldsFunc(out.String(), func(r rune) bool { return r == '\n' || r == '\t' }) {
		if value = strings.TrimSpace(value); value != "" && value != "None" && !slices.Contains(choices, value) && len(choices) < choicesMost {
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
