package runbook

import (
	"fmt"
	"strings"
	"testing"
)

// TestLinksByAnAllowList writes links of every scheme in every form of Markdown: only those of the list are links, the
// others are text that can be read, each with a finding at its line.
func TestLinksByAnAllowList(t *testing.T) {
	allowed := []string{
		"http://a.example/x", "https://a.example/?a=b&c=d#e", "HTTPS://a.example/", "mailto:a@b.example", "tel:+491234",
		"other.txt", "#heading",
		"/runs", "sub/x.txt?y=a:b", "./a:b", "//a.example/x", "?q=1:2",
	}
	refused := []string{
		"javascript:alert(1)", "JaVaScRiPt:alert(1)", "java&#115;cript:alert(1)", "javascript&colon;alert(1)", "&#106;avascript:alert(1)",
		"&#x6A;avascript:alert(1)", "java&Tab;script:alert(1)", "java&NewLine;script:alert(1)",
		"&#1;javascript:alert(1)", "data:text/html,x",
		"data:image/svg+xml,x", "vbscript:x", "feed:https://a.example/", "blob:https://a.example/1", "view-source:https://a.example/",
		"ms-settings:network", "file:///etc/passwd", "ftp://a.example/", "ssh://a.example", "chrome://settings", "x:y", "java\\script:x",
		"javascript\\:alert(1)", "java%73cript:x", "a.b+c-d:x", "&#8203;javascript:alert(1)", "intent://x",
		"about:blank", "ws://a.example/",
		"&#32;javascript:alert(1)",
	}
	forms := []string{
		"x [text](%s) y", "x [text](<%s>) y", "x [text][r] y\n\n[r]: %s", "x [text][] y\n\n[text]: <%s>",
		"* [text](%s)", "| a |\n| - |\n| [text](%s) |",
		"> [text](%s)", "x **[text](%s)** y", "x [^1] y\n\n[^1]: [text](%s)", "x [![text](a.png)](%s) y",
	}
	for _, form := range forms {
		for _, to := range append(append([]string{}, allowed...), refused...) {
			source := fmt.Sprintf("# Book\n\n## Work\n\nfirst line\n\n"+form+"\n\n```bash\n# Do\naws s3 ls\n```\n", to)
			book := readRunbook("a.md", []byte(source), Options{Analyser: fakeAnalyser{}})
			text := strings.ToLower(htmlOf(book))
			isLink := strings.Contains(text, "<a href=") && !strings.Contains(form, "[^1]") || strings.Count(text, "<a href=") > 2
			ok := strings.Contains(strings.Join(allowed, "\n")+"\n", to+"\n")
			if isLink != ok || !strings.Contains(text, "text") {
				t.Errorf("%q is a link: %v, in %s", fmt.Sprintf(form, to), isLink, text)
			}
			found := false
			for _, m := range book.findings {
				found = found || m.Rule == "link-scheme" && m.Line >= 7 && m.File == "a.md"
			}
			if found == ok {
				t.Errorf("%q has a finding: %v", fmt.Sprintf(form, to), found)
			}
		}
	}
	for source, want := range map[string]bool{
		"<https://a.example/>": true, "<a@b.example>": true, "https://a.example/": true, "<javascript:alert(1)>": false, "<feed:x>": false,
		"<FTP://a.example/>": false, "ftp://a.example/": false, "<ms-settings:x>": false,
	} {
		html := rendered(t, source, Options{})
		if strings.Contains(html, "<a href=") != want || !want && !strings.Contains(html, strings.Trim(source, "<>")) {
			t.Errorf("%s becomes %s", source, html)
		}
	}
}

// htmlOf is all that the pages of a runbook show.
func htmlOf(book *runbook) string {
	var out strings.Builder
	for _, c := range book.chapters {
		out.WriteString(c.About)
	}
	for _, p := range book.procedures {
		for _, c := range p.Content {
			out.WriteString(c.HTML)
		}
	}
	return out.String()
}

// rendered is a text as a page shows it.
func rendered(t *testing.T, source string, options Options) string {
	t.Helper()
	d := &docReader{file: "sub/a.md", options: options, anchors: map[string]string{}}
	d.source = []byte(source)
	links := linkCheck{d.file, options.ImageHosts}
	d.markdown = newMarkdown(links)
	return d.convert([]string{source})
}

// TestImagesByAnAllowList shows images of the folder and of the hosts that are named, and no others.
func TestImagesByAnAllowList(t *testing.T) {
	options := Options{ImageHosts: []string{"images.example.com", "other.example.com:8443"}, Image: func(name string) string {
		return "/pictures/" + name
	}}
	for to, want := range map[string]string{
		"a.png": "/pictures/sub/a.png", "../b.JPG": "/pictures/b.JPG", "/c.svg": "/pictures/c.svg", "d%20e.webp": "/pictures/sub/d e.webp",
		"f.gif?x=1#y":                      "/pictures/sub/f.gif",
		"https://images.example.com/a.png": "https://images.example.com/a.png",
		"https://other.example.com:8443/a": "https://other.example.com:8443/a",
		"HTTPS://IMAGES.EXAMPLE.COM/a.png": "HTTPS://IMAGES.EXAMPLE.COM/a.png",
		"http://images.example.com/a.png":  "", "https://other.example.com/a.png": "", "https://evil.example/a.png": "",
		"//images.example.com/a": "",
		"//evil.example/a.png":   "", "\\\\evil.example/a.png": "", "/\\evil.example/a.png": "", "data:image/png;base64,AAAA": "",
		"https://images.example.com.evil/a": "", "https://images.example.com@evil.example/a.png": "",
		"https://u:p@images.example.com/a.png": "",
		"../../out.png":                        "", "../../../etc/passwd": "", "a.html": "", "a.js": "", "a": "", "javascript:a.png": "",
		"%2e%2e/%2e%2e/a.png": "",
		"..%2f..%2fa.png":     "", "a%00.png": "", "blob:x.png": "", "https&colon;//evil.example/a.png": "",
	} {
		source := "# Book\n\n## Work\n\n![alt](<" + to + ">)\n\n```bash\n# Do\naws s3 ls\n```\n"
		book := readRunbook("sub/a.md", []byte(source), options)
		found := false
		for _, m := range book.findings {
			found = found || m.Rule == "image-source" && m.Line == 5
		}
		text := htmlOf(book)
		shown := strings.Contains(text, "<img ")
		if shown != (want != "") || found == shown || !strings.Contains(text, "alt") {
			t.Errorf("%s: shown %v, finding %v: %s", to, shown, found, text)
		}
		if shown && !strings.Contains(strings.ReplaceAll(text, "%20", " "), `src="`+want+`"`) {
			t.Errorf("%s is not %s: %s", to, want, text)
		}
	}
}
