// Command path lists the hand-written files that one press of a reading step passes through: the second press of a server that a
// page watches, so that what is read or made once does not count, without what the server executes while nothing is pressed.
//
//	go run ./bench/path [-line LINE] [-watched=false] [-account] [-lines]
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/opsbook/opsbook/bench/process"
)

// signals is added to the program that is measured: it counts anew at SIGUSR1, and writes what was counted at SIGUSR2. It is a file
// of time/tzdata, which only main imports: the files of packages that are counted cannot be made up.
const signals = `package tzdata

import (
	"os"
	"os/signal"
	"runtime/coverage"
	"syscall"
)

func init() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1, syscall.SIGUSR2)
	go func() {
		for s := range c {
			if s == syscall.SIGUSR1 {
				_ = coverage.ClearCounters()
				continue
			}
			dir := os.Getenv("COVERAGE")
			_ = os.MkdirAll(dir, 0o700)
			_ = coverage.WriteMetaDir(dir)
			_ = coverage.WriteCountersDir(dir)
			_ = os.WriteFile(dir+"/done", nil, 0o600)
		}
	}()
}
`

var (
	line    = flag.String("line", "aws sts get-caller-identity", "what the step runs, on the sandbox")
	watched = flag.Bool("watched", true, "a page has the procedure open")
	account = flag.Bool("account", false, "AWS is another process, as for a team with an account; else it is simulated in this one")
	places  = flag.Bool("lines", false, "list the lines too")
)

// simulated is what a team with an account does not pass through: the server in the program that stands for AWS.
func simulated(file string) bool {
	return strings.HasPrefix(file, "internal/aws/sandbox/") || strings.HasPrefix(file, "internal/aws/protocol/server") ||
		file == "internal/aws/session/simulated.go" || file == "internal/store/world.go"
}

// copied are the packages of the interpreter, which other people wrote (NOTICE).
var copied = []string{"internal/scripts/interp", "internal/scripts/expand", "internal/scripts/internal"}

const (
	module  = "github.com/opsbook/opsbook/"
	counted = 3 * time.Second // how long is counted, with a press and without
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "path:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	flag.Parse()
	dir, err := os.MkdirTemp("", "opsbook-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program, err := build(ctx, dir)
	if err != nil {
		return err
	}
	pressed, err := files(ctx, program, dir, true)
	if err != nil {
		return err
	}
	idle, err := files(ctx, program, dir, false)
	if err != nil {
		return err
	}
	maps.DeleteFunc(pressed, func(file string, _ []string) bool {
		return len(idle[file]) > 0 || slices.Contains(copied, filepath.ToSlash(filepath.Dir(file)))
	})
	rooms := map[string]int{}
	templates, inside := 0, 0
	for _, file := range slices.Sorted(maps.Keys(pressed)) {
		fmt.Printf("%4d  %s\n", len(pressed[file]), file)
		if *places {
			fmt.Printf("      %s\n", strings.Join(pressed[file], " "))
		}
		rooms[filepath.Dir(file)]++
		if simulated(file) {
			inside++
		}
		if strings.HasSuffix(file, ".templ") {
			templates++
		}
	}
	fmt.Println()
	for _, room := range slices.Sorted(maps.Keys(rooms)) {
		fmt.Printf("%4d  %s\n", rooms[room], room)
	}
	fmt.Printf("%4d  hand-written files, %d of them templates; %d of these are the simulated account\n", len(pressed), templates, inside)
	return nil
}

// build builds the program so that it counts what it executes.
func build(ctx context.Context, dir string) (string, error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("find Go: %w", err)
	}
	source, overlay := filepath.Join(dir, "signals.go"), filepath.Join(dir, "overlay.json")
	text, err := json.Marshal(map[string]any{
		"Replace": map[string]string{filepath.Join(strings.TrimSpace(string(root)), "src/time/tzdata/bench.go"): source},
	})
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "opsbook")
	if err := errors.Join(os.WriteFile(source, []byte(signals), 0o600), os.WriteFile(overlay, text, 0o600)); err != nil {
		return "", err
	}
	command := exec.CommandContext(ctx, "go", "build", "-cover", "-covermode=atomic", "-coverpkg="+module+"...",
		"-overlay="+overlay, "-o", program, "./cmd/server")
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return program, nil
}

