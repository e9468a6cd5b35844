package jq

import (
	"unsafe"
)

// owner knows which lists and objects an operation has made itself and shown to nobody: those it may change. What it has made is
// reached from others that it has made only.
type owner map[unsafe.Pointer]struct{}

func address(v any) unsafe.Pointer {
	switch v := v.(type) {
	case list:
		if cap(v) > 0 {
			return unsafe.Pointer(unsafe.SliceData(v))
		}
	case *object:
		return unsafe.Pointer(v)
	}
	return nil
}

func (o owner) has(v any) bool {
	if len(o) == 0 {
		return false
	}
	_, ok := o[address(v)]
	return ok
}

func (o owner) add(v any) {
	if p := address(v); o != nil && p != nil {
		o[p] = struct{}{}
	}
}

// maxIndex is the largest index that a list can be extended to, as in jq.
const maxIndex = 536870911

// setPath is v with a value at a path. What lies on the path is copied, but for what mine owns.
func (m *machine) setPath(v any, keys list, value any, mine owner) (any, error) {
	if len(keys) > maxDeep {
		return nil, fail("Path too deep")
	}
	return m.setAt(v, keys, value, mine)
}

func (m *machine) setAt(v any, keys list, value any, mine owner) (any, error) {
	if len(keys) == 0 {
		return value, nil
	}
	if err := m.work(1); err != nil {
		return nil, err
	}
	child, err := m.get(v, keys[0])
	if err != nil {
		return nil, err
	}
	if child, err = m.setAt(child, keys[1:], value, mine); err != nil {
		return nil, err
	}
	return m.set(v, keys[0], child, mine)
}

// set is v with v[key] = value.
func (m *machine) set(v, key, value any, mine owner) (any, error) {
	switch k := key.(type) {
	case string:
		switch t := v.(type) {
		case nil:
			return m.setMember(&object{}, k, value, mine, true)
		case *object:
			return m.setMember(t, k, value, mine, mine.has(t))
		}
	case *object:
		switch t := v.(type) {
		case nil:
			return m.setSlice(nil, k, value, mine)
		case list:
			return m.setSlice(t, k, value, mine)
		case string:
			return nil, fail("Cannot update string slices")
		}
	default:
		f, ok := number(key)
		if !ok {
			break
		}
		switch t := v.(type) {
		case nil:
			return m.setItem(nil, f, value, mine)
		case list:
			return m.setItem(t, f, value, mine)
		}
	}
	return nil, fail("Cannot update field at %s index of %s", typeName(key), typeName(v))
}

func (m *machine) setMember(o *object, name string, value any, mine owner, inPlace bool) (any, error) {
	if !inPlace {
		if err := m.work(int64(o.Len())); err != nil {
			return nil, err
		}
		if err := m.build(objectSize(o.Len() + 1)); err != nil {
			return nil, err
		}
		o = o.Clone()
		mine.add(o)
	} else if mine != nil {
		mine.add(o)
	}
	before := o.Len()
	o.Set(name, value)
	if inPlace && o.Len() > before {
		size := int64(memberBytes + len(name))
		if o.Len() > manyMembers {
			size += 2 * placeBytes
		}
		if before == 0 {
			size += objectBytes
		}
		return o, m.build(size)
	}
	return o, nil
}

func (m *machine) setItem(l list, f float64, value any, mine owner) (any, error) {
	if f != f {
		return nil, fail("Cannot set array element at NaN index")
	}
	i := truncate(f)
	if i < 0 {
		i += len(l)
	}
	switch {
	case i < 0:
		return nil, fail("Out of bounds negative array index")
	case i > maxIndex:
		return nil, fail("Array index too large")
	}
	inPlace := l != nil && mine.has(l)
	if inPlace && i < len(l) {
		l[i] = value
		return l, nil
	}
	if inPlace && i < cap(l) {
		l = l[:i+1]
		l[i] = value
		return l, nil
	}
	room := max(i+1, len(l))
	if inPlace {
		room = max(room, 2*len(l))
	}
	if err := m.build(listSize(room)); err != nil {
		return nil, err
	}
	if err := m.work(int64(room)); err != nil {
		return nil, err
	}
	out := make(list, max(i+1, len(l)), room)
	copy(out, l)
	out[i] = value
	if inPlace {
		delete(mine, address(l))
	}
	mine.add(out)
	return out, nil
}

// setSlice is a list with another one in the place of some of its items.
func (m *machine) setSlice(l list, key *object, value any, mine owner) (any, error) {
	from, to, err := bounds(key, len(l))
	if err != nil {
		return nil, err
	}
	insert, ok := value.(list)
	if !ok {
		return nil, fail("A slice of an array can only be assigned another array")
	}
	size := len(l) - (to - from) + len(insert)
	if err := m.build(listSize(size)); err != nil {
		return nil, err
	}
	out := make(list, 0, size)
	out = append(append(append(out, l[:from]...), insert...), l[to:]...)
	mine.add(out)
	return out, m.work(int64(size))
}

// getPath is what a path leads to.
func (m *machine) getPath(v any, keys list) (any, error) {
	if len(keys) > maxDeep {
		return nil, fail("Path too deep")
	}
	for _, key := range keys {
		if err := m.work(1); err != nil {
			return nil, err
		}
		var err error
		if v, err = m.get(v, key); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// deletePaths is v without what paths lead to.
func (m *machine) deletePaths(v any, paths list) (any, error) {
	if len(paths) == 0 {
		return v, nil
	}
	if err := m.build(listSize(len(paths))); err != nil {
		return nil, err
	}
	sorted := append(list{}, paths...)
	if err := sortStable(sorted, m.compare); err != nil {
		return nil, err
	}
	keys := make([]list, len(sorted))
	for i, p := range sorted {
		k, ok := p.(list)
		if !ok {
			return nil, fail("Path must be specified as array, not %s", typeName(p))
		}
		if len(k) > maxDeep {
			return nil, fail("Path too deep")
		}
		keys[i] = k
	}
	if len(keys[0]) == 0 {
		return nil, nil
	}
	return m.deleteSorted(v, keys, 0)
}

// deleteSorted deletes sorted paths, of which the first `at` keys have led here.
func (m *machine) deleteSorted(v any, paths []list, at int) (any, error) {
	var here list
	for i := 0; i < len(paths); {
		key := paths[i][at]
		whole := len(paths[i]) == at+1
		j := i + 1
		for j < len(paths) {
			same, err := m.equal(key, paths[j][at])
			if err != nil {
				return nil, err
			}
			if !same {
				break
			}
			j++
		}
		if whole {
			here = append(here, key)
			if err := m.build(wordBytes); err != nil {
				return nil, err
			}
		} else {
			child, err := m.get(v, key)
			if err != nil {
				return nil, err
			}
			if child != nil {
				if child, err = m.deleteSorted(child, paths[i:j], at+1); err != nil {
					return nil, err
				}
				if v, err = m.set(v, key, child, nil); err != nil {
					return nil, err
				}
			}
		}
		i = j
	}
	return m.deleteKeys(v, here)
}
