package aws

import (
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/aws/wire"
	"github.com/opsbook/opsbook/internal/procedures"
)

// throttledSubject begins the subject of what replicas tell each other of a limit of AWS's that one of them has met: the limit
// is the account's, so that all of them wait for their turn.
// A limit shared late costs some refused calls, and no more: each process meets it by itself as well.
const throttledSubject = "throttled"

// between separates the parts of a subject.
// ASCII's unit separator stands in no name of an account, a region or a service.
const between = "\x1f"

// Share lets the other processes of the portal know of the limits that calls of this one meet: they are notified of the newest of each
// subject. It is to be called before the first call; tell returns at once.
// Accounts of other environments have other limits, hence the environment's name in the subject.
func (c *Command) Share(tell func(subject, text string)) {
	// The text is the moment, so that a repeated refusal counts as new under the same subject.
	c.connector.Pace.OnLimit = func(l wire.Limit) {
		subject := strings.Join([]string{throttledSubject, c.connector.Environment.Name, l.Account, l.Region, l.Service}, between)
		tell(subject, time.Now().UTC().Format(time.RFC3339Nano))
	}
}

// Notify takes in what another process tells: a service that refused its calls for being too many counts these ones, too.
// A subject of another version, or of another environment, is passed over.
func (c *Command) Notify(n procedures.Notification) {
	for subject := range n.Notes {
		parts := strings.Split(subject, between)
		if len(parts) == 5 && parts[0] == throttledSubject && parts[1] == c.connector.Environment.Name {
			c.connector.Pace.Notify(wire.Limit{Account: parts[2], Region: parts[3], Service: parts[4]}, time.Now())
		}
	}
}
