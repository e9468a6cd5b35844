// Package cards draws the pictures that links show where they are pasted: what a procedure, a run or a step has come to. They hold no
// outputs.
package cards

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"sync"
	"time"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
)

// Width and Height are those of a picture, in pixels, as channels show them (Open Graph: 1.91 to 1).
const (
	Width  = 1200
	Height = 630
)

// kept bounds the pictures that are kept; one has some 20 kB.
const kept = 64

// Card is what a picture shows. Tones are the classes of the pages: "pass", "fail", "warn", "info", "run", "open", and "none".
type Card struct {
	Title       string
	ID          string // stands in place of a title of which the font does not have all letters
	Environment string
	Colour      string // of the environment: "grey", "red", "green", "blue", "amber"
	Account     string // in words
	Tone, Word  string // what it came to
	Sentence    string // why
	Parts       []string
	Progress    string    // "9 of 21 steps"
	At          time.Time // when that was; zero for never
}

// Digest is what the picture is kept by: it differs where the picture does.
func (c *Card) Digest() string {
	data, err := json.Marshal(c)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

// Drawer draws pictures, one at a time, and keeps the newest.
type Drawer struct {
	font func() (*sfnt.Font, error)

	mu    sync.Mutex
	known map[string][]byte // by digest
	order []string          // of known, the oldest first
}

// New returns a Drawer that has drawn nothing.
func New() *Drawer {
	return &Drawer{
		font:  sync.OnceValues(func() (*sfnt.Font, error) { return opentype.Parse(goregular.TTF) }),
		known: map[string][]byte{},
	}
}

// PNG is the picture of a card.
func (d *Drawer) PNG(c *Card) ([]byte, error) {
	digest := c.Digest()
	d.mu.Lock()
	defer d.mu.Unlock()
	if data, ok := d.known[digest]; ok {
		return data, nil
	}
	f, err := d.font()
	if err != nil {
		return nil, fmt.Errorf("read the font: %w", err)
	}
	p := &picture{to: image.NewRGBA(image.Rect(0, 0, Width, Height)), font: f, faces: map[int]font.Face{}}
	if err := p.draw(c); err != nil {
		return nil, fmt.Errorf("draw the picture of a link: %w", err)
	}
	var out bytes.Buffer
	if err := png.Encode(&out, p.to); err != nil {
		return nil, err
	}
	if len(d.order) == kept {
		delete(d.known, d.order[0])
		d.order = d.order[1:]
	}
	d.known[digest], d.order = out.Bytes(), append(d.order, digest)
	return out.Bytes(), nil
}

// The colours are those of the pages' light theme (web/static/css/tokens.css).
var (
	ground = color.RGBA{0xf6, 0xf7, 0xf9, 0xff}
	ink    = color.RGBA{0x16, 0x20, 0x2c, 0xff}
	inkTwo = color.RGBA{0x51, 0x60, 0x6f, 0xff}
	line   = color.RGBA{0xdf, 0xe3, 0xe8, 0xff}
	onBand = color.RGBA{0xff, 0xff, 0xff, 0xff}
	bands  = map[string]color.RGBA{
		"red": {0x8c, 0x1d, 0x5c, 0xff}, "green": {0x0b, 0x60, 0x66, 0xff}, "blue": {0x43, 0x38, 0xa0, 0xff},
		"amber": {0x7a, 0x43, 0x10, 0xff},
		"grey":  {0x46, 0x51, 0x5e, 0xff},
	}
	tones = map[string]color.RGBA{
		"pass": {0x16, 0x79, 0x4c, 0xff}, "fail": {0xb3, 0x26, 0x1e, 0xff}, "warn": {0x8a, 0x5a, 0x00, 0xff},
		"info": {0x1f, 0x5f, 0xd0, 0xff}, "run": {0x1f, 0x5f, 0xd0, 0xff},
	}
)

// toneOf is the colour of a tone; that of what nothing is known of is quiet.
func toneOf(tone string) color.RGBA {
	if c, ok := tones[tone]; ok {
		return c
	}
	return inkTwo
}
