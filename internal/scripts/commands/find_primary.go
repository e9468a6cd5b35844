package commands

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/posix"
)

// test is a test with a value.
func (f *finder) test(name, value string) (findTest, error) {
	always := func(*found) (bool, error) { return true, nil }
	switch name {
	case "-name", "-iname", "-path", "-wholename", "-ipath":
		return f.nameTest(name, value)
	case "-regex", "-iregex":
		re, err := posix.Compile(f.inv.Meter, posix.Options{IgnoreCase: name == "-iregex", Line: true}, value)
		return func(at *found) (bool, error) { return re.Match(at.name) }, err
	case "-type":
		kinds := strings.Split(value, ",")
		for _, k := range kinds {
			if len(k) != 1 || !strings.ContainsAny(k, "fdlbcps") {
				return nil, fmt.Errorf("Unknown argument to -type: %s", value)
			}
		}
		return func(at *found) (bool, error) {
			kind := "f"
			if at.info.IsDir() {
				kind = "d"
			}
			return slices.Contains(kinds, kind), nil
		}, nil
	case "-maxdepth", "-mindepth":
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("Expected a positive decimal integer argument to %s, but got ‘%s’", name, value)
		}
		if name == "-maxdepth" {
			f.max = min(n, maxTree)
		} else {
			f.min = n
		}
		return always, nil
	case "-newer":
		if f.dry {
			return always, nil
		}
		info, err := f.inv.Files.Stat(value)
		if err != nil {
			return nil, fmt.Errorf("‘%s’: %s", value, fileError(err))
		}
		return func(at *found) (bool, error) { return at.info.ModTime().After(info.ModTime()), nil }, nil
	case "-perm":
		return permTest(value)
	case "-mtime", "-mmin":
		unit := 24 * time.Hour
		if name == "-mmin" {
			unit = time.Minute
		}
		return numberTest(name, value, func(at *found) int64 {
			age := f.now.Sub(at.info.ModTime())
			if name == "-mmin" && age > 0 {
				age += unit - 1
			}
			return int64(age / unit)
		})
	case "-size":
		unit := int64(512)
		if n := len(value); n > 0 {
			if u, ok := map[byte]int64{'c': 1, 'w': 2, 'b': 512, 'k': 1 << 10, 'M': 1 << 20, 'G': 1 << 30}[value[n-1]]; ok {
				value, unit = value[:n-1], u
			}
		}
		return numberTest(name, value, func(at *found) int64 { return (at.info.Size() + unit - 1) / unit })
	case "-printf":
		f.acts = true
		return func(at *found) (bool, error) {
			text, err := f.format(value, at)
			if err != nil {
				return false, err
			}
			return true, write(f.inv.Stdout, []byte(text))
		}, f.checkFormat(value)
	}
	return nil, missing(name, "")
}

// numberTest compares with N, +N (more) or -N (less).
func numberTest(name, value string, of func(*found) int64) (findTest, error) {
	digits := strings.TrimLeft(value, "+-")
	n, err := strconv.ParseInt(digits, 10, 62)
	if err != nil || len(value)-len(digits) > 1 {
		return nil, fmt.Errorf("invalid argument `%s' to `%s'", value, name)
	}
	return func(at *found) (bool, error) {
		got := of(at)
		switch value[0] {
		case '+':
			return got > n, nil
		case '-':
			return got < n, nil
		}
		return got == n, nil
	}, nil
}

func (f *finder) nameTest(name, pattern string) (findTest, error) {
	re, err := globRegexp(f.inv, pattern, strings.HasPrefix(name, "-i"))
	return func(at *found) (bool, error) {
		if strings.HasSuffix(name, "name") && name != "-wholename" {
			return re.Match(path.Base(at.name))
		}
		return re.Match(at.name)
	}, err
}

// globRegexp is a pattern of the shell as an expression. A slash is a character as any other.
func globRegexp(inv *procedures.Invocation, pattern string, fold bool) (*posix.Regexp, error) {
	var out strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; c {
		case '*':
			out.WriteString(".*")
		case '?':
			out.WriteString(".")
		case '[':
			text := pattern[i:]
			if len(text) > 1 && text[1] == '!' {
				text = "[^" + text[2:]
			}
			end := bracketEnd(text, 0)
			if !strings.HasSuffix(text[:end], "]") || end < 3 {
				out.WriteString(`\[`)
				continue
			}
			out.WriteString(text[:end])
			i += end - 1
		case '\\':
			if i+1 < len(pattern) {
				i++
			}
			out.WriteString(`[` + pattern[i:i+1] + `]`)
		default:
			if strings.IndexByte(`.^$+(){}|`, c) >= 0 {
				out.WriteByte('\\')
			}
			out.WriteByte(c)
		}
	}
	return posix.Compile(inv.Meter, posix.Options{Syntax: posix.Extended, IgnoreCase: fold, Line: true}, out.String())
}

// execAction is -exec LINE ; or -exec LINE {} +.
func (f *finder) execAction() (findTest, error) {
	f.acts = true
	from := f.i
	for f.i < len(f.words) && f.words[f.i] != ";" && !(f.words[f.i] == "+" && f.i > from && f.words[f.i-1] == "{}") {
		f.i++
	}
	if f.i >= len(f.words) || f.i == from {
		return nil, errors.New("missing argument to `-exec'")
	}
	words, end := f.words[from:f.i], f.words[f.i]
	f.i++
	if end == "+" {
		b := &findBatch{from: from + 1, words: words[:len(words)-1]}
		f.batches = append(f.batches, b)
		return func(at *found) (bool, error) {
			b.files = append(b.files, at.name)
			return true, f.inv.Meter.Charge(int64(len(at.name)) + 64)
		}, nil
	}
	return func(at *found) (bool, error) {
		line := slices.Clone(words)
		for i := range line {
			line[i] = strings.ReplaceAll(line[i], "{}", at.name)
		}
		return f.exec(from+1, line, nil), f.ctx.Err()
	}, nil
}

func (f *finder) exec(from int, line, files []string) bool {
	return f.inv.Exec(f.ctx, procedures.InnerLine{
		Args: append(slices.Clone(line), files...), From: from, Own: len(line), Stdout: f.inv.Stdout, Stderr: f.inv.Stderr,
	}) == 0
}

// bracketEnd returns the index behind the bracket expression that begins at i.
// A ] right behind [ or [^ is a member, and so is everything in [:class:].
func bracketEnd(pattern string, i int) int {
	j := i + 1
	if j < len(pattern) && pattern[j] == '^' {
		j++
	}
	if j < len(pattern) && pattern[j] == ']' {
		j++
	}
	for j < len(pattern) && pattern[j] != ']' {
		if strings.HasPrefix(pattern[j:], "[:") {
			if end := strings.Index(pattern[j:], ":]"); end > 0 {
				j += end + 1
			}
		}
		j++
	}
	return min(j+1, len(pattern))
}

// permTest is -perm MODE, which files have exactly, -MODE, of which they have all bits, and /MODE, of which they have any.
func permTest(value string) (findTest, error) {
	text := strings.TrimLeft(value, "-/")
	mode, ok := changedMode(0, text)
	if !ok || len(value)-len(text) > 1 {
		return nil, fmt.Errorf("invalid mode ‘%s’", value)
	}
	return func(at *found) (bool, error) {
		has := at.info.Mode().Perm()
		switch value[0] {
		case '-':
			return has&mode == mode, nil
		case '/':
			return has&mode != 0 || mode == 0, nil
		}
		return has == mode, nil
	}, nil
}
