package sandbox

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// gameState is the game that is on, and those that were. It is a part of the world: all replicas play the same game, and it goes on after
// a restart.
type gameState struct {
	Game  *Game  `json:"game,omitempty"`
	Games []Game `json:"games,omitempty"` // the last ones, newest first
}

// Game is a game day: the sandbox breaks something that an open check can see, at a moment that nobody knows, and it is measured how long
// it takes until a check is red and until a change has mended it.
type Game struct {
	ID        string `json:"id"`
	Procedure string `json:"procedure,omitempty"` // whose checks see the fault; empty for those of all
	By        string `json:"by"`
	// Begun is when it was asked for, Starts when the fault begins. Red is the first reading that the fault turned, Mitigated the first
	// healthy one of the same thing after a change; zero for what has not been.
	Begun     time.Time `json:"begun"`
	Starts    time.Time `json:"starts"`
	Red       time.Time `json:"red,omitzero"`
	Mitigated time.Time `json:"mitigated,omitzero"`
	Ended     time.Time `json:"ended,omitzero"`
	// Fault and Salt are secret while it is on, Hash is of both: nobody can swap the fault.
	Fault string `json:"fault"`
	Title string `json:"title"` // of the fault
	Salt  string `json:"salt"`
	Hash  string `json:"hash"`

	Saw    string   `json:"saw,omitempty"`    // the call that was red first
	Helped string   `json:"helped,omitempty"` // the change before the first healthy reading
	Reads  int      `json:"reads"`            // calls since the fault began
	Tried  []string `json:"tried,omitempty"`  // the changes since then

	Key string `json:"key,omitempty"` // tells a reading of the same thing: operation and input
	On  bool   `json:"on,omitempty"`  // the fault has begun
}

// MaxWithin is how long the fault of a game may be waited for.
const MaxWithin = 10 * time.Minute

// The bounds of what is kept: games, and changes of one.
const (
	maxGames = 20
	maxTried = 50
)

// hashOf is what is shown of a fault from the beginning.
func hashOf(salt, fault string) string {
	sum := sha256.Sum256([]byte(salt + " " + fault))
	return hex.EncodeToString(sum[:])
}

// Verified reports whether the hash is that of the salt and the fault.
func (g Game) Verified() bool { return g.Hash == hashOf(g.Salt, g.Fault) }

// Open is the game as it may be seen: without the fault while it is on.
func (g Game) Open() Game {
	if g.Ended.IsZero() {
		g.Fault, g.Title, g.Salt, g.Starts, g.Key = "", "", "", time.Time{}, ""
	}
	return g
}

// Games are the game that is on, nil for none, and those that were, newest first. The fault of the one that is on is not said.
func (s *Sandbox) Games(ctx context.Context) (on *Game, past []Game, err error) {
	err = s.with(ctx, func() error {
		if s.world.Game != nil {
			open := s.world.Game.Open()
			on = &open
		}
		past = slices.Clone(s.world.Games)
		return nil
	})
	return on, past, err
}

// BeginGame picks a fault that a check of a procedure sees, of all procedures where that is empty, and that a change can mend. It begins
// at a random moment within the time given, at most ten minutes.
func (s *Sandbox) BeginGame(ctx context.Context, procedure, by string, within time.Duration) error {
	return s.with(ctx, func() error {
		if s.world.Game != nil {
			return procedures.Errorf(procedures.CodeConflict, "a game day is on already; give it up first")
		}
		if len(s.world.Faults) > 0 {
			return procedures.Errorf(procedures.CodeConflict, "faults are on: %s. Switch them off first, or reset the sandbox",
				strings.Join(sortedKeys(s.world.Faults), ", "))
		}
		now := s.now().UTC()
		seen := s.visible(procedure, now)
		if len(seen) == 0 {
			return procedures.Errorf(procedures.CodeConflict,
				"no check there sees a fault that a change mends: choose another procedure, or all of them")
		}
		salt := make([]byte, 16)
		_, _ = rand.Read(salt) // it never fails
		within = max(0, min(within, MaxWithin))
		g := &Game{
			ID: hex.EncodeToString(salt[:4]), Procedure: procedure, By: by, Begun: now, Salt: hex.EncodeToString(salt[4:]),
			Starts: now.Add(time.Duration(random(int64(within) + 1))), Fault: seen[random(int64(len(seen)))],
		}
		for _, f := range faults() {
			if f.Name == g.Fault {
				g.Title = f.Title
			}
		}
		g.Hash = hashOf(g.Salt, g.Fault)
		s.world.Game = g
		s.world.Serial++
		return nil
	})
}

