package procedures

import (
	"fmt"
	"testing"
)

func TestVerdictsOfOneResourceAreJoined(t *testing.T) {
	got := JoinResourceVerdicts([]ResourceVerdict{
		{Kind: "User", Name: "AIDA1234", ID: "AIDA1234", Facts: []Fact{{Name: "Key", Value: "1"}}},
		{Kind: "User", Name: "listed only"},
		{
			Kind: "User", Name: "ann", ID: "AIDA1234", Verdict: Warned, Reason: "old key",
			Facts: []Fact{{Name: "Key", Value: "2"}, {Name: "Age", Value: "90"}},
		},
		{Kind: "User", ID: "AIDA1234", Verdict: Warned, Reason: "no MFA"},
		{Kind: "User", ID: "AIDA1234", Verdict: Passed, Reason: "active"},
		{Kind: "User", ID: "AIDA1234", Verdict: Warned, Reason: "no MFA; x"},
		{Kind: "Bucket", Name: "ann"},
		{Kind: "Group", Name: "ops", Verdict: Passed, Reason: "fine"}, {Kind: "Group", Name: "ops", Verdict: Failed, Reason: "empty"},
		{Kind: "Group", Name: "ops", Verdict: Failed, Reason: "empty"},
	})
	want := "[{User ann AIDA1234 warn old key; no MFA; no MFA; x [{Key 2} {Age 90}]} {Bucket ann    []} {Group ops  fail empty []}]"
	var short []string
	for _, f := range got {
		facts := []string{}
		for _, fact := range f.Facts {
			facts = append(facts, fmt.Sprintf("{%s %s}", fact.Name, fact.Value))
		}
		short = append(short, fmt.Sprintf("{%s %s %s %s %s %v}", f.Kind, f.Name, f.ID, f.Verdict, f.Reason, facts))
	}
	if fmt.Sprint(short) != want {
		t.Errorf("joined as %v\nwant %s", short, want)
	}
}
