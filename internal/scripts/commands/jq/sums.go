package jq

import "strings"

// items are the values of a list or an object.
func (m *machine) items(v any) (list, error) {
	switch v := v.(type) {
	case list:
		return v, nil
	case *object:
		out := make(list, 0, v.Len())
		for _, item := range v.All() {
			out = append(out, item)
		}
		return out, m.build(listSize(len(out)))
	}
	return nil, fail("Cannot iterate over %s (%s)", typeName(v), excerpt(v))
}

// sum adds values up, from the left. Neighbours of the same kind are put together at once.
func (m *machine) sum(v any) (any, error) {
	items, err := m.items(v)
	if err != nil {
		return nil, err
	}
	var total any
	for i := 0; i < len(items); {
		if err := m.work(1); err != nil {
			return nil, err
		}
		k := kindOf(total)
		j := i
		for j < len(items) && k >= kindString && kindOf(items[j]) == k {
			j++
		}
		if j-i < 2 {
			if total, err = add(m, total, items[i]); err != nil {
				return nil, err
			}
			i++
			continue
		}
		if total, err = m.sumOf(k, total, items[i:j]); err != nil {
			return nil, err
		}
		i = j
	}
	return total, nil
}

// sumOf adds up values of one kind.
func (m *machine) sumOf(k kind, total any, items list) (any, error) {
	switch k {
	case kindString:
		parts := make([]string, 0, len(items)+1)
		if err := m.build(listSize(len(items))); err != nil {
			return nil, err
		}
		parts = append(parts, total.(string))
		for _, item := range items {
			parts = append(parts, item.(string))
		}
		return m.join(parts)
	case kindArray:
		size := len(total.(list))
		for _, item := range items {
			size += len(item.(list))
		}
		if err := m.build(listSize(size)); err != nil {
			return nil, err
		}
		out := append(make(list, 0, size), total.(list)...)
		for _, item := range items {
			out = append(out, item.(list)...)
		}
		return out, m.work(int64(size))
	}
	out := total.(*object).Clone()
	if err := m.build(objectSize(out.Len())); err != nil {
		return nil, err
	}
	for _, item := range items {
		for name, v := range item.(*object).All() {
			if _, err := m.setMember(out, name, v, nil, true); err != nil {
				return nil, err
			}
			if err := m.work(1); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// join puts items together, with a separator between.
func join(m *machine, v, separator any) (any, error) {
	items, err := m.items(v)
	if err != nil {
		return nil, err
	}
	parts := make([]string, 0, 2*len(items))
	if err := m.build(2 * listSize(len(items))); err != nil {
		return nil, err
	}
	for i, item := range items {
		if i > 0 {
			between, ok := separator.(string)
			if !ok && separator != nil {
				return nil, wrongBoth(strings.Join(parts, ""), separator, "cannot be added")
			}
			parts = append(parts, between)
		}
		switch t := item.(type) {
		case nil:
		case string:
			parts = append(parts, t)
		case list, *object:
			return nil, wrongBoth(strings.Join(parts, ""), item, "cannot be added")
		default:
			s, err := m.json(t)
			if err != nil {
				return nil, err
			}
			parts = append(parts, s)
		}
	}
	return m.join(parts)
}

// flatten appends the items of v, and those of lists among them up to a depth.
func (m *machine) flatten(out *list, v any, depth float64) error {
	items, err := m.items(v)
	if err != nil {
		return err
	}
	if err := m.enter(nil, v, nil); err != nil {
		return err
	}
	defer m.leave()
	for _, item := range items {
		if inner, ok := item.(list); ok && depth > 0 {
			if err := m.flatten(out, inner, depth-1); err != nil {
				return err
			}
			continue
		}
		if err := m.build(2 * wordBytes); err != nil {
			return err
		}
		*out = append(*out, item)
		if err := m.work(1); err != nil {
			return err
		}
	}
	return nil
}
