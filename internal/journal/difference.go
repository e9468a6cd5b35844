package journal

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// DifferenceKind says what became of something between two attempts.
type DifferenceKind string

// The kinds of differences.
const (
	Appeared DifferenceKind = "appeared"
	Gone     DifferenceKind = "gone"
	Changed  DifferenceKind = "changed"
)

// Difference is one thing that is different between what two attempts of a step found.
type Difference struct {
	Kind DifferenceKind `json:"kind"`
	Name string         `json:"name,omitempty"` // of the thing; empty for what an answer says besides its items, and for a line
	Path string         `json:"path,omitempty"` // of the value in it; empty for the thing as a whole, and for a line
	// Before and After are the value, a line, or what a thing that appeared or has gone says of itself.
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// Differences are those between what an attempt found before and what one found after it. Times that went on are counted and not listed:
// they differ whenever somebody looks.
type Differences struct {
	List  []Difference
	Times int
}

// Any reports whether something is different besides times.
func (d *Differences) Any() bool { return len(d.List) > 0 }

// Sum says how many there are of each kind: "1 appeared, 2 changed".
func (d *Differences) Sum() string {
	counts := map[DifferenceKind]int{}
	for _, one := range d.List {
		counts[one.Kind]++
	}
	var out []string
	for _, kind := range []DifferenceKind{Appeared, Gone, Changed} {
		if n := counts[kind]; n > 0 {
			out = append(out, fmt.Sprintf("%d %s", n, kind))
		}
	}
	return strings.Join(out, ", ")
}

// Compare says what is different in what an attempt found after another one. What appeared comes first, then what has gone, then what
// changed; each in the order of the answer.
func Compare(before, after Found) Differences {
	var out Differences
	if before.Things == nil && after.Things == nil {
		out.List = compareLines(before.Lines, after.Lines)
	} else {
		out.things(before.Things, after.Things)
	}
	out.measures(before, after)
	rank := []DifferenceKind{Appeared, Gone, Changed}
	slices.SortStableFunc(out.List, func(a, b Difference) int { return slices.Index(rank, a.Kind) - slices.Index(rank, b.Kind) })
	return out
}

// figure is a number with at most three decimals.
func figure(v float64) string {
	return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(v, 'f', 3, 64), "0"), ".")
}

type thingKey struct{ of, name string }

// things compares each thing with the one of its name.
func (d *Differences) things(before, after []Thing) {
	had := map[thingKey]*Thing{}
	for i := range before {
		had[thingKey{before[i].Of, before[i].Name}] = &before[i]
	}
	for i := range after {
		now := &after[i]
		key := thingKey{now.Of, now.Name}
		was := had[key]
		delete(had, key)
		switch {
		case was != nil:
			d.members(now.Name, was.Members, now.Members)
		case now.Name != "":
			d.List = append(d.List, Difference{Kind: Appeared, Name: now.Name, After: now.says()})
		default:
			d.members("", nil, now.Members)
		}
	}
	for i := range before {
		was := &before[i]
		if had[thingKey{was.Of, was.Name}] == nil {
			continue
		}
		if was.Name != "" {
			d.List = append(d.List, Difference{Kind: Gone, Name: was.Name, Before: was.says()})
		} else {
			d.members("", was.Members, nil)
		}
	}
}

// members compares the values of one thing. Those of one path, as the items of a list, are compared without their order.
func (d *Differences) members(name string, before, after []ThingMember) {
	had, has := byPath(before), byPath(after)
	var paths []string
	for _, m := range slices.Concat(after, before) {
		if !slices.Contains(paths, m.Path) {
			paths = append(paths, m.Path)
		}
	}
	for _, path := range paths {
		was, is := without(had[path], has[path]), without(has[path], had[path])
		for i := range max(len(was), len(is)) {
			one := Difference{Kind: Changed, Name: name, Path: path}
			switch {
			case i >= len(was):
				one.Kind, one.After = Appeared, is[i]
			case i >= len(is):
				one.Kind, one.Before = Gone, was[i]
			default:
				one.Before, one.After = was[i], is[i]
			}
			if one.Kind == Changed && passes(path, one.Before, one.After) {
				d.Times++
				continue
			}
			d.List = append(d.List, one)
		}
	}
}

func byPath(list []ThingMember) map[string][]string {
	out := make(map[string][]string, len(list))
	for _, m := range list {
		out[m.Path] = append(out[m.Path], m.Value)
	}
	return out
}

