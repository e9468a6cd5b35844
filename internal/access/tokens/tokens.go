// Package tokens knows programs: by tokens that are made here, and by those that a CI system signs for its jobs.
package tokens

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/access/signin"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Store keeps tokens. Its errors have codes; that of a token that is not there is CodeNotFound.
type Store interface {
	InsertToken(ctx context.Context, t *procedures.Token, secret string, most int) error
	Token(ctx context.Context, secret string) (*procedures.Token, error)
	Tokens(ctx context.Context) ([]*procedures.Token, error)
	UseToken(ctx context.Context, id string, at time.Time, address string) error
	EndToken(ctx context.Context, which string) (*procedures.Token, error)
}

// Service makes tokens, ends them, and knows who sends one. It is safe for use by several goroutines.
type Service struct {
	Store     Store
	Workloads []*signin.Workload
	// Roles are those of the configuration; none where everybody may do everything. Environments are those of the server.
	Roles, Environments []string
	// Address is where a request comes from; nil for its peer.
	Address func(r *http.Request) string
	Now     func() time.Time // nil for time.Now
	// MayLend is why somebody may not make a token with a grant; nil for everybody may.
	MayLend func(by access.Person, g *access.Grant) error
}

// What tokens are like.
const (
	// Prefix begins all tokens, so that scanners for secrets find them: Prefix and 33 of A to Z and 2 to 7.
	Prefix = "opsbook_"
	// Longest is how long a token lasts at most, Usual how long one does of which that is not said.
	Longest = 366 * 24 * time.Hour
	Usual   = 90 * 24 * time.Hour
	// most bounds how many there are.
	most = 500
	// useEvery is how exact the time is at which a token was used last.
	useEvery = time.Minute
	// maxName bounds a name, maxList what a token is bounded to, in entries.
	maxName, maxList = 60, 50
)

// newSecret makes a token: 130 random bits, and a checksum, by which one that was cut off is known without a look at the database.
func newSecret() string {
	body := rand.Text()
	return Prefix + body + sumOf(body)
}

// sumOf is the checksum of a token's random part: CRC-32, as base32.
func sumOf(body string) string {
	sum := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(body)))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum)
}

// wellFormed reports whether a text is a token as newSecret makes them.
func wellFormed(token string) bool {
	rest, ok := strings.CutPrefix(token, Prefix)
	const sum = 7 // letters of 32 bits
	return ok && len(rest) == len(rand.Text())+sum && sumOf(rest[:len(rest)-sum]) == rest[len(rest)-sum:]
}

