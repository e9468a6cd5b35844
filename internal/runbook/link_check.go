package runbook

import (
	"bytes"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"github.com/opsbook/opsbook/internal/procedures"
)

// linkSchemes are the schemes that a link may have; without one it is relative. Whatever else there is, and whatever a
// browser or a system will know, opens something that a reader of a runbook does not expect.
var linkSchemes = []string{"http", "https", "mailto", "tel"}

// pictureTypes are the endings of files that are shown as images.
var pictureTypes = []string{".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg"}

// linkCheck makes text of links and images that are not allowed. It is a transformer, so that all kinds of links pass
// it: inline, by reference, and addresses that stand for themselves.
type linkCheck struct {
	file       string   // of the document, in the folder
	imageHosts []string // from which images may be shown
}

// refusedLink is a link or an image that was made text.
type refusedLink struct {
	offset            int // in the source
	rule, destination string
}

// refusedLinks is where a parser's context keeps them.
var refusedLinks = parser.NewContextKey()

// Transform implements parser.ASTTransformer.
func (c linkCheck) Transform(doc *ast.Document, reader text.Reader, pc parser.Context) {
	source := reader.Source()
	var nodes []ast.Node
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n.(type) {
		case *ast.Link, *ast.Image, *ast.AutoLink:
			if entering {
				nodes = append(nodes, n)
			}
		}
		return ast.WalkContinue, nil
	})
	var refused []refusedLink
	for _, n := range slices.Backward(nodes) { // an image may be in a link
		var raw []byte
		rule := "link-scheme"
		switch n := n.(type) {
		case *ast.Link:
			raw = n.Destination
			if !n.HasChildren() && len(raw) > 0 { // Sphinx and MyST write the title of the page there
				n.AppendChild(n, plainText(resolved(raw)))
			}
		case *ast.Image:
			raw, rule = n.Destination, "image-source"
		case *ast.AutoLink:
			raw = n.URL(source)
		}
		destination := resolved(raw)
		if _, is := n.(*ast.Image); is && c.shows(destination) || !is && mayLink(destination) {
			continue
		}
		refused = append(refused, refusedLink{offset: offsetOf(n, raw, source), rule: rule, destination: printable(destination)})
		replace(n, raw, destination, source)
	}
	if len(refused) > 0 {
		slices.Reverse(refused)
		pc.Set(refusedLinks, refused)
	}
}

// resolved is a destination as the renderer writes it into the page, and a browser reads it.
func resolved(raw []byte) string {
	v := util.UnescapePunctuations(raw)
	v = util.ResolveNumericReferences(v)
	return string(util.ResolveEntityNames(v))
}

// scheme is what stands before the first colon of an address, in lower case; ok is false for a relative one.
func scheme(destination string) (name string, ok bool) {
	at := strings.IndexAny(destination, ":/?#\\")
	if at < 0 || destination[at] != ':' {
		return "", false
	}
	return strings.ToLower(destination[:at]), true
}

// mayLink reports whether an address is one that a link may have. Browsers leave control characters in addresses out, and
// spaces before them: one that has any is not judged by what is left. A backslash is a slash to them.
func mayLink(destination string) bool {
	if strings.ContainsFunc(destination, unicode.IsControl) || strings.TrimSpace(destination) != destination ||
		strings.Contains(destination, "\\") ||
		strings.ContainsFunc(destination, func(r rune) bool { return unicode.Is(unicode.Cf, r) }) {
		return false
	}
	name, has := scheme(destination)
	return !has || slices.Contains(linkSchemes, name)
}

// shows reports whether an image may be shown: a file of the folder, or one of a host that the configuration names.
func (c linkCheck) shows(destination string) bool {
	if !mayLink(destination) {
		return false
	}
	if name, has := scheme(destination); has || strings.HasPrefix(destination, "//") {
		u, err := url.Parse(destination)
		return err == nil && name == "https" && slices.Contains(c.imageHosts, strings.ToLower(u.Host)) && u.User == nil
	}
	_, ok := c.picture(destination)
	return ok
}

