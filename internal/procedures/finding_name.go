package procedures

import "strings"

// Nearest returns the name that a slip was meant to be, or "" when none is near.
func Nearest(slip string, names []string) string {
	slip = strings.ToLower(slip)
	limit := 2
	if len(slip) < 5 {
		limit = 1
	}
	best, found := limit+1, ""
	for _, name := range names {
		if d := distance(slip, strings.ToLower(name)); d < best && d < max(len(name)-1, 1) {
			best, found = d, name
		}
	}
	return found
}

// distance counts insertions, deletions, changes and exchanges of neighbours
// (the optimal string alignment distance).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) > 3 || len(y)-len(x) > 3 {
		return 4
	}
	before, prev, cur := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(x); i++ {
		cur[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				cur[j] = min(cur[j], before[j-2]+1)
			}
		}
		before, prev, cur = prev, cur, before
	}
	return prev[len(y)]
}
