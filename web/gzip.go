package web

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// leastPacked is from how many bytes on a content is packed: less than a packet of TCP is not worth it.
const leastPacked = 1400

// packers are writers of gzip that are not in use. Level 5 packs a page of 60 kB in about a millisecond.
var packers = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(nil, 5)
	if err != nil {
		panic(err) // the level is one of gzip's
	}
	return w
}}

// takesGzip reports whether a client understands content that gzip has packed (RFC 9110, 12.5.3). A quality of 0 forbids it.
func takesGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, parameters, _ := strings.Cut(part, ";")
		if name = strings.TrimSpace(strings.ToLower(name)); name != "gzip" && name != "*" {
			continue
		}
		quality, given := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(parameters), " ", ""), "q=")
		if q, err := strconv.ParseFloat(quality, 64); !given || err == nil && q > 0 {
			return true
		}
	}
	return false
}

// ourOwn reports whether a request is from a page of this server, or from the person, by a typed address or a bookmark. Browsers tell
// where a request is from, redirects counted in, and no page can change it (W3C Fetch Metadata, 2.3). One that does not tell may be an
// old browser that another site has sent.
func ourOwn(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "same-origin" || site == "none"
}

// packed is what a page is answered with: packed, where the client takes that. What another site, be it a sibling of this one, has or may
// have asked for is not packed: how long it is would tell, bit by bit, what stands in it (BREACH, 2013).
func packed(w http.ResponseWriter, r *http.Request, content []byte) []byte {
	w.Header().Add("Vary", "Accept-Encoding")
	w.Header().Add("Vary", "Sec-Fetch-Site")
	if len(content) < leastPacked || !takesGzip(r) || !ourOwn(r) {
		return content
	}
	var b bytes.Buffer
	to := packers.Get().(*gzip.Writer) //nolint:forcetypeassert // the pool holds nothing else
	defer packers.Put(to)
	to.Reset(&b)
	if _, err := to.Write(content); err != nil || to.Close() != nil {
		return content // a buffer takes all
	}
	w.Header().Set("Content-Encoding", "gzip")
	return b.Bytes()
}

// pack packs a file once, as small as gzip can; nil where that is no smaller.
func pack(content []byte) ([]byte, error) {
	var b bytes.Buffer
	to, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := to.Write(content); err != nil {
		return nil, err
	}
	if err := to.Close(); err != nil || b.Len() >= len(content) {
		return nil, err
	}
	return b.Bytes(), nil
}
