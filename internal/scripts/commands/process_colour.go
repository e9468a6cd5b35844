package commands

import "io"

// uncoloured takes the sequences by which a terminal is told colours and the like (ECMA-48, CSI … and OSC …) out of what
// is written, across the pieces in which it comes.
type uncoloured struct {
	to    io.Writer
	state byte // 0, or the last byte that said how the sequence goes on: ESC, '[' or ']'
}

// ESC begins a sequence; BEL ends one that begins with ESC ].
const (
	escape = 0x1b
	bell   = 0x07
)

// Write implements io.Writer.
// It returns the length of p, whatever was taken out. A sequence may begin in one call and end in
// another.
func (u *uncoloured) Write(p []byte) (int, error) {
	out := make([]byte, 0, len(p))
	for _, b := range p {
		switch u.state {
		case escape:
			switch b {
			case '[', ']':
				u.state = b
			default: // a sequence of two
				u.state = 0
			}
		case '[':
			if b >= 0x40 && b <= 0x7e {
				u.state = 0
			}
		case ']':
			switch b {
			case bell:
				u.state = 0
			case escape: // its end, ESC \
				u.state = escape
			}
		default:
			if b == escape {
				u.state = escape
			} else {
				out = append(out, b)
			}
		}
	}
	if _, err := u.to.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}
