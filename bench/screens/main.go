// Command screens draws the portal's pages and states in Chromium at four widths and in both themes, to be looked at.
//
//	go run ./bench/screens [-out FOLDER] [-only WORD] [-widths 1440,390] [-program opsbook]
//
// It writes one PNG a state, width and theme, and fails where a page is wider than its window.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/opsbook/opsbook/bench/process"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "screens:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	out := flag.String("out", "screens", "the folder that the pictures go to")
	only := flag.String("only", "", "only states whose name has this in it")
	widths := flag.String("widths", "1440,820,390,320", "widths of the window, in px")
	program := flag.String("program", "", "the program; empty to build it")
	flag.Parse()
	dir, err := os.MkdirTemp("", "opsbook-screens-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if *program == "" {
		*program = filepath.Join(dir, "opsbook")
		if said, err := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", *program, "./cmd/server").CombinedOutput(); err != nil {
			return fmt.Errorf("build: %w: %s", err, said)
		}
	}
	if err := errors.Join(write(dir), os.MkdirAll(*out, 0o750)); err != nil {
		return err
	}
	server, err := process.Start(exec.CommandContext(ctx, *program, "serve", "--addr", "127.0.0.1:0", "--data", filepath.Join(dir, "data"),
		"--runbooks", filepath.Join(dir, "runbooks"), "--config", filepath.Join(dir, "opsbook.yaml")))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	s := &screens{address: server.Address, out: *out}
	for text := range strings.SplitSeq(*widths, ",") {
		width, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return err
		}
		s.widths = append(s.widths, width)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU)
	allocator, cancel := chromedp.NewExecAllocator(ctx, options...)
	defer cancel()
	s.ctx, cancel = chromedp.NewContext(allocator)
	defer cancel()
	if err := s.name("oncall"); err != nil {
		return err
	}
	for _, state := range states {
		if *only != "" && !strings.Contains(state.name, *only) && !state.always {
			continue
		}
		if err := s.reach(state); err != nil {
			return fmt.Errorf("%s: %w", state.name, err)
		}
		if *only == "" || strings.Contains(state.name, *only) {
			if err := s.draw(state); err != nil {
				return fmt.Errorf("%s: %w", state.name, err)
			}
		}
	}
	fmt.Printf("%d pictures in %s\n", s.drawn, *out)
	if len(s.wide) > 0 {
		return fmt.Errorf("wider than the window:\n%s", strings.Join(s.wide, "\n"))
	}
	return nil
}

// screens is a browser that goes through the states.
type screens struct {
	ctx     context.Context //nolint:containedctx // it is the browser
	address string
	out     string
	widths  []int64
	drawn   int
	wide    []string // what is wider than its window
}

// name says who looks, so that no press asks for it.
func (s *screens) name(name string) error {
	say := fmt.Sprintf("fetch('/preferences', {method: 'POST', body: new URLSearchParams({name: %q, back: '/healthz'})})"+
		".then(r => r.ok)", name)
	if err := chromedp.Do(s.ctx, chromedp.Navigate(s.address+"/runs")); err != nil {
		return err
	}
	ok, err := chromedp.Run(s.ctx, chromedp.Evaluate[bool](say, chromedp.EvalAwaitPromise))
	if err == nil && !ok {
		err = errors.New("the page took no name")
	}
	return err
}

// patience is how long a state may take until it is there.
const patience = 30 * time.Second

// reach brings the product into a state.
func (s *screens) reach(state state) error {
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1440, 1000), chromedp.Navigate(s.address+state.path),
		chromedp.WaitReady(chromedp.CSS("#main"))); err != nil {
		return err
	}
	for _, act := range state.acts {
		if err := act(ctx); err != nil {
			return err
		}
	}
	return nil
}

// draw draws the page as it stands, at every width in both themes.
func (s *screens) draw(state state) error {
	for _, theme := range []string{"light", "dark"} {
		if _, err := chromedp.Call(s.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}},
		}); err != nil {
			return err
		}
		for _, width := range s.widths {
			height := int64(1000)
			if width < 500 {
				height = 844
			}
			if err := chromedp.Do(s.ctx, chromedp.EmulateViewport(width, height)); err != nil {
				return err
			}
			time.Sleep(250 * time.Millisecond) // transitions end
			over, err := chromedp.Run(s.ctx, chromedp.Evaluate[int](`document.documentElement.scrollWidth - innerWidth`))
			if err != nil {
				return err
			}
			if over > 0 {
				s.wide = append(s.wide, fmt.Sprintf("%s at %d px: by %d px", state.name, width, over))
			}
			shot, err := chromedp.Call(s.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{})
			if err != nil {
				return err
			}
			name := fmt.Sprintf("%s-%d-%s.png", state.name, width, theme)
			if err := os.WriteFile(filepath.Join(s.out, name), shot.Data, 0o600); err != nil {
				return err
			}
			s.drawn++
		}
	}
	return nil
}