// random is a number from 0 below n that nobody can guess.
func random(n int64) int64 {
	i, err := rand.Int(rand.Reader, big.NewInt(n))
	if err != nil {
		panic(err) // it never fails
	}
	return i.Int64()
}

// EndGame gives the game up and reveals its fault, which is over.
func (s *Sandbox) EndGame(ctx context.Context) error {
	return s.with(ctx, func() error {
		if s.world.Game == nil {
			return procedures.Errorf(procedures.CodeConflict, "no game day is on")
		}
		s.world.endGame(s.now().UTC())
		return nil
	})
}

// endGame keeps the game with those that were, and switches its fault off.
func (w *world) endGame(now time.Time) {
	g := *w.Game
	g.Ended = now
	if g.On {
		w.switchFault(g.Fault, false, now)
	}
	w.Game = nil
	w.Games = append([]Game{g}, w.Games...)
	w.Games = w.Games[:min(len(w.Games), maxGames)]
	w.Serial++
}

// mendable are faults of services that are programmed, whose readings are healthy again after a change: of an alarm's state, of a bucket's
// access block.
var mendable = []string{"alarm", "no-access-block"}

// curable are the faults that changes end.
func curable() map[string]bool {
	out := map[string]bool{}
	for _, name := range mendable {
		out[name] = true
	}
	for _, service := range livingNames() {
		for _, a := range livingOf(service).acts {
			for _, name := range strings.Fields(a.cures) {
				name, _, _ = strings.Cut(name, ":")
				out[name] = true
			}
		}
	}
	return out
}

// visible are the curable faults that a call of the procedure sees: it is red with the fault, and was not before.
func (s *Sandbox) visible(procedure string, now time.Time) []string {
	if s.named == nil {
		return nil
	}
	var out []string
	mended := curable()
	for _, n := range s.named() {
		if procedure != "" && !strings.HasPrefix(n.From, procedure+":") || knowledge.Of(n.Service, n.Operation).Effect.Changes() {
			continue
		}
		for _, f := range faultsOf(n.Service) {
			if mended[f.Name] && !slices.Contains(out, f.Name) && s.turns(n, f.Name, now) {
				out = append(out, f.Name)
			}
		}
	}
	slices.Sort(out)
	return out
}

// faultsOf are those of a service.
func faultsOf(service string) []Fault {
	var out []Fault
	for _, each := range simulations() {
		if each.service == service {
			out = append(out, each.faults...)
		}
	}
	if l := livingOf(service); l != nil {
		out = append(out, l.faults...)
	}
	return out
}

// turns reports whether a fault turns the verdict of a call. Values that a field has to give are taken as any.
func (s *Sandbox) turns(n Named, fault string, now time.Time) bool {
	r, err := requestOf(n, now)
	if err != nil {
		return false
	}
	_, red := s.try(r, "")
	_, broken := s.try(r, fault)
	return !red && broken
}

// requestOf is the request of a call of a runbook, with a name in the place of each placeholder.
func requestOf(n Named, now time.Time) (*request, error) {
	r, err := foretelling(n)
	if err != nil {
		return nil, err
	}
	filled := &document.Object{}
	for name, v := range n.Input.All() {
		filled.Set(name, withoutMasks(v))
	}
	r.input, r.inside, r.now = filled, true, now
	return r, nil
}

