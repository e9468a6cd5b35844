package custom

import (
	"context"
	"fmt"

	"github.com/opsbook/opsbook/internal/aws/accounts"
	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/check"
	"github.com/opsbook/opsbook/internal/aws/session"
	"github.com/opsbook/opsbook/internal/procedures"
)

// configureProfiles is `aws configure list-profiles`: those of the server's files; the sandbox has none.
type configureProfiles struct{}

func readProfiles(args []string, known func(string) bool) error {
	_, err := (&bind.Command{}).Read(without(without(args, "configure"), "list-profiles"), known)
	return err
}

// Describe implements Command.
func (configureProfiles) Describe(line *check.Line, words []procedures.Word) {
	args, known := check.Texts(words)
	if err := readProfiles(args, known); err != nil {
		line.Refuse(words[0], err)
		return
	}
	line.Info.Effect = procedures.EffectNone
}

// Run implements Command.
func (configureProfiles) Run(_ context.Context, s *session.Session, args []string) (int, error) {
	if err := readProfiles(args, nil); err != nil {
		return 0, err
	}
	s.Call.Command, s.Call.Effect = "configure list-profiles", procedures.EffectNone
	var profiles []string
	if !s.Environment.Sandbox() {
		profiles = accounts.Profiles()
	}
	for _, p := range profiles {
		fmt.Fprintln(s.Invocation.Stdout, p)
	}
	s.Call.RuleVerdict = &procedures.Judgement{Verdict: procedures.Info, Reason: fmt.Sprintf("%d profiles are there.", len(profiles))}
	return 0, nil
}
