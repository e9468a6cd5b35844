package terminal

import (
	"strconv"
	"strings"
)

type flags uint8

const (
	bold flags = 1 << iota
	dim
	italic
	under
	strike
	inverse
	shown // it is not printed, but shown
)

var flagClasses = []struct {
	flag  flags
	class string
}{{bold, "bold"}, {dim, "dim"}, {italic, "italic"}, {under, "under"}, {strike, "strike"}, {inverse, "inverse"}, {shown, "shown"}}

// class is the look as classes of css/terminal.css.
func (l *look) class() string {
	if l == nil || l.fg == 0 && l.bg == 0 && l.flags == 0 {
		if l == nil {
			return ""
		}
		return l.source
	}
	parts := make([]string, 0, 5)
	if l.source != "" {
		parts = append(parts, l.source)
	}
	parts = append(parts, "sgr")
	if l.fg > 0 {
		parts = append(parts, "fg"+strconv.Itoa(int(l.fg)-1))
	}
	if l.bg > 0 {
		parts = append(parts, "bg"+strconv.Itoa(int(l.bg)-1))
	}
	for _, f := range flagClasses {
		if l.flags&f.flag != 0 {
			parts = append(parts, f.class)
		}
	}
	return strings.Join(parts, " ")
}

// graphics follows the parameters of a sequence of graphic rendition (ECMA-48, SGR; 38 and 48 as ITU T.416 has them). What hides or
// blinks does not.
func (l look) graphics(parameters string) look {
	codes := strings.Split(parameters, ";")
	for i := 0; i < len(codes); i++ {
		n, sub, has := strings.Cut(codes[i], ":")
		code := number(n)
		if code != 38 && code != 48 {
			l = l.graphic(code, sub)
			continue
		}
		var colour uint8
		if has {
			colour = colourOf(strings.Split(sub, ":"))
		} else {
			rest := codes[i+1:]
			used := 0
			switch {
			case len(rest) >= 2 && rest[0] == "5":
				used = 2
			case len(rest) >= 4 && rest[0] == "2":
				used = 4
			}
			colour = colourOf(rest[:used])
			i += used
			if used == 0 {
				break // nobody knows where it ends
			}
		}
		if code == 38 {
			l.fg = colour
		} else {
			l.bg = colour
		}
	}
	return l
}

func (l look) graphic(code int, sub string) look {
	switch {
	case code == 0:
		return look{source: l.source, link: l.link}
	case code == 1:
		l.flags |= bold
	case code == 2:
		l.flags |= dim
	case code == 3:
		l.flags |= italic
	case code == 4 && sub == "0":
		l.flags &^= under
	case code == 4, code == 21:
		l.flags |= under
	case code == 7:
		l.flags |= inverse
	case code == 9:
		l.flags |= strike
	case code == 22:
		l.flags &^= bold | dim
	case code == 23:
		l.flags &^= italic
	case code == 24:
		l.flags &^= under
	case code == 27:
		l.flags &^= inverse
	case code == 29:
		l.flags &^= strike
	case code >= 30 && code <= 37:
		l.fg = uint8(code - 29)
	case code == 39:
		l.fg = 0
	case code >= 40 && code <= 47:
		l.bg = uint8(code - 39)
	case code == 49:
		l.bg = 0
	case code >= 90 && code <= 97:
		l.fg = uint8(code - 81)
	case code >= 100 && code <= 107:
		l.bg = uint8(code - 91)
	}
	return l
}

// number is a parameter; one that is missing is 0, and what is none, or no code, is -1.
func number(text string) int {
	if text == "" {
		return 0
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return -1
	}
	return int(n)
}

// colourOf is the nearest colour of the theme to "5;n" or "2;r;g;b"; 0 for what is none.
func colourOf(p []string) uint8 {
	switch {
	case len(p) == 2 && p[0] == "5":
		n := number(p[1])
		switch {
		case n < 0 || n > 255:
			return 0
		case n < 16:
			return uint8(n + 1)
		case n < 232:
			n -= 16
			return nearest(level(n/36), level(n/6%6), level(n%6))
		}
		grey := 8 + 10*(n-232)
		return nearest(grey, grey, grey)
	case len(p) >= 4 && p[0] == "2": // with colons a colour space may stand before them
		p = p[len(p)-3:]
		r, g, b := number(p[0]), number(p[1]), number(p[2])
		if min(r, g, b) < 0 || max(r, g, b) > 255 {
			return 0
		}
		return nearest(r, g, b)
	}
	return 0
}

// level is a level of the cube of 6 × 6 × 6 colours, as xterm has it.
func level(n int) int {
	if n == 0 {
		return 0
	}
	return 55 + 40*n
}

// nearest is the colour of the sixteen with the nearest hue: those of the theme can be read on its ground, which the exact one may not.
func nearest(r, g, b int) uint8 {
	high, low := max(r, g, b), min(r, g, b)
	if high-low < 40 {
		switch {
		case high < 64:
			return 1 // black
		case high < 144:
			return 9 // grey
		case high < 224:
			return 8 // light grey
		}
		return 16 // white
	}
	// The hue in sixths, from red.
	span := high - low
	var hue int // in hundredths of a sixth
	switch high {
	case r:
		hue = (600 + 100*(g-b)/span) % 600
	case g:
		hue = 200 + 100*(b-r)/span
	default:
		hue = 400 + 100*(r-g)/span
	}
	colour := []uint8{2, 4, 3, 7, 5, 6}[(hue+50)/100%6] // red, yellow, green, cyan, blue, magenta
	if high >= 200 {
		colour += 8
	}
	return colour
}
