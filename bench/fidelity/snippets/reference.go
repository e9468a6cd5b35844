package snippets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Bash is a bash to compare with.
type Bash struct{ path, folder string }

// ErrNoBash is returned where there is no bash 5.2, whose answers are the reference.
var ErrNoBash = errors.New("there is no bash 5.2")

// FindBash finds the bash of the machine. Snippets are run in folders below one that is given.
func FindBash(ctx context.Context, folder string) (*Bash, error) {
	path, err := exec.LookPath("bash")
	if err != nil {
		return nil, ErrNoBash
	}
	version, err := exec.CommandContext(ctx, path, "-c", "echo $BASH_VERSION").Output()
	if err != nil || !strings.HasPrefix(string(version), "5.2.") {
		return nil, fmt.Errorf("%w: %s is %s", ErrNoBash, path, bytes.TrimSpace(version))
	}
	b := &Bash{path, folder}
	if err := os.Chmod(folder, 0o755); err != nil {
		return nil, err
	}
	if answer, err := b.Run(ctx, Snippet{Text: "echo there"}); err != nil || answer.Stdout != "there\n" {
		return nil, fmt.Errorf("bash cannot run in %s as another user: %w", folder, err)
	}
	return b, nil
}

// most is how long a snippet may take. None waits for more than some tenths of a second.
const most = 20 * time.Second

// Run runs a snippet in a new folder. Root runs it as nobody.
func (b *Bash) Run(ctx context.Context, s Snippet) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	folder, err := os.MkdirTemp(b.folder, "")
	if err != nil {
		return Answer{}, err
	}
	defer os.RemoveAll(folder)
	script, work := filepath.Join(folder, "script"), filepath.Join(folder, "work")
	if err := os.WriteFile(script, []byte(s.Text+"\n"), 0o644); err != nil {
		return Answer{}, err
	}
	if err := errors.Join(os.Mkdir(work, 0o777), os.Chmod(work, 0o777), os.Chmod(folder, 0o755)); err != nil {
		return Answer{}, err
	}
	if err := Lay(work); err != nil {
		return Answer{}, err
	}
	c := exec.CommandContext(ctx, b.path, append([]string{script}, Args...)...)
	c.Dir, c.WaitDelay = work, time.Second
	c.Env = []string{"PATH=/usr/bin:/bin", "HOME=/", "LC_ALL=C.UTF-8", "TZ=UTC", "TMPDIR=/tmp"}
	asNobody(c)
	var out, problem bytes.Buffer
	c.Stdout, c.Stderr = &out, &problem
	err = c.Run()
	endAll(c)
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		return Answer{}, fmt.Errorf("bash did not end %q: %w", s.Text, errors.Join(err, ctx.Err()))
	}
	text := strings.ReplaceAll(out.String(), script, "bash") // $0
	return Answer{Stdout: text, Status: statusOf(c.ProcessState), Quiet: problem.Len() == 0}, nil
}
