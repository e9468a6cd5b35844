package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// shelf is a Keeper in memory. Before it keeps a world it may let others go first.
type shelf struct {
	mu       sync.Mutex
	data     []byte
	revision int64
	fails    error
	between  func() // called once, before the next world is kept
}

func (s *shelf) World(_ context.Context, have int64) ([]byte, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails != nil {
		return nil, 0, s.fails
	}
	if s.revision == 0 || s.revision == have {
		return nil, have, nil
	}
	return s.data, s.revision, nil
}

func (s *shelf) KeepWorld(_ context.Context, revision int64, data []byte) (bool, error) {
	s.mu.Lock()
	between := s.between
	s.between = nil
	s.mu.Unlock()
	if between != nil {
		between()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.fails != nil:
		return false, s.fails
	case revision != s.revision:
		return false, nil
	}
	s.data, s.revision = data, s.revision+1
	return true, nil
}

var noon = time.Date(2026, 9, 21, 12, 0, 0, 0, time.UTC)

// kept returns a sandbox whose world is on a shelf.
func kept(t *testing.T, k Keeper) *Sandbox {
	t.Helper()
	s := New(Options{Now: func() time.Time { return noon }, Keeper: k})
	if notice, err := s.Load(t.Context()); err != nil || notice != "" {
		t.Fatalf("load: %q, %v", notice, err)
	}
	return s
}

// call executes an operation with its input as JSON.
func call(t *testing.T, s *Sandbox, service, operation, input string) (*document.Object, error) {
	t.Helper()
	return s.Call(t.Context(), service, operation, input)
}

func backupNames(t *testing.T, s *Sandbox) string {
	t.Helper()
	out, err := call(t, s, "dynamodb", "ListBackups", `{}`)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, b := range objects(out, "BackupSummaries") {
		names = append(names, text(b, "BackupName"))
	}
	return strings.Join(names, " ")
}

func TestWorldSurvivesARestart(t *testing.T) {
	k := &shelf{}
	first := kept(t, k)
	if _, err := call(t, first, "dynamodb", "CreateBackup", `{"TableName":"network-visualizer-topology",`+
		`"BackupName":"mine"}`); err != nil {
		t.Fatal(err)
	}
	if err := first.SetFault(t.Context(), "alarm", true); err != nil {
		t.Fatal(err)
	}
	second := kept(t, k)
	if names := backupNames(t, second); !strings.HasSuffix(names, " mine") {
		t.Errorf("backups after a restart: %s", names)
	}
	out, err := call(t, second, "cloudwatch", "DescribeAlarms", `{"StateValue":"ALARM"}`)
	if err != nil || len(items(out, "MetricAlarms")) != 1 {
		t.Errorf("alarms after a restart: %v, %v", out, err)
	}
	if err := second.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, err := first.Faults(t.Context()) // the first sees what the second did
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if f.On {
			t.Errorf("%s is on after a reset elsewhere", f.Name)
		}
	}
	if names := backupNames(t, first); strings.Contains(names, "mine") {
		t.Errorf("backups after a reset elsewhere: %s", names)
	}
}

func TestReadingKeepsNothing(t *testing.T) {
	k := &shelf{}
	s := kept(t, k)
	before := k.revision
	for _, c := range [][2]string{{"DescribeTable", `{"TableName":"network-visualizer-topology"}`}, {"ListBackups", `{}`}} {
		if _, err := call(t, s, "dynamodb", c[0], c[1]); err != nil {
			t.Fatal(err)
		}
	}
	if k.revision != before {
		t.Errorf("two readings kept %d worlds", k.revision-before)
	}
}

