package runbook

import (
	"strings"
	"testing"
)

// TestHTMLIsRead shows what HTML of each kind becomes. A text behind "->" that is empty means that nothing is shown.
func TestHTMLIsRead(t *testing.T) {
	for source, want := range map[string]string{
		"<p align=\"center\">Call <b>Ada</b> <br> at <a href=\"tel:+4912\">+49 12</a></p>": `<p>Call <strong>Ada</strong> <` +
			`br> at <a href="tel:+4912">+49 12</a></p>`,
		"<table border=1><tr><th>Who<th>What<tr><td colspan=2>Ada</table>": `<table><tr><th>Who</th><th>What</th></tr>` +
			`<tr><td colspan="2">Ada</td></tr></table>`,
		"<table>\n<tr>\n<td>\n\n`aws s3 ls`\n\n</td>\n</tr>\n</table>": `<table><tr><td><p><code class="command">aws s3 ls<` +
			`/code></p></td></tr></table>`,
		"<details><summary>Logs</summary>\n\n**bold** text\n\n</details>\n\nafter": "<details><summary>Logs</summary><p><st" +
			"rong>bold</strong> text</p></details>" +
			"<p>after</p>",
		"<details><summary>Logs</summary>\n\ntext\n\nnever closed": "<details><summary>Logs</summary><p>text</p><p>never cl" +
			"osed</p></details>",
		"<details>\n<summary>Logs</summary>\n\ntext\n\n## Next\n\nafter\n\n</details>": "<details><summary>Logs</summary><p" +
			">text</p></details>" +
			"<h2>Next</h2><p>after</p>",
		"> <details><summary>a</summary>\n>\n> b\n\nafter": "<blockquote><details><summary>a</summary><p>b</p>" +
			"</details></blockquote><p>after</p>",
		"<ul><li>one<li>two <kbd>Ctrl</kbd></ul>":    "<ul><li>one</li><li>two <kbd>Ctrl</kbd></li></ul>",
		"<ol start=3><li>one<ol><li>inner</ol></ol>": `<ol start="3"><li>one<ol><li>inner</li></ol></li></ol>`,
		"<h3>Title <code>x</code></h3>text":          "<h3>Title <code>x</code></h3><p>text</p>",
		"<dl><dt>Term<dd>What it is</dl>":            "<dl><dt>Term</dt><dd>What it is</dd></dl>",
		"Replace <cluster-name> and <your value>": "<p>Replace &lt;cluster-name&gt; and &lt;your valu" +
			"e&gt;</p>",
		"<cluster-name>\n**bold**":                                      "<p>&lt;cluster-name&gt;<strong>bold</strong></p>",
		"a<sub>1</sub> x<sup>2</sup> &lt;b&gt; &copy;":                  "<p>a<sub>1</sub> x<sup>2</sup> &lt;b&gt; ©</p>",
		"<p>&lt;b&gt; &copy; \\* *</p>":                                 `<p>&lt;b&gt; © \* *</p>`,
		"<a name=\"top\"></a>text":                                      `<p><span id="doc-top"></span>text</p>`,
		"<img src=\"/a.png\" alt=\"The map\" onclick=x>":                `<p><img src="/a.png" alt="The map"></p>`,
		"<img src=\"https://b.example/a.png\" alt=\"Badge\">":           `<p><a href="https://b.example/a.png">Badge</a></p>`,
		"<iframe src=\"https://b.example/v\" title=\"Video\"></iframe>": `<p><a href="https://b.example/v">Video</a></p>`,
		"<!-- a comment -->":                                            "",
		"<script>alert(1)</script>":                                     "",
		"<div>\n<p>a</p>\n<div>b</div>\nc":                              "<p>a</p><p>b</p><p>c</p>",
		"text <b>bold *and* more":                                       "<p>text <strong>bold <em>and</em> more</strong></p>",
		"text </b> and </div> more":                                     "<p>text and more</p>",
		"<pre>a &lt; b\n\n  c</pre>": `<pre class="chroma" tabindex="0"><code>a &lt; b c` +
			`</code></pre>`,
	} {
		got := strings.NewReplacer("\n", "", "  ", " ").Replace(rendered(t, source, Options{}))
		want = strings.NewReplacer("  ", " ", "</div>", "").Replace(want)
		got = strings.NewReplacer(" </p>", "</p>", " </strong></p>", "</strong></p>").Replace(got)
		if got != want {
			t.Errorf("%q becomes\n%s\nand not\n%s", source, got, want)
		}
	}
}

// TestCodeOfHTML runs what HTML marks as code: a step with the text as it is meant and the line where it stands.
func TestCodeOfHTML(t *testing.T) {
	for source, line := range map[string]int{
		"<pre><code class=\"language-bash\">aws s3 ls &amp;&amp; echo &quot;x&quot;\n</code></pre>":                       5,
		"<pre>\n$ aws s3 ls && echo \"x\"\n</pre>":                                                                        6,
		"<div class=\"highlight\"><pre>\n\n<span>aws</span> s3 ls &amp;&amp; echo \"x\"\n</pre></div>":                    7,
		"<details><summary>How</summary>\n<pre lang=\"sh\">aws s3 ls && echo \"x\"</pre>\n</details>":                     6,
		"<details><summary>How</summary>\n\n```bash\naws s3 ls && echo \"x\"\n```\n\n</details>":                          8,
		"<details><summary>How</summary>\n```bash\naws s3 ls && echo \"x\"\n```\n</details>":                              7,
		"<details><summary>How</summary>\n<table><tr><td>\n\n```bash\naws s3 ls && echo \"x\"\n```\n</td></tr></table>\n": 9,
	} {
		book := readRunbook("a.md", []byte("# A book\n\n## Work\n\n"+source+"\n\nThe end.\n"), Options{Analyser: fakeAnalyser{}})
		var steps []string
		for _, p := range book.procedures {
			for _, s := range p.Steps {
				steps = append(steps, strings.TrimSpace(s.Script.Text))
				if s.Line != line {
					t.Errorf("%q is on line %d", source, s.Line)
				}
				if strings.Contains(source, "How") && !strings.HasSuffix(s.Title, "How") && s.Group != "How" {
					t.Errorf("%q has the title %q and the group %q", source, s.Title, s.Group)
				}
			}
		}
		if len(steps) != 1 || steps[0] != `aws s3 ls && echo "x"` || !strings.Contains(htmlOf(book), "The end.") {
			t.Errorf("%q has the steps %q: %s", source, steps, htmlOf(book))
		}
	}
}
