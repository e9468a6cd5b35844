package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/opsbook/opsbook/internal/procedures"
)

//go:embed static
var staticFiles embed.FS

// assets are the static files by name. The style sheets in css/ are served as one, layers.css before the others, so that
// the order of their names decides nothing; so are the scripts in htmx/, in the order of their names: htmx begins by itself,
// and misses an extension that comes later.
type assets struct {
	files   map[string][]byte
	packed  map[string][]byte // by gzip, once; those that it makes no smaller are left out
	version string            // of all of them, for their addresses
}

// readAssets are the files, joined and packed once, at the start.
var readAssets = sync.OnceValues(joinAssets)

// joinAssets joins the files; their version is in the addresses, so that browsers keep them for good.
func joinAssets() (assets, error) {
	a := assets{files: map[string][]byte{}, packed: map[string][]byte{}}
	hash := sha256.New()
	err := fs.WalkDir(staticFiles, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := staticFiles.ReadFile(name)
		if err != nil {
			return err
		}
		hash.Write(data)
		switch joined := map[string]string{"static/css/.css": "opsbook.css",
			"static/htmx/.js": "htmx.js"}[path.Dir(name)+"/"+path.Ext(name)]; {
		case path.Base(name) == "layers.css":
			a.files[joined] = append(append(data, '\n'), a.files[joined]...)
		case joined != "":
			a.files[joined] = append(append(a.files[joined], data...), '\n')
		case path.Dir(name) == "static":
			a.files[path.Base(name)] = data
		}
		return nil
	})
	if err != nil {
		return a, fmt.Errorf("read the static files: %w", err)
	}
	// A tab's icon has the colour of its environment, as the band of the page: see css/environment.css.
	for tone, colour := range map[string]string{
		"grey": "#46515e", "red": "#8c1d5c", "green": "#0b6066", "blue": "#4338a0", "amber": "#7a4310",
	} {
		a.files["icon-"+tone+".svg"] = bytes.ReplaceAll(a.files["icon.svg"], []byte("#1f5fd0"), []byte(colour))
	}
	for name, data := range a.files {
		small, err := pack(data)
		if err != nil {
			return a, fmt.Errorf("pack %s: %w", name, err)
		}
		if small != nil {
			a.packed[name] = small
		}
	}
	a.version = hex.EncodeToString(hash.Sum(nil))[:12]
	return a, nil
}

// types are the media types of the static files, which must not depend on the machine's.
var types = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
	".txt": "text/plain; charset=utf-8",
}

// static serves a file. An address with the version may be kept for a year. An address with another version, such as
// one of an older page during an update, is answered with today’s file, which must be asked for again each time (RFC
// 9111, 5.2.2.4). immutable is RFC 8246. The ETag is one for all files, and another for all that are
// packed: it changes with any of them.
func (s *Server) static(w http.ResponseWriter, r *http.Request) error {
	name := chi.URLParam(r, "file")
	data, ok := s.assets.files[name]
	if !ok {
		return procedures.Errorf(procedures.CodeNotFound, "There is no file %s", name)
	}
	w.Header().Set("Content-Type", types[path.Ext(name)])
	if r.URL.Query().Get("v") == s.assets.version {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		w.Header().Set("Cache-Control", "no-cache")
	}
	w.Header().Add("Vary", "Accept-Encoding")
	tag := s.assets.version
	if small := s.assets.packed[name]; small != nil && takesGzip(r) {
		data, tag = small, tag+"-gzip"
		w.Header().Set("Content-Encoding", "gzip")
	}
	w.Header().Set("ETag", `"`+tag+`"`)
	// It answers conditional and range requests; a zero time sends no Last-Modified.
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(data))
	return nil
}
