package runbook

import (
	"encoding/json"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Listing is a library as `opsbook list --format json` prints it. Its names and shapes
// are a promise; lists are never null.
type Listing struct {
	Chapters []ListedChapter      `json:"chapters"`
	Findings []procedures.Finding `json:"mistakes"`
}

// ListedChapter is a chapter of a Listing.
type ListedChapter struct {
	ID         string            `json:"id"`
	Title      string            `json:"title"`
	Procedures []ListedProcedure `json:"procedures"`
}

// ListedProcedure is a procedure of a Listing.
type ListedProcedure struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	File  string `json:"file"`
	Line  int    `json:"line"`
	// Duration is as Go writes it, less parts that are zero ("10m", "1h", "1h30m"); empty when none is given.
	Duration   string                 `json:"duration"`
	Rhythm     procedures.Rhythm      `json:"rhythm"`
	Parameters []procedures.Parameter `json:"parameters"`
	Steps      []ListedStep           `json:"steps"`
}

// ListedStep is a step of a Listing. A manual step has the effect "none".
type ListedStep struct {
	ID       string            `json:"id"`
	Title    string            `json:"title"`
	Kind     procedures.Kind   `json:"kind"`
	Effect   procedures.Effect `json:"effect"`
	Calls    []string          `json:"calls"`
	Programs []string          `json:"programs"`
	// Undecided reports that what some line calls is only known when it runs: it may destroy.
	Undecided bool `json:"undecided,omitempty"`
	Line      int  `json:"line"`
	// Bake is "bake 30m every 1m" for a step that watches; without it for every other one.
	Bake string `json:"bake,omitempty"`
}

// Listing returns what `list` shows.
func (lib *Library) Listing() Listing {
	l := Listing{Chapters: []ListedChapter{}, Findings: orEmpty(lib.Findings)}
	for _, c := range lib.Chapters {
		listed := ListedChapter{ID: c.ID, Title: c.Title, Procedures: []ListedProcedure{}}
		for _, p := range c.Procedures {
			listed.Procedures = append(listed.Procedures, listedProcedure(p))
		}
		l.Chapters = append(l.Chapters, listed)
	}
	return l
}

// listedProcedure is a procedure as the listing has it. A step whose effect is unknown is listed
// with none.
func listedProcedure(p *procedures.Procedure) ListedProcedure {
	l := ListedProcedure{ID: p.ID, Title: p.Title, File: p.File, Line: p.Line,
		Duration: procedures.FormatDuration(p.Duration), Rhythm: p.Rhythm,
		Parameters: []procedures.Parameter{}, Steps: []ListedStep{}}
	for _, q := range p.Parameters {
		q.Choices = orEmpty(q.Choices)
		l.Parameters = append(l.Parameters, q)
	}
	for _, s := range p.Steps {
		effect := s.Effect()
		if s.Kind == procedures.KindManual || effect == "" {
			effect = procedures.EffectNone
		}
		bake := ""
		if s.Bake != nil && s.Kind == procedures.KindScript {
			bake = s.Bake.String()
		}
		l.Steps = append(l.Steps, ListedStep{Bake: bake, ID: s.ID, Title: s.Title, Kind: s.Kind, Effect: effect,
			Calls: orEmpty(s.Analysis.Calls), Programs: orEmpty(s.Analysis.Programs), Line: s.Line,
			Undecided: len(s.Analysis.Undecided) > 0})
	}
	return l
}

// orEmpty makes JSON's [] of a nil list.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// MarshalJSON writes the library's Listing.
func (lib *Library) MarshalJSON() ([]byte, error) { return json.Marshal(lib.Listing()) }
