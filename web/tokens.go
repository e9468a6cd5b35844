package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/access/tokens"
	"github.com/opsbook/opsbook/internal/audit"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// showTokens lists the tokens of programs.
func (s *Server) showTokens(w http.ResponseWriter, r *http.Request) error {
	return s.tokensPage(w, r, "", "")
}

// tokensPage is the page of all tokens, with one that was made now: it is shown this once.
func (s *Server) tokensPage(w http.ResponseWriter, r *http.Request, name, secret string) error {
	if s.Tokens == nil {
		return s.nothing(w, r)
	}
	all, err := s.Tokens.Tokens(r.Context())
	if err != nil {
		return err
	}
	f, err := s.frame(r, "Tokens")
	if err != nil {
		return err
	}
	page := &templates.Tokens{Frame: *f, Roles: s.Tokens.Roles, Made: name, Secret: secret}
	for _, t := range all {
		page.Tokens = append(page.Tokens, templates.TokenRow{
			ID: t.ID, Name: t.Name, Scope: scopeOf(t), By: t.By, Made: t.Made, Expires: t.Expires, Used: t.Used, From: t.From,
			Expired: s.Tokens.Expired(t),
		})
	}
	for _, wl := range s.Tokens.Workloads {
		page.Workloads = append(page.Workloads, templates.WorkloadRow{
			Name: wl.Name, Issuer: wl.Provider.Issuer, Audience: wl.Provider.ClientID, Subjects: strings.Join(wl.Subjects, ", "),
			Role: wl.Grant.Role,
		})
	}
	return render(w, r, http.StatusOK, templates.TokensPage(page))
}

// scopeOf says what a token may: "role deployer · press, view · change · staging · deploy/**".
func scopeOf(t *procedures.Token) string {
	if slices.Equal(t.Verbs, []string{string(access.Metrics)}) {
		return "reads /metrics"
	}
	var parts []string
	if t.Role != "" {
		parts = append(parts, "role "+t.Role)
	}
	if len(t.Verbs) > 0 {
		parts = append(parts, "only "+strings.Join(t.Verbs, ", "))
	} else if t.Role == "" {
		parts = append(parts, "everything")
	}
	effects := string(t.Effects)
	if effects == "" {
		effects = string(procedures.EffectRead)
	}
	parts = append(parts, "effects up to "+effects)
	for _, list := range [][]string{t.Environments, t.Procedures} {
		if len(list) > 0 {
			parts = append(parts, strings.Join(list, ", "))
		}
	}
	return strings.Join(parts, " · ")
}

// makeToken makes a token, and shows it. It is an answer and no redirect: nothing keeps what is shown once.
func (s *Server) makeToken(w http.ResponseWriter, r *http.Request) error {
	if s.Tokens == nil {
		return s.nothing(w, r)
	}
	form := r.PostForm
	days, err := strconv.Atoi(form.Get("days"))
	if err != nil || days < 1 || days > 366 {
		return procedures.Errorf(procedures.CodeInvalid, "a token lasts from 1 to 366 days. No token was made")
	}
	secret, made, err := s.Tokens.Make(r.Context(), tokens.New{
		Name: form.Get("name"), Role: form.Get("role"), Verbs: words(form.Get("may")), Environments: words(form.Get("environments")),
		Procedures: words(form.Get("procedures")), Effects: procedures.Effect(form.Get("effects")),
		Lasts: time.Duration(days) * 24 * time.Hour,
	}, s.person(r))
	if err != nil {
		return err
	}
	s.recorded(r, "made a token")
	err = s.record(r, audit.Entry{
		Kind: audit.AccessChanged, Result: "allowed",
		Text: "made the token " + made.Name + " (" + made.ID + "): " + scopeOf(made) + ", until " +
			made.Expires.UTC().Format(time.DateOnly),
	})
	if err == nil {
		err = s.tokensPage(w, r, made.Name, secret)
	}
	return procedures.Afterwards("the token "+made.Name+" is made, but its secret is shown to nobody: end it and make another", err)
}

// words are the entries of a field that lists them, separated by commas or blanks.
func words(text string) []string {
	return strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ' ' || c == '\n' || c == '\r' || c == '\t' })
}

// endToken ends a token at once.
func (s *Server) endToken(w http.ResponseWriter, r *http.Request) error {
	if s.Tokens == nil {
		return s.nothing(w, r)
	}
	ended, err := s.Tokens.End(r.Context(), r.PostForm.Get("token"))
	if err != nil {
		return err
	}
	s.recorded(r, "ended a token")
	if err := s.record(r, audit.Entry{
		Kind: audit.AccessChanged, Result: "allowed", Text: "ended the token " + ended.Name + " (" + ended.ID + ")",
	}); err != nil {
		return procedures.Afterwards("the token "+ended.Name+" has ended", err)
	}
	s.Sessions.Put(r.Context(), "flash", "The token "+ended.Name+" has ended. What is sent with it is refused from now on.")
	http.Redirect(w, r, "/tokens", http.StatusSeeOther)
	return nil
}
