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
// The archive has services/NAME in the packed form of package models, rules/NAME.json, partitions.json, an index of
// all services' heads, and the version. Entries are added in the order of the folder, which os.ReadDir sorts.
func pack(dir, version string) ([]byte, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	w := newArchive()
	w.add("version", []byte(version))
	index := map[string]*models.ServiceHead{}
	for _, e := range entries {
		// A file beside the folders is none of a service: partitions.json and endpoints.json are such.
		if !e.IsDir() {
			continue
		}
		folder, err := newest(filepath.Join(dir, e.Name()))
		// A folder without a version is an error: a service must not disappear unnoticed.
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
		// The index has what is asked of every service, so that no model is unpacked for it.
		index[e.Name()] = head
		packed, err := source.Pack()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		w.add("services/"+e.Name(), packed)
		w.addRules("rules/"+e.Name()+".json", filepath.Join(folder, "endpoint-rule-set-1.json"))
	}
	// The partitions tell a region's domain and its features to the endpoint rules.
	w.addRules("partitions.json", filepath.Join(dir, "partitions.json"))
	w.addJSON("index.json", index)
	return w.close()
}

// newest returns the folder of the newest API version; they are dates.
// A later date is a greater text; "" where there is none.
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
// The first error stays, and close returns it: calls in between need no check.
type archiver struct {
	buffer bytes.Buffer
	zip    *zip.Writer
	err    error
}

// newArchive compresses as much as possible, since the archive is part of every build of the program.
func newArchive() *archiver {
	a := &archiver{}
	a.zip = zip.NewWriter(&a.buffer)
	a.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	return a
}

// add adds a file. Without a time its header is the same each time.
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

// addJSON adds a value as JSON. encoding/json sorts the keys of maps.
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
// What the rules say is unchanged; only "documentation" goes.
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

// strip removes documentation from all objects below.
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

// close ends the archive and returns its bytes.
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
// An archive that cannot be read has none.
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

// readJSON reads a file and keeps the order of its members, which the models need: the CLI lists options in it.
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
