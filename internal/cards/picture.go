package cards

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

const (
	margin = 64
	band   = 112
)

// picture is one that is being drawn. The first error stays.
type picture struct {
	to    *image.RGBA
	font  *sfnt.Font
	faces map[int]font.Face // by their size
	err   error
}

func (p *picture) draw(c *Card) error {
	p.fill(0, 0, Width, Height, ground)
	shade, ok := bands[c.Colour]
	if !ok {
		shade = bands["grey"]
	}
	p.fill(0, 0, Width, band, shade)
	p.text(margin, 72, 40, onBand, "Opsbook")
	where := c.Environment
	if c.Account != "" {
		where += " · " + c.Account
	}
	where = p.fit(where, 36, Width-2*margin-240)
	p.text(Width-margin-p.measure(where, 36), 72, 36, onBand, where)

	title := c.Title
	if !p.has(title) {
		title = c.ID
	}
	y := 208
	for _, l := range p.wrap(title, 60, Width-2*margin, 2) {
		p.text(margin, y, 60, ink, l)
		y += 72
	}
	y += 8
	p.sign(c.Tone, margin+24, y-15)
	p.text(margin+68, y, 44, toneOf(c.Tone), p.fit(c.Word, 44, Width-2*margin-68))
	y += 58
	for _, l := range p.wrap(c.Sentence, 34, Width-2*margin, (500-y)/44+1) {
		p.text(margin, y, 34, inkTwo, l)
		y += 44
	}
	p.meter(c.Parts)
	p.text(margin, Height-32, 30, inkTwo, c.Progress)
	if !c.At.IsZero() {
		at := c.At.UTC().Format("2 Jan 2006 15:04 UTC")
		p.text(Width-margin-p.measure(at, 30), Height-32, 30, inkTwo, at)
	}
	return p.err
}

// meter is one segment a step. Height means severity: what is to go is low, what is red is high.
func (p *picture) meter(parts []string) {
	if len(parts) == 0 {
		return
	}
	gap := 6.0
	if len(parts) > 60 {
		gap = 1
	}
	wide := (float64(Width-2*margin) - gap*float64(len(parts)-1)) / float64(len(parts))
	for i, tone := range parts {
		from := margin + float64(i)*(wide+gap)
		shade, high := toneOf(tone), 20
		switch tone {
		case "none", "", "open":
			shade, high = line, 12
		case "fail":
			high = 32
		case "warn":
			high = 26
		}
		p.fill(int(from), 556-high, max(int(from+wide), int(from)+1), 556, shade)
	}
}

// sign is the shape of a tone: it says the same as the colour.
func (p *picture) sign(tone string, x, y int) {
	const r = 24
	at := func(dx, dy float64) [2]float64 { return [2]float64{float64(x) + dx, float64(y) + dy} }
	shade := toneOf(tone)
	switch tone {
	case "fail":
		p.fill(x-r, y-r, x+r, y+r, shade)
		p.stroke(onBand, at(-10, -10), at(10, 10))
		p.stroke(onBand, at(-10, 10), at(10, -10))
	case "pass":
		p.disc(x, y, r, shade)
		p.stroke(onBand, at(-11, 1), at(-3, 9), at(11, -8))
	case "warn":
		p.disc(x, y, r, shade)
		p.stroke(onBand, at(0, -13), at(0, 3))
		p.stroke(onBand, at(0, 10), at(0, 13))
	case "info":
		p.disc(x, y, r, shade)
		p.stroke(onBand, at(0, -3), at(0, 13))
		p.stroke(onBand, at(0, -13), at(0, -10))
	default:
		p.disc(x, y, r, shade)
		p.disc(x, y, r-5, ground)
		if tone == "run" {
			p.disc(x, y, r-14, shade)
		}
	}
}

func (p *picture) fill(left, top, right, bottom int, c color.Color) {
	draw.Draw(p.to, image.Rect(left, top, right, bottom), image.NewUniform(c), image.Point{}, draw.Src)
}