// files are the hand-written files that a server executes within a time, with the lines of their blocks: with its second press, or
// with none.
func files(ctx context.Context, program, dir string, press bool) (map[string][]string, error) {
	books, counts := filepath.Join(dir, "runbooks"), filepath.Join(dir, fmt.Sprint("counts-", press))
	if err := errors.Join(os.MkdirAll(books, 0o700),
		os.WriteFile(filepath.Join(books, "bench.md"), []byte("# Bench\n\n## Look\n\n```bash\n"+*line+"\n```\n"), 0o600),
		os.WriteFile(filepath.Join(dir, "opsbook.yaml"), nil, 0o600)); err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, program, "serve", "--addr", "127.0.0.1:0", "--data", filepath.Join(dir, fmt.Sprint("data-", press)),
		"--runbooks", books, "--config", filepath.Join(dir, "opsbook.yaml"))
	command.Env = append(os.Environ(), "COVERAGE="+counts, "GOCOVERDIR="+dir)
	if *account {
		aws, err := process.Start(exec.CommandContext(ctx, program, "sandbox", "--listen", "127.0.0.1:0"))
		if err != nil {
			return nil, err
		}
		defer aws.Stop()
		command.Args = append(command.Args, "--account", "aws")
		command.Env = append(command.Env, "AWS_ENDPOINT_URL="+aws.Address, "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE",
			"AWS_SECRET_ACCESS_KEY=x", "AWS_REGION=eu-west-1", "AWS_CONFIG_FILE=/nowhere", "AWS_SHARED_CREDENTIALS_FILE=/nowhere")
	}
	server, err := process.Start(command)
	if err != nil {
		return nil, err
	}
	defer server.Stop()
	watching, stop := context.WithCancel(ctx)
	defer stop()
	if *watched {
		if err := watch(watching, server.Address); err != nil {
			return nil, err
		}
	}
	form := url.Values{"procedure": {"bench/look"}, "step": {"run"}}
	if form["step"][0], err = step(ctx, server.Address); err != nil {
		return nil, err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	browser := &http.Client{Jar: jar}
	named := maps.Clone(form)
	named["as"] = []string{"Bench"} // the journal says who pressed
	if err := process.Post(ctx, browser, server.Address+"/press", named); err != nil {
		return nil, err
	}
	time.Sleep(counted) // it has ended, and every reader was told
	if err := command.Process.Signal(syscall.SIGUSR1); err != nil {
		return nil, err
	}
	time.Sleep(counted / 10)
	if press {
		if err := process.Post(ctx, browser, server.Address+"/press", form); err != nil {
			return nil, err
		}
	}
	time.Sleep(counted)
	if err := command.Process.Signal(syscall.SIGUSR2); err != nil {
		return nil, err
	}
	for range 100 {
		if _, err := os.Stat(filepath.Join(counts, "done")); err == nil {
			return executed(ctx, counts)
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil, errors.New("the server did not write what it executed")
}

// watch opens the page's stream, as a browser does, until ctx ends.
func watch(ctx context.Context, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/stream?procedure=bench/look", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request) //nolint:bodyclose // its reader closes it
	if err != nil {
		return err
	}
	go func() {
		defer response.Body.Close()
		_, _ = io.Copy(io.Discard, response.Body) // until ctx ends
	}()
	return nil
}

// step is the identifier of the runbook's only step, as the page's form names it.
func step(ctx context.Context, address string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/procedures/bench/look", nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	_, rest, _ := strings.Cut(string(text), `name="step" value="`)
	id, _, ok := strings.Cut(rest, `"`)
	if !ok {
		return "", errors.Join(err, errors.New("the page has no form for the step"))
	}
	return id, err
}

// executed reads what was counted. A generated file counts as the template that it is made from, or not at all.
func executed(ctx context.Context, counts string) (map[string][]string, error) {
	profile := filepath.Join(counts, "profile")
	if out, err := exec.CommandContext(ctx, "go", "tool", "covdata", "textfmt", "-i="+counts, "-o="+profile).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("read what was executed: %w: %s", err, out)
	}
	file, err := os.Open(profile)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	out := map[string][]string{}
	scanner := bufio.NewScanner(file)
	for scanner.Scan() {
		name, rest, _ := strings.Cut(scanner.Text(), ".go:")
		if strings.HasSuffix(rest, " 0") || !strings.HasPrefix(name, module) || strings.Contains(name, "/store/database/") {
			continue
		}
		name = strings.TrimPrefix(name, module) + ".go"
		if template, ok := strings.CutSuffix(name, "_templ.go"); ok {
			name = template + ".templ"
		}
		place, _, _ := strings.Cut(rest, " ") // LINE.COLUMN,LINE.COLUMN
		from, to, _ := strings.Cut(place, ",")
		from, _, _ = strings.Cut(from, ".")
		to, _, _ = strings.Cut(to, ".")
		out[name] = append(out[name], from+"-"+to)
	}
	return out, scanner.Err()
}
