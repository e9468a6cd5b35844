package cards

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"strings"
	"testing"
	"time"
)

func example() *Card {
	return &Card{
		Title: "Morning health check", ID: "health/morning", Environment: "production", Colour: "red", Account: "1234 5678 9012",
		Tone: "fail", Word: "failed at step 7", Sentence: "37 errors in the last 5 minutes; at most 5 are expected.",
		Parts: []string{"pass", "pass", "info", "warn", "fail", "none", ""}, Progress: "5 of 7 steps",
		At: time.Date(2026, 11, 30, 8, 12, 0, 0, time.UTC),
	}
}

func drawn(t *testing.T, d *Drawer, c *Card) image.Image {
	t.Helper()
	data, err := d.PNG(c)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if picture.Bounds() != image.Rect(0, 0, Width, Height) || len(data) > 100<<10 {
		t.Errorf("a picture of %v and %d bytes", picture.Bounds(), len(data))
	}
	return picture
}

// count is how many pixels of a part have a colour.
func count(p image.Image, in image.Rectangle, want color.RGBA) (n int) {
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for x := in.Min.X; x < in.Max.X; x++ {
			if color.RGBAModel.Convert(p.At(x, y)) == want {
				n++
			}
		}
	}
	return n
}

// TestAPictureShowsWhatItIsOf looks for the colour of the environment, of the verdict, and of each segment of the meter.
func TestAPictureShowsWhatItIsOf(t *testing.T) {
	t.Parallel()
	d := New()
	c := example()
	p := drawn(t, d, c)
	if file := os.Getenv("OPSBOOK_CARD"); file != "" { // to be looked at
		data, _ := d.PNG(c)
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if n := count(p, image.Rect(0, 0, Width, band), bands["red"]); n < Width*band*8/10 {
		t.Errorf("the band has %d pixels of its colour", n)
	}
	meter := image.Rect(0, 510, Width, 560)
	for tone, most := range map[string]int{"pass": 20, "info": 20, "warn": 26, "fail": 32} {
		if n := count(p, meter, tones[tone]); n < 100*most {
			t.Errorf("the meter has %d pixels of %s", n, tone)
		}
	}
	if n := count(p, image.Rect(margin, 200, margin+60, 360), tones["fail"]); n < 1000 {
		t.Errorf("the sign of the verdict has %d pixels", n)
	}
	words := image.Rect(margin, 130, Width-margin, 500)
	with := count(p, words, ground)
	c.Sentence = ""
	if without := count(drawn(t, d, c), words, ground); without <= with {
		t.Error("the sentence is not there")
	}
}

// TestLettersThatTheFontLacks draws titles of other scripts: the identifier stands there.
func TestLettersThatTheFontLacks(t *testing.T) {
	t.Parallel()
	d := New()
	c, other := example(), example()
	c.Title, other.Title = "\u65e5\u672c\u8a9e", c.ID
	one, err := d.PNG(c)
	if err != nil {
		t.Fatal(err)
	}
	two, err := d.PNG(other)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one, two) || c.Digest() == other.Digest() {
		t.Error("a title whose letters are not there is not the identifier")
	}
	c.Sentence, c.Word, c.Environment = strings.Repeat("\u65e5 ", 2000), strings.Repeat("x", 3000), strings.Repeat("\u202e", 100)
	c.Parts = make([]string, 5000)
	drawn(t, d, c)
}

func TestPicturesAreKeptAndBounded(t *testing.T) {
	t.Parallel()
	d := New()
	c := example()
	for i := range kept + 10 {
		c.At = c.At.Add(time.Duration(i+1) * time.Minute)
		if _, err := d.PNG(c); err != nil {
			t.Fatal(err)
		}
	}
	if len(d.known) != kept || len(d.order) != kept {
		t.Errorf("%d pictures are kept", len(d.known))
	}
	if _, ok := d.known[c.Digest()]; !ok {
		t.Error("the newest is not kept")
	}
}