// path fills a polygon.
func (p *picture) path(c color.Color, points [][2]float64) {
	v := vector.NewRasterizer(Width, Height)
	for i, at := range points {
		if i == 0 {
			v.MoveTo(float32(at[0]), float32(at[1]))
		} else {
			v.LineTo(float32(at[0]), float32(at[1]))
		}
	}
	v.ClosePath()
	v.Draw(p.to, p.to.Bounds(), image.NewUniform(c), image.Point{})
}

func (p *picture) disc(x, y int, r float64, c color.Color) {
	const corners = 64
	points := make([][2]float64, corners)
	for i := range points {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / corners)
		points[i] = [2]float64{float64(x) + r*cos, float64(y) + r*sin}
	}
	p.path(c, points)
}

// stroke draws a line through points, 6 pixels wide.
func (p *picture) stroke(c color.Color, points ...[2]float64) {
	const half = 3
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		dx, dy := b[0]-a[0], b[1]-a[1]
		length := math.Hypot(dx, dy)
		nx, ny := -dy/length*half, dx/length*half
		p.path(c, [][2]float64{{a[0] + nx, a[1] + ny}, {b[0] + nx, b[1] + ny}, {b[0] - nx, b[1] - ny}, {a[0] - nx, a[1] - ny}})
		p.disc(int(b[0]), int(b[1]), half, c)
	}
}

func (p *picture) face(size int) font.Face {
	if face := p.faces[size]; face != nil {
		return face
	}
	face, err := opentype.NewFace(p.font, &opentype.FaceOptions{Size: float64(size), DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		p.err = err
		return nil
	}
	p.faces[size] = face
	return face
}

// text writes a line. Letters that the font does not have are dots.
func (p *picture) text(x, y, size int, c color.Color, text string) {
	face := p.face(size)
	if face == nil {
		return
	}
	d := font.Drawer{Dst: p.to, Src: image.NewUniform(c), Face: face, Dot: fixed.P(x, y)}
	d.DrawString(p.known(text))
}

func (p *picture) measure(text string, size int) int {
	face := p.face(size)
	if face == nil {
		return 0
	}
	return font.MeasureString(face, p.known(text)).Ceil()
}

func (p *picture) lacks(r rune) bool {
	i, err := p.font.GlyphIndex(nil, r)
	return err != nil || i == 0
}

// has reports whether the font has all letters of a text, and there is one.
func (p *picture) has(text string) bool {
	return strings.TrimSpace(text) != "" && !strings.ContainsFunc(text, p.lacks)
}

func (p *picture) known(text string) string {
	return strings.Map(func(r rune) rune {
		if p.lacks(r) {
			return '·'
		}
		return r
	}, text)
}

// fit is the beginning of a text that has room.
func (p *picture) fit(text string, size, room int) string {
	if p.measure(text, size) <= room {
		return text
	}
	letters := []rune(text)
	low, high := 0, len(letters)
	for low < high {
		middle := (low + high + 1) / 2
		if p.measure(string(letters[:middle])+"…", size) <= room {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return strings.TrimRight(string(letters[:low]), " ") + "…"
}

// longest bounds what is laid out of a text, in letters: no picture holds as much.
const longest = 600

// wrap divides a text into at most so many lines. The last one that has room says where more is left out.
func (p *picture) wrap(text string, size, room, most int) (lines []string) {
	if letters := []rune(text); len(letters) > longest {
		text = string(letters[:longest])
	}
	words := strings.Fields(text)
	for len(words) > 0 && len(lines) < most {
		n := 1
		for n < len(words) && p.measure(strings.Join(words[:n+1], " "), size) <= room {
			n++
		}
		if len(lines) == most-1 {
			n = len(words)
		}
		lines = append(lines, p.fit(strings.Join(words[:n], " "), size, room))
		words = words[n:]
	}
	return lines
}
