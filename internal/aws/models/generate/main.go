// Command generate packs a botocore data folder into the archive that package
// models embeds.
//
//	go run ./internal/aws/models/generate --botocore DIR [--version 2.36.7] [--out FILE] [--check]
//
// The archive is the same, byte for byte, for the same folder. With --check nothing
// is written, and the status is 1 when the committed archive is not what the
// folder would give.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/hooks"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// run is main with its arguments and an error; the status is 1 for every error.
func run(args []string) error {
	flags := flag.NewFlagSet("generate", flag.ContinueOnError)
	dir := flags.String("botocore", "", "the data folder of botocore, or of the AWS CLI's copy of it")
	version := flags.String("version", "", "the version that the folder is of")
	out := flags.String("out", "internal/aws/models/models.zip", "the archive")
	check := flags.Bool("check", false, "compare instead of writing")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *dir == "" {
		return fmt.Errorf("--botocore names no folder")
	}
	// Of a whole AWS CLI, awscli/botocore/data, it is known what else it does: what is new there must be decided on first.
	source := filepath.Join(*dir, "..", "..", "..")
	if _, err := os.Stat(filepath.Join(source, "awscli", "handlers_registry.py")); err == nil {
		unknown, err := hooks.Unknown(source)
		if err != nil {
			return err
		}
		if len(unknown) > 0 {
			return fmt.Errorf("internal/aws/hooks/hooks.txt does not have %s: see what they do, and add them", strings.Join(unknown, "; "))
		}
	}
	old, _ := os.ReadFile(*out) // none yet is as good as another
	// Without --version the archive's own is kept, so that --check compares like with like.
	if *version == "" {
		*version = versionOf(old)
	}
	archive, err := pack(*dir, *version)
	if err != nil {
		return err
	}
	if *check {
		if !bytes.Equal(old, archive) {
			return fmt.Errorf("%s is not what %s gives; run the command without --check", *out, *dir)
		}
		return nil
	}
	return os.WriteFile(*out, archive, 0o644)
}
