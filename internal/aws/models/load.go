package models

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"
)

//go:embed models.zip
var archive []byte

// Index is what is known of all services without inflating them.
type Index struct {
	Botocore string                  `json:"botocore"` // the version of botocore, or of the AWS CLI, that the models come from
	Services map[string]*ServiceHead `json:"services"`
}

// ServiceHead is a service in the index.
type ServiceHead struct {
	ServiceID      string   `json:"id"`
	FullName       string   `json:"full"`
	EndpointPrefix string   `json:"prefix"`
	SigningName    string   `json:"signing"`
	TargetPrefix   string   `json:"target,omitempty"`
	Protocols      []string `json:"protocols"`
	APIVersion     string   `json:"v"`
	Operations     []string `json:"ops"` // by name
}

var library = sync.OnceValues(func() (*shelf, error) {
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, fmt.Errorf("open the embedded models: %w", err)
	}
	s := &shelf{files: map[string]*zip.File{}, loaded: map[string]*entry{}}
	for _, f := range z.File {
		s.files[f.Name] = f
	}
	if err := s.decode("index.json", &s.index); err != nil {
		return nil, err
	}
	for name := range s.index.Services {
		s.names = append(s.names, name)
		s.loaded[name] = &entry{}
	}
	slices.Sort(s.names)
	return s, nil
})

// shelf holds the archive, and the services that were asked for.
type shelf struct {
	files  map[string]*zip.File
	index  Index
	names  []string
	loaded map[string]*entry // fixed after opening
}

type entry struct {
	once    sync.Once
	service *Service
	err     error
}

// Services returns the names of all services, sorted.
func Services() []string { return mustShelf().names }

// mustShelf opens the embedded archive, which the tests have opened before.
func mustShelf() *shelf {
	s, err := library()
	if err != nil {
		panic(err)
	}
	return s
}

// Heads returns the index. It must not be changed.
func Heads() Index { return mustShelf().index }

// Load returns a service's model. It is shared and must not be changed.
func Load(name string) (*Service, error) {
	s := mustShelf()
	e := s.loaded[name]
	if e == nil {
		return nil, fmt.Errorf("no service %q in the models", name)
	}
	e.once.Do(func() { e.service, e.err = s.load(name) })
	return e.service, e.err
}

// Partitions returns botocore's partitions.json.
func Partitions() ([]byte, error) { return mustShelf().read("partitions.json") }

func (s *shelf) read(name string) ([]byte, error) {
	f := s.files[name]
	if f == nil {
		return nil, fmt.Errorf("the embedded models have no %s", name)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("read %s of the embedded models: %w", name, err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read %s of the embedded models: %w", name, err)
	}
	return data, nil
}

func (s *shelf) decode(name string, into any) error {
	data, err := s.read(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("decode %s of the embedded models: %w", name, err)
	}
	return nil
}

func (s *shelf) load(name string) (*Service, error) {
	service := &Service{Name: name}
	if err := s.decode("services/"+name+".json", service); err != nil {
		return nil, err
	}
	rules, err := s.read("rules/" + name + ".json")
	if err != nil {
		return nil, err
	}
	service.Rules = rules
	if err := service.Resolve(); err != nil {
		return nil, fmt.Errorf("model of %s: %w", name, err)
	}
	return service, nil
}

// Resolve turns the names of shapes into shapes, after a service was read.
func (s *Service) Resolve() error {
	if s.SigningName == "" {
		s.SigningName = s.EndpointPrefix
	}
	for name, shape := range s.Shapes {
		shape.Name = name
		for _, refs := range [][]*Member{shape.Members, shape.Refs} {
			for _, m := range refs {
				if m.Shape = s.Shapes[m.ShapeName]; m.Shape == nil {
					return fmt.Errorf("shape %s refers to %s, which is not there", name, m.ShapeName)
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
	}
	for _, o := range s.Operations {
		o.Service = s
		o.Input, o.Output = s.Shapes[o.InputName], s.Shapes[o.OutputName]
		if o.InputName != "" && o.Input == nil || o.OutputName != "" && o.Output == nil {
			return fmt.Errorf("operation %s has no shape %s or %s", o.Name, o.InputName, o.OutputName)
		}
		for _, e := range o.ErrorNames {
			if shape := s.Shapes[e]; shape != nil {
				o.Errors = append(o.Errors, shape)
			}
		}
	}
	return nil
}
