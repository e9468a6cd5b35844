package bind

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/opsbook/opsbook/internal/aws/models"
)

// Exit statuses of the AWS CLI v2:
// https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-returncodes.html
// 252: the line cannot be parsed or its input is invalid, nothing was sent. 253: the environment or the configuration
// is wrong, such as credentials that are missing. 254: the service answered with an error. 255: everything else, such
// as an exception that the CLI does not expect.
const (
	ExitUsage   = 252
	ExitConfig  = 253
	ExitService = 254
	ExitGeneral = 255
)

// Kind tells errors apart that a reader wants to hear more about than the CLI says.
type Kind int

// The kinds of errors. KindOther has nothing besides its message.
const (
	KindOther    Kind = iota
	KindService       // Name is no service
	KindChoice        // Name is no operation or waiter of the service
	KindOption        // Name is no option of the operation
	KindRequired      // Names are options and operands that are missing
	KindNoValue       // Option was given without one
	KindNumber        // Name is no number
	KindSyntax        // Name is neither shorthand nor JSON for Shape
	KindMember        // Name is no member of Shape
	KindMissing       // Name is a member that Shape lacks
	KindEnum          // Name is no value of the enumeration Shape; the service refuses it, the CLI does not
	KindLong          // Name is longer than Shape allows; the service refuses it, the CLI does not
	KindType          // the value has another type than Shape
	KindQuery         // the value of --query
)

// Error is what is wrong with a command line, in the CLI's words.
type Error struct {
	Message string
	Status  int
	Usage   bool // the usage lines follow
	First   bool // the usage lines stand before it
	Option  string
	Before  string // what was written to standard error before

	// What Read adds.
	Kind  Kind
	Word  int           // the place of the word that it is about in the line; 0, that of "aws", for the line
	Name  string        // see Kind
	Names []string      // see Kind
	Path  string        // of the value in the input: "Filters[0].Name"
	Shape *models.Shape // of the value
	Given *Given        // the option that it is about
}

// Error returns the message without the frame that Text puts around it.
func (e *Error) Error() string { return e.Message }

const usageLines = `usage: aws [options] <command> <subcommand> [<subcommand> ...] [parameters]
To see help text, you can run:

  aws help
  aws <command> help
  aws <command> <subcommand> help
`

// Text is what the CLI writes to standard error.
func (e *Error) Text() string {
	if e.First {
		return e.Before + "\n" + usageLines + "\n" + "\naws: [ERROR]: " + strings.TrimSpace(e.Message) + "\n"
	}
	return e.Before + "\naws: [ERROR]: " + strings.TrimSpace(e.whole()) + "\n"
}

// whole is the message with the usage lines behind it.
func (e *Error) whole() string {
	if e.Usage {
		return e.Message + "\n\n" + usageLines
	}
	return e.Message
}

// Parts are the error's code and what is said of it: what the CLI's other error formats print. ok reports that it has a code.
func (e *Error) Parts() (code, message string, ok bool) {
	rest, ok := strings.CutPrefix(e.whole(), "An error occurred (")
	code, message, cut := strings.Cut(rest, "): ")
	return code, message, ok && cut && !e.First
}

// usage is an error in what was typed, with the usage lines behind it.
// argparse's errors have the usage lines, those of the CLI's later checks do not: see invalid.
func usage(format string, args ...any) *Error {
	return &Error{Message: "An error occurred (ParamValidation): " + fmt.Sprintf(format, args...), Status: ExitUsage, Usage: true}
}

// invalid is an error in a value or a combination of options, which is found after argparse accepted the words.
func invalid(format string, args ...any) *Error {
	return &Error{Message: "An error occurred (ParamValidation): " + fmt.Sprintf(format, args...), Status: ExitUsage}
}

// parameter says what is wrong with the value of an option.
func parameter(option, format string, args ...any) *Error {
	e := invalid("Error parsing parameter '--%s': %s", option, fmt.Sprintf(format, args...))
	e.Option = option
	return e
}

// of gives an error its kind and the name that it is about.
func (e *Error) of(kind Kind, name string) *Error {
	e.Kind, e.Name = kind, name
	return e
}

// at says which word an error is about, where nothing has said so yet.
func at(err error, word int) error {
	var e *Error
	if errors.As(err, &e) && e.Word == 0 {
		e.Word = word
	}
	return err
}

// BadChoice says that a value is none of the choices, and which are like it.
func BadChoice(what, name string, choices []string) *Error { return badChoice(what, name, choices) }

// badChoice is BadChoice as an *Error, for callers that add a kind.
func badChoice(what, name string, choices []string) *Error {
	message := fmt.Sprintf("argument %s: Found invalid choice '%s'\n", what, name)
	if near := Closest(name, choices); len(near) > 0 {
		message += "\nMaybe you meant:\n\n  * " + strings.Join(near, "\n  * ")
	}
	e := usage("%s", message)
	e.Option, e.Name, e.Names = what, name, choices
	return e
}

// errnos are the failures that Python words, with its numbers: those of Linux.
var errnos = []struct {
	err    error
	number int
	text   string
}{
	{fs.ErrNotExist, 2, "No such file or directory"}, {fs.ErrPermission, 13, "Permission denied"}, {fs.ErrExist, 17, "File exists"},
	{syscall.ENOTDIR, 20, "Not a directory"}, {syscall.EISDIR, 21, "Is a directory"}, {syscall.EFBIG, 27, "File too large"},
	{syscall.ENOSPC, 28, "No space left on device"}, {syscall.EROFS, 30, "Read-only file system"},
	{syscall.ENAMETOOLONG, 36, "File name too long"}, {syscall.ELOOP, 40, "Too many levels of symbolic links"},
	{syscall.EDQUOT, 122, "Disk quota exceeded"},
}

// OSError words a failure to open a file as Python does.
func OSError(err error, name string) string {
	for _, e := range errnos {
		if errors.Is(err, e.err) {
			return fmt.Sprintf("[Errno %d] %s: '%s'", e.number, e.text, name)
		}
	}
	return err.Error()
}
