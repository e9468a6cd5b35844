package store

import (
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// silence is how long a database's host may leave what was sent to it unconfirmed before the connection is given up.
const silence = 10 * time.Second

// dial connects to a database so that a host which vanishes is noticed: by keepalives where nothing is on its way, by
// the time-out of what was sent elsewhere.
func dial(timeout time.Duration) pgconn.DialFunc {
	d := &net.Dialer{
		Timeout:         timeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 2 * time.Second, Count: 3},
		Control:         limitSilence,
	}
	return d.DialContext
}
