// Package house holds what is true of the whole project: who may import whom, and which words it does not use.
package house

import "regexp"

// Word is a word or phrase that the pages do not use, with what they say instead and why.
type Word struct {
	Pattern *regexp.Regexp
	Instead string
	Reason  string
}

func word(pattern, instead, reason string) Word {
	return Word{regexp.MustCompile(`(?i)\b(?:` + pattern + `)\b`), instead, reason}
}

// Forbidden lists the words. Tests look for them in everything that a person can see.
func Forbidden() []Word {
	return []Word{
		word(`ways? back|wayless`, "rollback", "the field's word, which is searched for"),
		word(`undo|undoes|undoing|unback`, "rollback", "the field's word; a mark on a step is taken back with “Mark as not done”"),
		word(`a yes|(?:say|says|said|saying) (?:yes|no)`, "approval, approve, decline", "the words of every review tool"),
		word(`agree|agrees|agreed|agreement`, "approve, confirm",
			"who presses confirms, another person approves: one word for both hides who"),
		word(`shall`, "will, must", "no longer spoken"),
		word(`whoever|whatever it is`, "the person who", "inverted clauses are read twice"),
		word(`belongings`, "snapshot", "the files, variables and folder between steps have a name"),
		word(`remark|remarks|remarked`, "note", "one word for a person's sentence"),
		word(`tick|ticks|ticked|untick|unticked`, "mark, mark as done", "ticks are also beats of a clock"),
		word(`looks?(?: \d+)? of|\d+ looks?|(?:first|last) look`, "sample", "a bake takes samples"),
		word(`is asked about|asked about`, "review", "a plan is reviewed"),
		word(`carried out|carries out|carry out`, "run, apply", "two words where one is enough"),
		word(`(?:goes|go|going|went) on (?:with|by itself|past)|(?:to|why you) go on`, "resume, run again",
			"resume is the word for the rest of a script"),
		word(`only names?|nobody checks`, "not verified", "the field's word"),
		word(`nothing is at this address|there is no such page`, "Page not found", "everybody knows the sentence"),
		word(`is not offered|not offered`, "not available", "software offers nothing"),
	}
}