// withoutMasks is a value in which a name stands where a placeholder was.
func withoutMasks(v document.Value) document.Value {
	switch t := v.(type) {
	case string:
		if mask().MatchString(t) {
			return "orders"
		}
	case document.List:
		out := make(document.List, len(t))
		for i := range t {
			out[i] = withoutMasks(t[i])
		}
		return out
	}
	return v
}

// try executes a reading on a copy of the world with one fault, none where it is empty, and reports whether it is answered, and is red.
func (s *Sandbox) try(r *request, fault string) (answered, red bool) {
	whole, err := json.Marshal(s.world)
	if err != nil {
		return false, false
	}
	copied, err := readWorld(whole, 0)
	if err != nil {
		return false, false
	}
	if fault != "" {
		copied.switchFault(fault, true, r.now.Add(-time.Second))
	} else if copied.Game != nil && copied.Game.On {
		copied.switchFault(copied.Game.Fault, false, r.now)
	}
	copied.Game = nil
	kept := s.world
	s.world, s.known = copied, nil
	defer func() { s.world, s.known = kept, nil }()
	again := *r
	out, err := s.execute(&again)
	var refused *serviceError
	return err == nil || errors.As(err, &refused) && refused.Code != "SandboxNotImplemented", isRed(r, out, err)
}

// isRed reports whether the verdict rule of a reading warns or fails, of its error too.
func isRed(r *request, out *document.Object, err error) bool {
	o := knowledge.Of(r.service.Name, r.op.Name)
	var refused *serviceError
	if errors.As(err, &refused) {
		j := o.JudgeError(refused.Code, refused.Message)
		return j.Verdict == procedures.Failed || j.Verdict == procedures.Warned
	}
	answer, _ := storable(out).(*document.Object)
	j := o.Judge(r.input, answer, r.now, nil)
	return j != nil && (j.Verdict == procedures.Failed || j.Verdict == procedures.Warned)
}

// startGame switches the fault of a game on when its moment has come.
func (s *Sandbox) startGame(now time.Time) {
	g := s.world.Game
	if g == nil || g.On || now.Before(g.Starts) {
		return
	}
	g.On = true
	s.world.switchFault(g.Fault, true, g.Starts)
	s.world.Serial++
}

// watchGame follows a call while a game is on: the first reading that the fault turned, and the first one of the same thing that is healthy
// after a change, which ends it.
func (s *Sandbox) watchGame(r *request, out *document.Object, err error) {
	g := s.world.Game
	if g == nil || !g.On {
		return
	}
	command := bind.CommandOf(r.service.Name) + " " + bind.Dashed(r.op.Name)
	if o := knowledge.Of(r.service.Name, r.op.Name); o.Effect.Changes() {
		if err == nil && len(g.Tried) < maxTried {
			g.Tried = append(g.Tried, strings.TrimSpace(command+" "+o.Resource(r.input)))
			s.world.Serial++
		}
		return
	}
	g.Reads++
	s.world.Serial++
	input, _ := document.Marshal(storable(r.input)) // what was sent can be written
	key := r.service.Name + " " + r.op.Name + " " + string(input)
	red := isRed(r, out, err)
	switch {
	case g.Red.IsZero() && red:
		if answered, still := s.try(r, ""); answered && !still { // the fault explains it
			g = s.world.Game
			g.Red, g.Saw, g.Key = r.now, command, key
		}
	case !g.Red.IsZero() && key == g.Key && !red && len(g.Tried) > 0:
		g.Mitigated, g.Helped = r.now, g.Tried[len(g.Tried)-1]
		s.world.endGame(r.now)
	}
}

// gameRefuses says that faults are not switched while a game is on.
func (w *world) gameRefuses() error {
	if w.Game == nil {
		return nil
	}
	return procedures.Errorf(procedures.CodeConflict,
		"a game day is on: faults stay as they are until it ends. Giving it up reveals its fault")
}
