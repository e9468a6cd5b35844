package inspect

import (
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/procedures"
)

// transferChange says what is known of a changing line that is not one call: a transfer, above all.
// err is why the line could not be bound as one call, which is said where its global options are wrong as well.
// Buckets with versions keep what is replaced and deleted; others do not.
func transferChange(args []string, err error) *procedures.Change {
	_, places, splitErr := bind.SplitGlobals(args, nil)
	if splitErr != nil {
		return &procedures.Change{NotRead: err.Error(), NoRollback: "the line could not be read", NoWait: "the line could not be read"}
	}
	rest := bind.At(args, places)
	first, second := bind.FirstOperands(rest)
	out := &procedures.Change{
		NoWait: "it is done when the command ends", NotRead: "what it changes cannot be read beforehand in one call",
		NoRollback: "no rollback is known",
	}
	if first != "s3" {
		return out
	}
	target := rest[len(rest)-1]
	for i := len(rest) - 1; i > 0; i-- {
		if strings.HasPrefix(rest[i], "s3://") {
			target = rest[i]
			break
		}
	}
	out.Resource = target
	switch second {
	case "sync", "cp":
		out.NotRead = "each object is compared while it runs: the same line with --dryrun lists what it would copy"
		out.NoRollback = "in a bucket with versions the older objects are still there; in one without, what is " +
			"replaced is gone, and what is new stays until it is deleted"
	case "mv":
		out.NotRead = "the same line with --dryrun lists what it would move"
		out.NoRollback = "moving it to where it was: what it replaces there is gone, unless the bucket keeps versions"
	case "rm", "rb":
		out.NotRead = "the same line with --dryrun lists what it would delete"
		out.NoRollback = "in a bucket with versions the older objects are still there; in one without they are gone"
		if second == "rb" {
			out.NotRead = "aws s3 ls " + target + " lists what is in it"
		}
	case "mb":
		out.NotRead = "a bucket that is not there yet has nothing to read"
		out.Rollback, out.NoRollback = []string{"aws s3 rb " + target}, ""
	case "website":
		out.NotRead, out.NoRollback = "aws s3api get-bucket-website reads it", "the same command with the values from before"
	}
	return out
}
