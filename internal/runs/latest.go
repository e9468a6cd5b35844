package runs

import (
	"context"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/ledger"
)

// latestAge is how long the newest runs are held without reading all of them again: retention does not tell of what it deletes, and who
// is killed between a commit and its notification tells nobody.
const latestAge = time.Minute

// maxStale is how many procedures are read again one by one.
const maxStale = 200

// latest holds the newest run of each procedure in memory: every page shows them, and there may be thousands.
type latest struct {
	store   ReadStore
	changes *ledger.Changes
	now     func() time.Time

	mu            sync.Mutex
	byEnvironment map[string]*newestRuns
}

// newestRuns are those of one environment.
type newestRuns struct {
	runs   map[string]*procedures.Run // by procedure; it is replaced and not changed, as readers have it
	of     map[string]string          // the procedure of a run that is in runs
	stale  map[string]struct{}        // procedures that have to be read again
	loaded time.Time
}

// in returns the newest runs of an environment. They are shared: nobody changes them.
func (l *latest) in(ctx context.Context, environment string) (map[string]*procedures.Run, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.note()
	n, now := l.byEnvironment[environment], l.now()
	if n != nil && (now.Before(n.loaded) || now.Sub(n.loaded) > latestAge || len(n.stale) > maxStale) {
		n = nil
	}
	if n == nil {
		all, err := l.store.LatestRuns(ctx, environment)
		if err != nil {
			return nil, err
		}
		n = &newestRuns{map[string]*procedures.Run{}, map[string]string{}, map[string]struct{}{}, now}
		for _, run := range all {
			n.runs[run.Procedure], n.of[run.ID] = run, run.Procedure
		}
		l.byEnvironment[environment] = n
		return n.runs, nil
	}
	if len(n.stale) == 0 {
		return n.runs, nil
	}
	runs := maps.Clone(n.runs)
	for procedure := range n.stale {
		list, err := l.store.Runs(ctx, environment, 1, procedure)
		if err != nil {
			return nil, err
		}
		if before := runs[procedure]; before != nil {
			delete(n.of, before.ID)
			delete(runs, procedure)
		}
		if len(list) > 0 {
			runs[procedure], n.of[list[0].ID] = list[0], procedure
		}
	}
	n.runs = runs
	clear(n.stale)
	return runs, nil
}

// note takes in what has changed.
func (l *latest) note() {
	topics, all := l.changes.Take()
	if all {
		clear(l.byEnvironment)
	}
	for topic := range topics {
		environment, procedure, ofProcedure := strings.Cut(topic, "\x00")
		if ofProcedure {
			if n := l.byEnvironment[environment]; n != nil && procedure != "" {
				n.stale[procedure] = struct{}{}
			}
			continue
		}
		for _, n := range l.byEnvironment { // the topic is a run
			if procedure, ok := n.of[topic]; ok {
				n.stale[procedure] = struct{}{}
			}
		}
	}
}
