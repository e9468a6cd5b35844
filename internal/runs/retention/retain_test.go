package retention_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/runs/retention"
)

// store has runs that are all too old and all too many.
type store struct {
	retention.Store
	skew    time.Duration
	old     int
	failing error
	deleted []string
}

func (s *store) ClockSkew(context.Context) (time.Duration, error)       { return s.skew, nil }
func (s *store) CountFinished(context.Context) (int, error)             { return s.old, nil }
func (s *store) DropPlanned(context.Context, time.Time) error           { return nil }
func (s *store) ExcessRuns(context.Context, int, int) ([]string, error) { return nil, nil }

func (s *store) OldRuns(_ context.Context, _ time.Time, limit int) ([]string, error) {
	return strings.Split(strings.Repeat("r ", min(limit, s.old)), " ")[:min(limit, s.old)], nil
}

func (s *store) DeleteRun(_ context.Context, id string) (bool, error) {
	if s.failing != nil {
		return false, s.failing
	}
	s.old--
	s.deleted = append(s.deleted, id)
	return true, nil
}

func TestRetainIsCareful(t *testing.T) {
	full := errors.New("the disk is full")
	for _, test := range []struct {
		name    string
		store   store
		deleted int
		says    string
	}{
		{"few are old", store{old: 7}, 7, ""},
		{"many are old", store{old: 700}, 20, "this server's clock is right"},
		{"very many are old", store{old: 10_000}, 200, "this server's clock is right"},
		{"a clock that is a little off", store{old: 7, skew: time.Minute}, 7, ""},
		{"a clock that is ahead", store{old: 7, skew: 24 * time.Hour}, 0, "off that of the database by 24h0m0s"},
		{"a clock that is behind", store{old: 7, skew: -time.Hour}, 0, "off that of the database by 1h0m0s"},
		{"a database that fails", store{old: 7, failing: full}, 0, "the disk is full"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := &retention.Retention{
				Limits: retention.Limits{Age: time.Hour, Runs: 5}, Store: &test.store, Now: time.Now,
				Logger: slog.New(slog.DiscardHandler),
			}
			n, err := r.Retain(t.Context())
			if n != test.deleted || len(test.store.deleted) != n {
				t.Errorf("%d were deleted, want %d", n, test.deleted)
			}
			if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("it says %v, want %q", err, test.says)
			}
		})
	}
}
