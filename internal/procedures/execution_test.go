package procedures

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestDocumentsKeepTheOrderOfTheirMembers(t *testing.T) {
	var call Call
	const stored = `{"command":"sts get-caller-identity","document":{"z":1,"a":2}}`
	if err := json.Unmarshal([]byte(stored), &call); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(call)
	if err != nil || !strings.Contains(string(again), `"document":{"z":1,"a":2}`) || call.Command != "sts get-caller-identity" {
		t.Errorf("%s, %v", again, err)
	}
	var change Change
	if err := json.Unmarshal([]byte(`{"command":"x","before":{"z":1,"a":2}}`), &change); err != nil {
		t.Fatal(err)
	}
	if again, err := json.Marshal(change); err != nil || !strings.Contains(string(again), `"before":{"z":1,"a":2}`) {
		t.Errorf("%s, %v", again, err)
	}
	for _, none := range []string{`{"command":"x"}`, `{"command":"x","document":null,"before":null}`} {
		call, change = Call{}, Change{}
		if json.Unmarshal([]byte(none), &call) != nil || json.Unmarshal([]byte(none), &change) != nil ||
			call.Document != nil || change.Before != nil {
			t.Errorf("%s gives %v and %v", none, call.Document, change.Before)
		}
	}
	if err := json.Unmarshal([]byte(`{"command":1}`), &call); err == nil || !strings.Contains(err.Error(), "read a call") {
		t.Errorf("a wrong call: %v", err)
	}
	if err := json.Unmarshal([]byte(`{"command":1}`), &change); err == nil || !strings.Contains(err.Error(), "read a change") {
		t.Errorf("a wrong change: %v", err)
	}
}