// without is a list without one of each value of another.
func without(list, other []string) []string {
	rest := slices.Clone(other)
	return slices.DeleteFunc(slices.Clone(list), func(value string) bool {
		i := slices.Index(rest, value)
		if i < 0 {
			return false
		}
		rest = slices.Delete(rest, i, i+1)
		return true
	})
}

// measures adds the numbers that the step judges, where the answers' own values do not say them.
func (d *Differences) measures(before, after Found) {
	for _, now := range after.Measures {
		i := slices.IndexFunc(before.Measures, func(m procedures.SampleValue) bool { return m.Name == now.Name })
		if i < 0 || before.Measures[i].Value == now.Value {
			continue
		}
		d.List = append(d.List, Difference{
			Kind: Changed, Path: now.Name, Before: figure(before.Measures[i].Value), After: figure(now.Value),
		})
	}
}

// says are values of a thing, as many as fit into a line, without its name: first those that say how it is.
func (t *Thing) says() string {
	var out []string
	length := 0
	members := slices.Clone(t.Members)
	slices.SortStableFunc(members, func(a, b ThingMember) int { return tells(a.Path) - tells(b.Path) })
	for _, m := range members {
		if m.Value == t.Name || m.Value == "" || strings.HasSuffix(m.Path, "Arn") || isTime(m.Value) {
			continue
		}
		if len(out) == 4 || length+len(m.Path)+len(m.Value) > 120 {
			continue
		}
		length += len(m.Path) + len(m.Value)
		out = append(out, m.Path+" "+m.Value)
	}
	return strings.Join(out, ", ")
}

// tells is 0 for a member that says how a thing is, 1 for any other.
func tells(path string) int {
	for _, word := range []string{"State", "Status", "Health", "Severity", "state", "status"} {
		if strings.Contains(path, word) && !strings.Contains(path, ".") {
			return 0
		}
	}
	return 1
}

// ofRequests are the ends of members that are others with each request.
var ofRequests = []string{"RequestId", "NextToken", "nextToken", "HostId", "RevisionId", "ResponseMetadata", "x-amzn-requestid"}

// passes reports whether a value differs because time went by, or because it is of another request.
func passes(path, before, after string) bool {
	return isTime(before) && isTime(after) ||
		slices.ContainsFunc(ofRequests, func(end string) bool { return strings.HasSuffix(path, end) })
}

// isTime reports whether a value is a moment, as AWS writes it: with a date and a clock.
func isTime(text string) bool {
	if len(text) < len("2006-01-02T15:04") || text[4] != '-' || text[7] != '-' {
		return false
	}
	_, err := time.Parse("2006-01-02T15:04", strings.Replace(text[:16], " ", "T", 1))
	return err == nil
}

// compareLines are the lines that only one of two outputs has, by their longest common part.
func compareLines(before, after []string) []Difference {
	for len(before) > 0 && len(after) > 0 && before[0] == after[0] {
		before, after = before[1:], after[1:]
	}
	for len(before) > 0 && len(after) > 0 && before[len(before)-1] == after[len(after)-1] {
		before, after = before[:len(before)-1], after[:len(after)-1]
	}
	// common[i][j] is how many lines before[i:] and after[j:] have in common, in their order.
	common := make([][]int, len(before)+1)
	for i := range common {
		common[i] = make([]int, len(after)+1)
	}
	for i := len(before) - 1; i >= 0; i-- {
		for j := len(after) - 1; j >= 0; j-- {
			if before[i] == after[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var out []Difference
	var gone, came []string // since the last line that both have
	for i, j := 0, 0; i < len(before) || j < len(after); {
		switch {
		case i < len(before) && j < len(after) && before[i] == after[j]:
			out, gone, came = append(out, replaced(gone, came)...), nil, nil
			i, j = i+1, j+1
		case j == len(after) || i < len(before) && common[i+1][j] >= common[i][j+1]:
			gone = append(gone, before[i])
			i++
		default:
			came = append(came, after[j])
			j++
		}
	}
	return append(out, replaced(gone, came)...)
}

// replaced are lines of one place that have gone, and those that came for them.
func replaced(gone, came []string) []Difference {
	var out []Difference
	for i := range max(len(gone), len(came)) {
		switch {
		case i >= len(gone):
			out = append(out, Difference{Kind: Appeared, After: came[i]})
		case i >= len(came):
			out = append(out, Difference{Kind: Gone, Before: gone[i]})
		default:
			out = append(out, Difference{Kind: Changed, Before: gone[i], After: came[i]})
		}
	}
	return out
}
