package procedures

import (
	"encoding/json"
	"testing"
)

func TestKindsOfOldJournalsAreRead(t *testing.T) {
	t.Parallel()
	for former, now := range formerKinds {
		var e Event
		if err := json.Unmarshal([]byte(`{"number":1,"kind":"`+former+`"}`), &e); err != nil || e.Kind != now {
			t.Errorf("the kind %q was read as %q, %v; want %q", former, e.Kind, err, now)
		}
		written, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var again Event
		if err := json.Unmarshal(written, &again); err != nil || again.Kind != now {
			t.Errorf("what is written of %q is read as %q, %v", former, again.Kind, err)
		}
		if _, both := formerKinds[string(now)]; both {
			t.Errorf("%q is a name of today and a former one of another kind", now)
		}
	}
}
