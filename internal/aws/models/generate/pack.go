package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// pack reads every service's newest version.
func pack(dir, version string) ([]byte, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	w := newArchive()
	w.add("version", []byte(version))
	index := map[string]*models.ServiceHead{}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		folder, err := newest(filepath.Join(dir, e.Name()))
		if err != nil || folder == "" {
			return nil, errors.Join(fmt.Errorf("%s has no version of its API", e.Name()), err)
		}
		source, err := readService(folder)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		service := source.Service
		head := &models.ServiceHead{
			ServiceID: service.ServiceID, FullName: service.FullName, EndpointPrefix: service.EndpointPrefix,
			SigningName:  service.SigningName,
			TargetPrefix: service.TargetPrefix, Protocols: service.Protocols, APIVersion: service.APIVersion,
		}
		index[e.Name()] = head
		packed, err := source.Pack()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		w.add("services/"+e.Name(), packed)
		w.addRules("rules/"+e.Name()+".json", filepath.Join(folder, "endpoint-rule-set-1.json"))
	}
	w.addRules("partitions.json", filepath.Join(dir, "partitions.json"))
	w.addJSON("index.json", index)
	return w.close()
}

// newest returns the folder of the newest API version; they are dates.
func newest(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	var versions []string
	for _, e := range entries {
		if e.IsDir() {
			versions = append(versions, e.Name())
		}
	}
	if len(versions) == 0 {
		return "", nil
	}
	return filepath.Join(dir, slices.Max(versions)), nil
}

// archiver writes a zip without times, whose files depend on nothing but their content.
type archiver struct {
	buffer bytes.Buffer
	zip    *zip.Writer
	err    error
}

func newArchive() *archiver {
	a := &archiver{}
	a.zip = zip.NewWriter(&a.buffer)
	a.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	return a
}

func (a *archiver) add(name string, data []byte) {
	if a.err != nil {
		return
	}
	w, err := a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Time{}})
	if err == nil {
		_, err = w.Write(data)
	}
	a.err = err
}

func (a *archiver) addJSON(name string, v any) {
	var data bytes.Buffer
	encoder := json.NewEncoder(&data)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil && a.err == nil {
		a.err = fmt.Errorf("%s: %w", name, err)
	}
	a.add(name, data.Bytes())
}

// addRules adds a rule set without what documents it.
func (a *archiver) addRules(name, path string) {
	v, err := readJSON(path)
	if err != nil {
		a.err = errors.Join(a.err, err)
		return
	}
	strip(v)
	data, err := document.Marshal(v)
	if err != nil {
		a.err = errors.Join(a.err, err)
	}
	a.add(name, data)
}

func strip(v document.Value) {
	switch v := v.(type) {
	case *document.Object:
		v.Delete("documentation")
		for _, inner := range v.All() {
			strip(inner)
		}
	case document.List:
		for _, inner := range v {
			strip(inner)
		}
	}
}

func (a *archiver) close() ([]byte, error) {
	if a.err != nil {
		return nil, a.err
	}
	if err := a.zip.Close(); err != nil {
		return nil, err
	}
	return a.buffer.Bytes(), nil
}

// versionOf reads the version out of an archive, "" where there is none.
func versionOf(data []byte) string {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return ""
	}
	f, err := z.Open("version")
	if err != nil {
		return ""
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		return ""
	}
	return string(text)
}

func readJSON(path string) (document.Value, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	v, err := document.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return v, nil
}

// readOptional is readJSON for a file that need not be there; nil then.
func readOptional(path string) (*document.Object, error) {
	v, err := readJSON(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	o, _ := v.(*document.Object)
	return o, err
}