// picture is the file of the folder that an image names.
func (c linkCheck) picture(destination string) (name string, ok bool) {
	plain, _, _ := strings.Cut(destination, "#")
	plain, _, _ = strings.Cut(plain, "?")
	plain, err := url.PathUnescape(plain)
	if err != nil || plain == "" {
		return "", false
	}
	if strings.HasPrefix(plain, "/") {
		name = path.Clean(strings.TrimPrefix(plain, "/"))
	} else {
		name = path.Join(path.Dir(c.file), plain)
	}
	outside := name == ".." || strings.HasPrefix(name, "../") || strings.ContainsRune(name, 0)
	return name, !outside && slices.Contains(pictureTypes, strings.ToLower(path.Ext(name)))
}

// replace puts the text of a link or image in its place, with the address behind it. An image whose address a link may
// have becomes that link.
func replace(n ast.Node, raw []byte, destination string, source []byte) {
	parent := n.Parent()
	into := parent
	if _, is := n.(*ast.Image); is && mayLink(destination) && inLink(n) == nil {
		link := ast.NewLink()
		link.Destination = raw
		parent.InsertBefore(parent, n, link)
		into = link
	}
	shown := ast.NewString([]byte(" (" + printable(destination) + ")"))
	if auto, is := n.(*ast.AutoLink); is {
		shown = ast.NewString([]byte(printable(string(auto.Label(source)))))
	}
	shown.SetRaw(true)
	for child := n.FirstChild(); child != nil; {
		next := child.NextSibling()
		if into == parent {
			parent.InsertBefore(parent, n, child)
		} else {
			into.AppendChild(into, child)
		}
		child = next
	}
	if into == parent {
		parent.InsertBefore(parent, n, shown)
	} else if !into.HasChildren() {
		into.AppendChild(into, shown)
	}
	parent.RemoveChild(parent, n)
}

// inLink is the link that a node is in; nil for none.
func inLink(n ast.Node) ast.Node {
	for up := n.Parent(); up != nil; up = up.Parent() {
		if up.Kind() == ast.KindLink {
			return up
		}
	}
	return nil
}

// printable is an address in which nothing hides.
func printable(destination string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return unicode.ReplacementChar
		}
		return r
	}, destination)
}

// offsetOf is where the destination of an inline node stands, else where its paragraph begins.
func offsetOf(n ast.Node, raw, source []byte) int {
	for up := n.Parent(); up != nil; up = up.Parent() {
		if up.Type() != ast.TypeBlock || up.Lines() == nil || up.Lines().Len() == 0 {
			continue
		}
		start, end := up.Lines().At(0).Start, up.Lines().At(up.Lines().Len()-1).Stop
		if at := bytes.Index(source[start:end], raw); at >= 0 && len(raw) > 0 {
			return start + at
		}
		return start
	}
	return 0
}

// findLinks makes findings of what was made text.
func (d *docReader) findLinks(refused []refusedLink) {
	for _, r := range refused {
		severity := procedures.SeverityWarning
		message := "this link is shown as text: " + r.destination + "; a link is relative, or begins with http:, https:, mailto: or tel:"
		if _, remote := scheme(r.destination); r.rule == "image-source" && remote && mayLink(r.destination) {
			severity = procedures.SeverityNote // a page that asks nobody else is ours to choose
			message = "this image is a link here: " + r.destination +
				"; image_hosts of the configuration names the hosts whose images are shown"
		} else if r.rule == "image-source" {
			message = "this image is not shown: " + r.destination +
				"; an image is a PNG, JPEG, GIF, WebP, AVIF or SVG file of the runbooks' folder, " +
				"or comes by https: from a host that image_hosts of the configuration names"
		}
		line := d.lineOf(r.offset)
		d.findings = append(d.findings, procedures.Finding{
			File: d.file, Line: line, Column: r.offset - d.lineStarts[max(0, line-1)] + 1, Severity: severity,
			Rule: r.rule, Message: message,
		})
	}
}
