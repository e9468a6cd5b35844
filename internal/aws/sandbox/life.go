package sandbox

import (
	"strings"
	"time"
)

// life is what a resource goes through by itself, in words: "creating 30s available". A state without a time lasts;
// the state gone is the end of the resource.
type life string

// gone is the state of what no longer is.
const gone = "gone"

// at is the state that a life is in which began at a moment, and since when. stretch makes its times longer or shorter;
// 0 is 1. A life that is over after a time stays in its last state.
func (l life) at(began, now time.Time, stretch float64) (state string, since time.Time) {
	since = began
	words := strings.Fields(string(l))
	for i, word := range words {
		lasts, err := time.ParseDuration(word)
		if err != nil {
			state = word
			continue
		}
		if stretch > 0 {
			lasts = time.Duration(float64(lasts) * stretch)
		}
		if i+1 == len(words) || now.Before(since.Add(lasts)) {
			return state, since
		}
		since = since.Add(lasts)
	}
	return state, since
}
