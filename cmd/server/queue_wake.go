package main

import (
	"context"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// wakingDriver is River's driver for SQLite with a listener in the process. SQLite tells nobody of new rows: River's own listener
// asks every 50 ms, and asking often enough for a press to start at once takes a tenth of a core for as long as the
// server is up. But a SQLite database has one process, which knows when it inserts.
type wakingDriver struct {
	*riversqlite.Driver
	wake chan struct{}
}

// newWakingDriver wraps a driver. It holds one wake: several inserts before the queue looks are one.
func newWakingDriver(d *riversqlite.Driver) *wakingDriver {
	return &wakingDriver{Driver: d, wake: make(chan struct{}, 1)}
}

// inserted lets the queue look for jobs. It may be called before the job's transaction ends: the queue looks over the database's
// one writing connection, which the transaction holds until then.
func (d *wakingDriver) inserted() {
	select {
	case d.wake <- struct{}{}:
	default: // it is going to look
	}
}

// GetListener implements riverdriver.Driver.
func (d *wakingDriver) GetListener(*riverdriver.GetListenenerParams) riverdriver.Listener {
	return listener{d.wake}
}

// SupportsListenNotify implements riverdriver.Driver: River need not keep notifications in a table.
func (*wakingDriver) SupportsListenNotify() bool { return false }

// listener implements riverdriver.Listener.
type listener struct{ wake <-chan struct{} }

// Close and the other methods have nothing to do: there is no connection.
func (listener) Close(context.Context) error            { return nil }
func (listener) Connect(context.Context) error          { return nil }
func (listener) Listen(context.Context, string) error   { return nil }
func (listener) Ping(context.Context) error             { return nil }
func (listener) Schema() string                         { return "" }
func (listener) SetAfterConnectExec(string)             {}
func (listener) Unlisten(context.Context, string) error { return nil }

// WaitForNotification waits for inserted. The topic and the payload are what River sends itself when it inserts a
// job.
func (l listener) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	select {
	case <-l.wake:
		return &riverdriver.Notification{Topic: "river_insert", Payload: `{"queue":"` + river.QueueDefault + `"}`}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