// TestNoUpdateIsLost lets another replica change the world while this one's change is being kept.
func TestNoUpdateIsLost(t *testing.T) {
	k := &shelf{}
	one, two := kept(t, k), kept(t, k)
	k.between = func() {
		if _, err := call(t, two, "dynamodb", "CreateBackup",
			`{"TableName":"network-visualizer-topology","BackupName":"theirs"}`); err != nil {
			t.Error(err)
		}
	}
	out, err := call(t, one, "dynamodb", "CreateBackup", `{"TableName":"network-visualizer-topology","BackupName":"ours"}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*Sandbox{one, two} {
		if names := backupNames(t, s); !strings.HasSuffix(names, " theirs ours") {
			t.Errorf("backups: %s", names)
		}
	}
	arn := text(member(out, "BackupDetails"), "BackupArn")
	if _, err := call(t, two, "dynamodb", "DescribeBackup", fmt.Sprintf(`{"BackupArn":%q}`, arn)); err != nil {
		t.Errorf("what one was told of its backup is not so for two: %v", err)
	}
}

// TestChangeIsJudgedByWhatOthersLeft has both replicas update a table at once: AWS refuses the second.
func TestChangeIsJudgedByWhatOthersLeft(t *testing.T) {
	k := &shelf{}
	one, two := kept(t, k), kept(t, k)
	const update = `{"TableName":"network-visualizer-topology","BillingMode":"PAY_PER_REQUEST"}`
	k.between = func() {
		if _, err := call(t, two, "dynamodb", "UpdateTable", update); err != nil {
			t.Error(err)
		}
	}
	_, err := call(t, one, "dynamodb", "UpdateTable", update)
	var refused *serviceError
	if !errors.As(err, &refused) || refused.Code != "ResourceInUseException" {
		t.Errorf("the second update: %v", err)
	}
}

func TestWorldOfAnotherVersion(t *testing.T) {
	for name, c := range map[string]struct{ data, notice string }{
		"newer":  {`{"version":99,"tables":[]}`, "of version 99"},
		"broken": {`{"version":`, "cannot be read"},
		"absurd": {fmt.Sprintf(`{"version":%d,"tables":7}`, worldVersion), "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			k := &shelf{}
			running := kept(t, k)
			k.data, k.revision = []byte(c.data), k.revision+1
			if _, err := call(t, running, "dynamodb", "ListTables", `{}`); err == nil ||
				!strings.Contains(err.Error(), c.notice) || !strings.Contains(err.Error(), "reset it") {
				t.Errorf("a running replica says %v", err)
			}
			if string(k.data) != c.data {
				t.Error("a running replica has overwritten what it cannot read")
			}
			s := New(Options{Now: func() time.Time { return noon }, Keeper: k})
			notice, err := s.Load(t.Context())
			if err != nil || !strings.Contains(notice, c.notice) {
				t.Fatalf("load: %q, %v", notice, err)
			}
			if _, err := call(t, running, "dynamodb", "ListTables", `{}`); err != nil {
				t.Errorf("after the reset: %v", err)
			}
		})
	}
}

func TestKeeperFails(t *testing.T) {
	k := &shelf{}
	s := kept(t, k)
	k.between = func() { k.mu.Lock(); k.fails = errors.New("the disk is full"); k.mu.Unlock() }
	if _, err := call(t, s, "dynamodb", "CreateBackup",
		`{"TableName":"network-visualizer-topology","BackupName":"lost"}`); err == nil ||
		!strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("got %v", err)
	}
	k.fails = nil
	if names := backupNames(t, s); strings.Contains(names, "lost") {
		t.Errorf("what was not kept is there: %s", names)
	}
}

// TestWorldIsWrittenWhole compares a world with itself after it was written and read.
func TestWorldIsWrittenWhole(t *testing.T) {
	w := newWorld(noon)
	w.Faults["alarm"] = true
	w.Uploads["u"] = &upload{Bucket: "b", Key: "k", Parts: map[int64]*object{1: {}}}
	data, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	back, err := readWorld(data, 1)
	if err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(back)
	if err != nil || string(again) != string(data) {
		t.Errorf("the world changes when it is read: %v", err)
	}
}

// TestNamesOfTheStoredWorld keeps the names under which a world is stored, whichever service's part has them: another name would
// lose what is kept.
func TestNamesOfTheStoredWorld(t *testing.T) {
	data, err := json.Marshal(newWorld(time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)))
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"alarms", "backups", "blobs", "boards", "born", "broken", "buckets", "changes", "cured", "deleted", "distributions",
		"faults",
		"functions", "grown", "invalidations", "logGroups",
		"queries", "report", "repositories", "serial", "settings", "stages", "tables", "things", "trail", "uploads", "users", "version",
	}
	if got := sortedKeys(members); !slices.Equal(got, want) {
		t.Errorf("the world has %q, want %q", got, want)
	}
}