// hashOf is what is stored of a token. Its random bits are so many that the hash needs no salt and no time.
func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// bearer is what a request has in Authorization (RFC 6750, 2.1); empty for nothing of that kind, and where it is there twice.
func bearer(r *http.Request) string {
	values := r.Header.Values("Authorization")
	if len(values) != 1 {
		return ""
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// Claims reports whether a request says that it is a program's: then nothing else of it says who sent it. What is no token of ours and
// of none of the issuers is left to others, as proxies send tokens of their own.
func (s *Service) Claims(r *http.Request) bool {
	token := bearer(r)
	return strings.HasPrefix(token, Prefix) || token != "" && s.workload(token) != nil
}

// workload is the first of the workloads whose issuer a token names; nil for none.
func (s *Service) workload(token string) *signin.Workload {
	issuer := signin.IssuerOf(token)
	i := slices.IndexFunc(s.Workloads, func(w *signin.Workload) bool { return issuer != "" && w.Provider.Issuer == issuer })
	if i < 0 {
		return nil
	}
	return s.Workloads[i]
}

// Authenticate returns which program sent a request that Claims is true of. Its error is for the sender.
func (s *Service) Authenticate(r *http.Request) (access.Person, error) {
	token := bearer(r)
	if !strings.HasPrefix(token, Prefix) {
		return s.job(r.Context(), token)
	}
	if !wellFormed(token) {
		return access.Person{}, procedures.Errorf(procedures.CodeRefused,
			"this is no whole token: one is %s and 33 letters and digits. Nothing was done", Prefix)
	}
	t, err := s.Store.Token(r.Context(), hashOf(token))
	if err != nil && procedures.CodeOf(err) != procedures.CodeNotFound {
		return access.Person{}, err
	}
	now := s.now()
	switch {
	case err != nil:
		return access.Person{}, procedures.Errorf(procedures.CodeRefused, "this token was ended, or is another server's. Nothing was done")
	case s.Expired(t):
		return access.Person{}, procedures.Errorf(procedures.CodeRefused, "the token %s expired on %s; make another one. Nothing was done",
			t.Name, t.Expires.UTC().Format(time.DateOnly))
	}
	if now.Sub(t.Used) >= useEvery {
		address := access.PeerOf(r)
		if s.Address != nil {
			address = s.Address(r)
		}
		if err := s.Store.UseToken(r.Context(), t.ID, now, address); err != nil {
			return access.Person{}, err
		}
	}
	return access.Person{
		Name: t.Name, Issuer: access.IssuerToken, Subject: t.ID,
		Token: grantOf(t.Role, t.Maker, t.Verbs, t.Effects, t.Environments, t.Procedures),
	}, nil
}

// grantOf is the grant of a token.
func grantOf(role, maker string, verbs []string, worst procedures.Effect, environments, patterns []string) *access.Grant {
	may := make([]access.Action, len(verbs))
	for i, v := range verbs {
		may[i] = access.Action(v)
	}
	return access.NewGrant(role, maker, access.Bounds{May: may, Effects: worst, Environments: environments, Procedures: patterns})
}

// job is which job of a CI system sent a token of one of the issuers.
func (s *Service) job(ctx context.Context, token string) (access.Person, error) {
	issuer := signin.IssuerOf(token)
	var same []*signin.Workload
	for _, w := range s.Workloads {
		if w.Provider.Issuer == issuer {
			same = append(same, w)
		}
	}
	return signin.VerifyWorkload(ctx, same, token)
}

func (s *Service) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

// New is a token that is to be made.
type New struct {
	Name, Role                      string
	Verbs, Environments, Procedures []string
	Effects                         procedures.Effect
	Lasts                           time.Duration // 0 for Usual
}

// Make makes a token, and returns it with what a program sends, which is nowhere afterwards.
func (s *Service) Make(ctx context.Context, n New, by access.Person) (token string, made *procedures.Token, err error) {
	if err := s.check(&n); err != nil {
		return "", nil, err
	}
	now := s.now()
	if s.MayLend != nil {
		if err := s.MayLend(by, grantOf(n.Role, "", n.Verbs, n.Effects, n.Environments, n.Procedures)); err != nil {
			return "", nil, err
		}
	}
	made = &procedures.Token{
		ID: strings.ToLower(rand.Text()[:12]), Name: n.Name, Role: n.Role, Verbs: n.Verbs, Environments: n.Environments,
		Procedures: n.Procedures, Effects: n.Effects, By: by.Name, Maker: by.Key(), Made: now, Expires: now.Add(n.Lasts),
	}
	token = newSecret()
	return token, made, s.Store.InsertToken(ctx, made, hashOf(token), most)
}

// check completes a token that is to be made, or says what is wrong with it.
func (s *Service) check(n *New) error {
	wrong := func(format string, args ...any) error {
		return procedures.Errorf(procedures.CodeInvalid, format+". No token was made", args...)
	}
	n.Name = access.CleanName(n.Name)
	if n.Lasts == 0 {
		n.Lasts = Usual
	}
	onlyNumbers := slices.Equal(n.Verbs, []string{string(access.Metrics)})
	switch {
	case n.Name == "" || len(n.Name) > maxName:
		return wrong("a token has a name, of at most %d letters, that says what uses it", maxName)
	case len(n.Environments) > maxList || len(n.Procedures) > maxList:
		return wrong("a token is bounded to at most %d environments and %d patterns", maxList, maxList)
	case n.Lasts < time.Minute || n.Lasts > Longest:
		return wrong("a token lasts from a minute to 366 days")
	case len(s.Roles) > 0 && n.Role == "" && !onlyNumbers:
		return wrong("say which role the token has: %s", strings.Join(s.Roles, ", "))
	case n.Role != "" && !slices.Contains(s.Roles, n.Role) && len(s.Roles) == 0:
		return wrong("the configuration has no roles, so that a token has none")
	case n.Role != "" && !slices.Contains(s.Roles, n.Role):
		return wrong("there is no role %s; there is %s", n.Role, strings.Join(s.Roles, ", "))
	}
	if why := CheckBounds(n.Verbs, n.Environments, n.Procedures, n.Effects, s.Environments); why != "" {
		return wrong("%s", why)
	}
	return nil
}

// CheckBounds says what is wrong with what a token or a workload is bounded to; empty for nothing.
func CheckBounds(verbs, environments, patterns []string, worst procedures.Effect, known []string) string {
	for _, v := range verbs {
		if !slices.Contains(access.TokenActions, access.Action(v)) {
			names := make([]string, len(access.TokenActions))
			for i, a := range access.TokenActions {
				names[i] = string(a)
			}
			return v + " is nothing that a token may; there is " + strings.Join(names, ", ")
		}
	}
	for _, e := range environments {
		if !slices.Contains(known, e) {
			return "there is no environment " + e + "; there is " + strings.Join(known, ", ")
		}
	}
	for _, p := range patterns {
		if !access.ValidPattern(p) {
			return p + " is no pattern: write a folder or procedure as opsbook list has it, with * for any name, ** for any folders, " +
				"and ! before what is left out"
		}
	}
	switch worst {
	case "", procedures.EffectRead, procedures.EffectChange, procedures.EffectDestroy:
		return ""
	}
	return "the worst effect is read, change or destroy"
}

// Tokens lists all tokens by their names, expired ones too.
func (s *Service) Tokens(ctx context.Context) ([]*procedures.Token, error) {
	return s.Store.Tokens(ctx)
}

// Expired reports whether a token's time is over.
func (s *Service) Expired(t *procedures.Token) bool { return !s.now().Before(t.Expires) }

// End ends the token of an identifier or a name.
func (s *Service) End(ctx context.Context, which string) (*procedures.Token, error) {
	return s.Store.EndToken(ctx, which)
}
