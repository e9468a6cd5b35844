// Package custom holds the commands of the AWS CLI that are not one call of an API: transfers of S3, `logs tail`,
// `configure`, and those that only work on a person's machine.
package custom

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/check"
	"github.com/opsbook/opsbook/internal/aws/session"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Command is one of them.
// Implementations have no state, and are shared by all lines.
type Command interface {
	// Describe checks a line before it runs. words are those behind "aws" without the global options.
	Describe(line *check.Line, words []procedures.Word)
	// Run executes a line and returns its exit status. An error is worded, and gives the status.
	Run(ctx context.Context, s *session.Session, args []string) (int, error)
}

// Binder is a Command that is sent with more than its line says.
type Binder interface {
	// Bound returns that of a line which changes something, as it is now. An error is why it cannot be approved.
	Bound(ctx context.Context, s *session.Session, args []string) ([]procedures.BoundMember, error)
}

// commands are found by the first words of a line. The longest name is the line's.
var commands = sync.OnceValue(listCommands)

// listCommands is made once; the names by hand are added last.
func listCommands() map[string]Command {
	out := map[string]Command{
		"s3": transfers{}, "logs tail": tail{}, "configure get": configureGet{}, "configure list": configureList{},
		"configure list-profiles": configureProfiles{}, "eks update-kubeconfig": kubeconfig{},
		"eks get-token":                       clusterToken{},
		"rds generate-db-auth-token":          databaseToken{"rds", "generate-db-auth-token", "connect", "rds-db"},
		"dsql generate-db-connect-auth-token": databaseToken{"dsql", "generate-db-connect-auth-token", "DbConnect", "dsql"},
		"dsql generate-db-connect-admin-auth-token": databaseToken{
			"dsql", "generate-db-connect-admin-auth-token", "DbConnectAdmin", "dsql",
		},
		"configservice get-status": recorderStatus{}, "history": history{}, "cloudfront sign": signedURL{},
		"emr terminate-clusters": clusterEnd{}, "emr add-steps": clusterSteps{},
		"emr describe-cluster": describedCluster{}, "cloudformation deploy": deploy{},
		"ecr get-login-password": loginPassword{"ecr"}, "ecr-public get-login-password": loginPassword{"ecr-public"},
	}
	for _, h := range allByHand() {
		out[h.name] = h
	}
	return out
}

// Of returns the command of a line, and its words without the global options; nil for a line that is one call of an API,
// and for one whose global options are wrong. known tells whether a word is known; nil where all are.
// Names are looked up by the first two words, and then by the first: "s3 cp" is found as "s3", "logs tail" by both.
// places are the indexes of the words that are left.
func Of(args []string, known func(text string) bool) (c Command, globals bind.Globals, places []int) {
	globals, places, err := bind.SplitGlobals(args, known)
	if err != nil {
		var wrong *bind.Error
		if errors.As(err, &wrong) && wrong.Usage {
			globals.ErrorFormat = "" // the AWS CLI has not read it either
		}
		return nil, globals, nil // bind.Parse says so
	}
	rest := bind.At(args, places)
	if asksForHelp(rest) {
		return help{}, globals, places
	}
	first, second := bind.FirstOperands(rest)
	if c := commands()[first+" "+second]; c != nil {
		return c, globals, places
	}
	return commands()[first], globals, places
}

// without takes the first of args that is name out.
// args stays as it is.
func without(args []string, name string) []string {
	if at := slices.Index(args, name); at >= 0 {
		return slices.Delete(slices.Clone(args), at, at+1)
	}
	return args
}
