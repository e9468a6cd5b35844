package procedures

import "testing"

// TestMadeUpIsSaid holds that every way in which an answer is made up has its words, and that others have none.
func TestMadeUpIsSaid(t *testing.T) {
	for _, kind := range []string{GrownAnswer, SampleAnswer, EmptyAnswer} {
		if word, sentence := (Call{Simulated: kind}).MadeUp(); word != kind || sentence == "" {
			t.Errorf("%s: %q, %q", kind, word, sentence)
		}
	}
	if word, sentence := (Call{}).MadeUp(); word != "" || sentence != "" {
		t.Errorf("an answer that is not: %q, %q", word, sentence)
	}
	own, grown := Call{}, Call{Simulated: GrownAnswer}
	for want, calls := range map[string][]Call{
		"": {own, own}, "the answer is made up": {grown}, "1 of 2 answers is made up": {own, grown},
		"2 of 3 answers are made up": {own, grown, grown}, "all 2 answers are made up": {grown, grown},
	} {
		if got := MadeUp(calls); got != want {
			t.Errorf("%d calls: %q, want %q", len(calls), got, want)
		}
	}
}
