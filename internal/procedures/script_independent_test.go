package procedures

import "testing"

func TestIndependentScripts(t *testing.T) {
	plain := Analysis{Effect: EffectRead, Sets: []string{"A"}, Uses: []string{"B"}, Reads: []string{"in"}}
	for name, tt := range map[string]struct {
		other       Analysis
		independent bool
	}{
		"nothing in common": {
			Analysis{Effect: EffectRead, Sets: []string{"C"}, Uses: []string{"B", "D"}, Reads: []string{"in"}}, true,
		},
		"it changes something":  {Analysis{Effect: EffectChange}, false},
		"it changes the folder": {Analysis{Folder: true}, false},
		"it sets an option":     {Analysis{Settings: true}, false},
		"it asks for a status":  {Analysis{AsksStatus: true}, false},
		"it exits":              {Analysis{Exits: true}, false},
		"it is refused":         {Analysis{Refused: "no"}, false},
		"it uses what is set":   {Analysis{Uses: []string{"A"}}, false},
		"it sets what is used":  {Analysis{Sets: []string{"B"}}, false},
		"both set the same":     {Analysis{Sets: []string{"A"}}, false},
		"it writes a file":      {Analysis{WritesFiles: true}, false},
		"with another default":  {Analysis{Names: []string{"A"}}, false},
		"it computes a name":    {Analysis{UsesAny: true}, false},
		"a function of before":  {Analysis{Programs: []string{"f"}}, false},
		"a script":              {Analysis{Scripts: []string{"./f.sh"}}, false},
		"it makes calls":        {Analysis{Calls: []string{"sqs list-queues"}}, true},
	} {
		if Independent(plain, tt.other) != tt.independent || Independent(tt.other, plain) != tt.independent {
			t.Errorf("%s: independent %v", name, !tt.independent)
		}
	}
	calls := Analysis{Calls: []string{"sqs list-queues"}, Names: []string{"aws", "env"}}
	for _, name := range []string{"AWS_REGION", "TZ", "LC_ALL", "IFS", "HOME"} {
		if sets := (Analysis{Sets: []string{name}}); Independent(sets, Analysis{}) || Independent(Analysis{}, sets) {
			t.Errorf("%s is set while commands run", name)
		}
	}
	if sets := (Analysis{Sets: []string{"STAGE"}}); Independent(sets, calls) || Independent(calls, sets) {
		t.Error("what reads the whole environment does not wait")
	}
}
