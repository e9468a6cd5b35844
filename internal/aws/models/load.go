package models

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

//go:embed models.zip
var archive []byte

// ServiceHead is what is known of a service without inflating its model.
type ServiceHead struct {
	ServiceID      string   `json:"id"`
	FullName       string   `json:"full"`
	EndpointPrefix string   `json:"prefix"`
	SigningName    string   `json:"signing"`
	TargetPrefix   string   `json:"target,omitempty"`
	Protocols      []string `json:"protocols"`
	APIVersion     string   `json:"v"`
}

// library is the archive, opened: its directory is read, and nothing is inflated.
var library = sync.OnceValues(func() (*shelf, error) {
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, fmt.Errorf("open the embedded models: %w", err)
	}
	s := &shelf{files: make(map[string]*zip.File, len(z.File)), loaded: map[string]*entry{}}
	for _, f := range z.File {
		s.files[f.Name] = f
		if name, ok := strings.CutPrefix(f.Name, "services/"); ok {
			s.names = append(s.names, name)
			s.loaded[name] = &entry{}
		}
	}
	slices.Sort(s.names)
	return s, nil
})

// shelf holds the archive, and the services that were asked for.
type shelf struct {
	files  map[string]*zip.File
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

// Version is the version of botocore, or of the AWS CLI, that the models come from.
func Version() string {
	text, err := mustShelf().read("version")
	if err != nil {
		panic(err)
	}
	return string(text)
}

var heads = sync.OnceValue(func() map[string]*ServiceHead {
	text, err := mustShelf().read("index.json")
	out := map[string]*ServiceHead{}
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		panic(err) // the tests have read it before
	}
	return out
})

// Heads returns the heads of all services, by name. They must not be changed.
func Heads() map[string]*ServiceHead { return heads() }

// Load returns a service's model. It is shared and must not be changed.
func Load(name string) (*Service, error) {
	s := mustShelf()
	e := s.loaded[name]
	if e == nil {
		return nil, fmt.Errorf("no service %q in the models", name)
	}
	e.once.Do(func() {
		var text []byte
		if text, e.err = s.read("services/" + name); e.err == nil {
			e.service, e.err = Unpack(name, text)
		}
	})
	return e.service, e.err
}

// Rules returns the endpoint rule set of a service, as JSON.
func Rules(service string) ([]byte, error) { return mustShelf().read("rules/" + service + ".json") }

// Partitions returns botocore's partitions.json.
func Partitions() ([]byte, error) { return mustShelf().read("partitions.json") }

// read inflates a file of the archive.
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
	data := make([]byte, f.UncompressedSize64)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, fmt.Errorf("read %s of the embedded models: %w", name, err)
	}
	return data, nil
}
