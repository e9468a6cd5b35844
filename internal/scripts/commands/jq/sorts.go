package jq

// keyed is an item with what it is sorted by.
type keyed struct{ key, item any }

// sorts are the functions that compare items.
func sorts() map[string]*native {
	return map[string]*native{
		"sort/0": nullary(func(m *machine, v any) (any, error) {
			items, ok := v.(list)
			if !ok {
				return nil, wrong(v, "cannot be sorted, as it is not an array")
			}
			pairs, err := m.sorted(items, items)
			if err != nil {
				return nil, err
			}
			return itemsOf(pairs), nil
		}),
		"_sort_by/1": unary(func(m *machine, v, keys any) (any, error) {
			pairs, err := m.sortedBy(v, keys)
			if err != nil {
				return nil, err
			}
			return itemsOf(pairs), nil
		}),
		"_group_by/1": unary(groupBy),
		"unique/0": nullary(func(m *machine, v any) (any, error) {
			if kindOf(v) != kindArray {
				return nil, wrong(v, "cannot be sorted, as it is not an array")
			}
			return uniqueBy(m, v, v)
		}),
		"_unique_by/1": unary(uniqueBy),
		"min/0":        nullary(func(m *machine, v any) (any, error) { return m.extreme(v, v, true) }),
		"max/0":        nullary(func(m *machine, v any) (any, error) { return m.extreme(v, v, false) }),
		"_min_by/1":    unary(func(m *machine, v, keys any) (any, error) { return m.extreme(v, keys, true) }),
		"_max_by/1":    unary(func(m *machine, v, keys any) (any, error) { return m.extreme(v, keys, false) }),
		"bsearch/1":    unary(bsearch),
	}
}

// sorted pairs items with their keys, in the order of these.
func (m *machine) sorted(items, keys list) ([]keyed, error) {
	if err := m.build(int64(len(items)) * 4 * wordBytes); err != nil { // and the sorted items
		return nil, err
	}
	pairs := make([]keyed, len(items))
	for i := range items {
		pairs[i] = keyed{keys[i], items[i]}
	}
	return pairs, sortStable(pairs, func(a, b keyed) (int, error) { return m.compare(a.key, b.key) })
}

func (m *machine) sortedBy(v, keys any) ([]keyed, error) {
	items, okItems := v.(list)
	by, okKeys := keys.(list)
	if !okItems || !okKeys || len(items) != len(by) {
		return nil, wrongBoth(v, keys, "cannot be sorted, as they are not both arrays")
	}
	return m.sorted(items, by)
}

func itemsOf(pairs []keyed) list {
	out := make(list, len(pairs))
	for i, p := range pairs {
		out[i] = p.item
	}
	return out
}

// groups calls do with each run of items whose keys are equal.
func (m *machine) groups(v, keys any, do func([]keyed) error) error {
	pairs, err := m.sortedBy(v, keys)
	if err != nil {
		return err
	}
	for i := 0; i < len(pairs); {
		j := i + 1
		for ; j < len(pairs); j++ {
			same, err := m.equal(pairs[i].key, pairs[j].key)
			if err != nil {
				return err
			}
			if !same {
				break
			}
		}
		if err := do(pairs[i:j]); err != nil {
			return err
		}
		i = j
	}
	return nil
}

func groupBy(m *machine, v, keys any) (any, error) {
	out := list{}
	err := m.groups(v, keys, func(run []keyed) error {
		out = append(out, itemsOf(run))
		return m.build(2*wordBytes + listSize(len(run)))
	})
	return out, err
}

func uniqueBy(m *machine, v, keys any) (any, error) {
	out := list{}
	err := m.groups(v, keys, func(run []keyed) error {
		out = append(out, run[0].item)
		return m.build(2 * wordBytes)
	})
	return out, err
}

// extreme is the item with the smallest key, the first of them; or the one with the largest, the last of them.
func (m *machine) extreme(v, keys any, least bool) (any, error) {
	items, okItems := v.(list)
	by, okKeys := keys.(list)
	switch {
	case !okItems || !okKeys:
		return nil, wrongBoth(v, keys, "cannot be iterated over")
	case len(items) != len(by):
		return nil, wrongBoth(v, keys, "have wrong length")
	case len(items) == 0:
		return nil, nil
	}
	best := 0
	for i := 1; i < len(items); i++ {
		r, err := m.compare(by[i], by[best])
		if err != nil {
			return nil, err
		}
		if (r < 0) == least {
			best = i
		}
	}
	return items[best], nil
}

// bsearch is the place of a value in a sorted list, or -1 minus the place where it would stand.
func bsearch(m *machine, v, target any) (any, error) {
	items, ok := v.(list)
	if !ok {
		return nil, wrong(v, "cannot be searched from")
	}
	from, to := 0, len(items)
	for from < to {
		at := from + (to-from)/2
		r, err := m.compare(target, items[at])
		switch {
		case err != nil:
			return nil, err
		case r == 0:
			return box(float64(at)), nil
		case r < 0:
			to = at
		default:
			from = at + 1
		}
	}
	return box(float64(-1 - from)), nil
}
