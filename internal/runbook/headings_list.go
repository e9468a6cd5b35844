package runbook

// Heading is a heading of a runbook with all that stands under it.
type Heading struct {
	Address string // see [procedures.Section]
	Level   int
	Text    string // as the file has it, without the heading's own line
}

// Address is the part of addresses that a runbook's path makes: the identifier of its document.
func Address(file string) string { return fileID(file) }

// Headings are the headings of a runbook's text, but for the title, in their order.
func Headings(file, text string) []Heading {
	d := newDocReader(file, []byte(text), Options{})
	tree := d.parse()
	d.collectValues(tree)
	d.cutSections(tree)
	d.nameSections()
	var out []Heading
	for i, s := range d.sections {
		if s.node == nil || s.id == fileID(file) {
			continue
		}
		end := s.end
		for _, below := range d.sections[i+1:] {
			if below.level <= s.level {
				break
			}
			end = below.end
		}
		body := string(d.source[min(s.offset, len(d.source)):end])
		for j, c := range body {
			if c == '\n' {
				body = body[j+1:]
				break
			}
		}
		out = append(out, Heading{Address: s.id, Level: s.level, Text: body})
	}
	return out
}
