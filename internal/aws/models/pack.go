package models

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
)

// Source is a service's model as it is packed.
type Source struct {
	Service    *Service
	Operations []*Operation
	Shapes     map[string]*Shape
}

// Pack writes a model: a line with the service, a line for each operation by name, an empty line, and a line for each shape by name.
// A line of an operation or shape is its name, a space, and JSON.
func (m *Source) Pack() ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out) // which ends each value with a line break
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(m.Service); err != nil {
		return nil, err
	}
	operations := map[string]*Operation{}
	for _, o := range m.Operations {
		operations[o.Name] = o
	}
	for _, name := range slices.Sorted(maps.Keys(operations)) {
		out.WriteString(name + " ")
		if err := encoder.Encode(operations[name]); err != nil {
			return nil, err
		}
	}
	out.WriteByte('\n')
	for _, name := range slices.Sorted(maps.Keys(m.Shapes)) {
		out.WriteString(name + " ")
		if err := encoder.Encode(m.Shapes[name]); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}

// Unpack reads what Pack has written. Operations are decoded when they are asked for.
func Unpack(name string, text []byte) (*Service, error) {
	head, text, _ := bytes.Cut(text, []byte("\n"))
	s := &Service{Name: name, written: map[string][]byte{}, operations: map[string]*Operation{}, shapes: map[string]*Shape{}}
	if err := json.Unmarshal(head, s); err != nil {
		return nil, fmt.Errorf("model of %s: %w", name, err)
	}
	if s.SigningName == "" {
		s.SigningName = s.EndpointPrefix
	}
	prefix := ""
	for line := range bytes.Lines(text) {
		name, value, ok := bytes.Cut(line, []byte(" "))
		switch {
		case !ok: // the empty line
			prefix = "/"
			continue
		case prefix == "":
			s.names = append(s.names, string(name))
		}
		s.written[prefix+string(name)] = value
	}
	return s, nil
}

// OperationNames are the names of all operations, sorted. They must not be changed.
func (s *Service) OperationNames() []string { return s.names }

// Operation returns the operation of that name with its shapes, or nil.
func (s *Service) Operation(name string) *Operation {
	if _, ok := s.written[name]; !ok || name == "" || name[0] == '/' {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.operations[name]; o != nil {
		return o
	}
	o, err := s.decode(name)
	if err != nil {
		panic(fmt.Sprintf("model of %s: %v", s.Name, err)) // the tests have decoded every operation
	}
	s.operations[name] = o
	return o
}

// Operations yields all operations by name, each with its shapes.
func (s *Service) Operations() iter.Seq[*Operation] {
	return func(yield func(*Operation) bool) {
		for _, name := range s.names {
			if !yield(s.Operation(name)) {
				return
			}
		}
	}
}

// decode reads an operation and the shapes that it leads to.
func (s *Service) decode(name string) (*Operation, error) {
	o := &Operation{Service: s}
	if err := json.Unmarshal(s.written[name], o); err != nil {
		return nil, fmt.Errorf("operation %s: %w", name, err)
	}
	var err error
	if o.InputName != "" {
		if o.Input, err = s.shape(o.InputName); err != nil {
			return nil, err
		}
	}
	if o.OutputName != "" {
		if o.Output, err = s.shape(o.OutputName); err != nil {
			return nil, err
		}
	}
	for _, e := range o.ErrorNames {
		if s.written["/"+e] == nil {
			continue
		}
		shape, err := s.shape(e)
		if err != nil {
			return nil, err
		}
		o.Errors = append(o.Errors, shape)
	}
	return o, nil
}

// shape decodes a shape and those that it leads to.
func (s *Service) shape(name string) (*Shape, error) {
	if shape := s.shapes[name]; shape != nil {
		return shape, nil
	}
	text := s.written["/"+name]
	if text == nil {
		return nil, fmt.Errorf("there is no shape %s", name)
	}
	shape := &Shape{Name: name}
	if err := json.Unmarshal(text, shape); err != nil {
		return nil, fmt.Errorf("shape %s: %w", name, err)
	}
	s.shapes[name] = shape // before its members, which may lead to it again
	for _, refs := range [][]*Member{shape.Members, shape.Refs} {
		for _, m := range refs {
			var err error
			if m.Shape, err = s.shape(m.ShapeName); err != nil {
				return nil, fmt.Errorf("shape %s: %w", name, err)
			}
		}
	}
	switch {
	case shape.Type == TypeStructure:
		shape.index = make(map[string]*Member, len(shape.Members))
		for _, m := range shape.Members {
			shape.index[m.Name] = m
		}
	case shape.Type == TypeList && len(shape.Refs) == 1:
		shape.Element = shape.Refs[0]
	case shape.Type == TypeMap && len(shape.Refs) == 2:
		shape.Key, shape.Value = shape.Refs[0], shape.Refs[1]
	}
	return shape, nil
}
