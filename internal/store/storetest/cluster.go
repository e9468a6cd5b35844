package storetest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"github.com/opsbook/opsbook/internal/testenv"
)

// Cluster is a PostgreSQL server of a test's own on loopback, which may be stopped and started again.
type Cluster struct {
	// Address is that of its database postgres.
	Address string

	t    testing.TB
	bin  string // folder of PostgreSQL's programs
	dir  string
	port int
	as   *syscall.Credential // PostgreSQL refuses to be run by root
	runs bool
}

// NewCluster makes and starts a server with the newest PostgreSQL of the machine. It is ended at the test's end. Without
// PostgreSQL's programs the test is skipped; see testenv.Missing.
func NewCluster(t testing.TB) *Cluster {
	t.Helper()
	c := &Cluster{t: t}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if path, err := exec.LookPath("initdb"); err == nil {
		found = append(found, path)
	}
	if len(found) == 0 {
		testenv.Missing(t, "postgres", "no initdb on this machine")
	}
	c.bin = filepath.Dir(slices.Max(found))
	var err error
	if c.dir, err = os.MkdirTemp("", "opsbook-cluster-"); err != nil { // not below the test's own folder, which is root's alone
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(c.dir) })
	if os.Getuid() == 0 {
		c.becomePostgres()
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c.port = listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	c.Address = fmt.Sprintf("postgres://opsbook@127.0.0.1:%d/postgres?sslmode=disable", c.port)
	c.program("initdb", "-D", c.data(), "-U", "opsbook", "--auth=trust")
	c.Start()
	t.Cleanup(func() {
		if c.runs {
			c.Stop()
		}
	})
	return c
}

// becomePostgres lets the user postgres run the server.
func (c *Cluster) becomePostgres() {
	c.t.Helper()
	account, err := user.Lookup("postgres")
	if err != nil {
		testenv.Missing(c.t, "postgres", "root cannot run PostgreSQL, and there is no user postgres")
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		c.t.Fatal(err)
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		c.t.Fatal(err)
	}
	c.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	if err := os.Chown(c.dir, int(c.as.Uid), int(c.as.Gid)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

// program runs one of PostgreSQL's programs to its end.
func (c *Cluster) program(name string, args ...string) {
	c.t.Helper()
	command := exec.Command(filepath.Join(c.bin, name), args...) //nolint:noctx // the server is ended after the test's context
	command.Dir, command.SysProcAttr = c.dir, &syscall.SysProcAttr{Credential: c.as}
	if out, err := command.CombinedOutput(); err != nil {
		c.t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// Start starts the server and waits until it answers.
func (c *Cluster) Start() {
	c.t.Helper()
	c.program("pg_ctl", "-D", c.data(), "-l", filepath.Join(c.dir, "log"), "-w", "-o",
		fmt.Sprintf("-p %d -k %s -c listen_addresses=127.0.0.1 -c max_connections=200", c.port, c.dir), "start")
	c.runs = true
}

// Stop ends the server as a fast shutdown does: sessions are cut, and what was committed is written.
func (c *Cluster) Stop() { c.end("fast") }

// Crash ends the server at once: the next start recovers from its log.
func (c *Cluster) Crash() { c.end("immediate") }

func (c *Cluster) end(mode string) {
	c.t.Helper()
	c.program("pg_ctl", "-D", c.data(), "-w", "-m", mode, "stop")
	c.runs = false
}
