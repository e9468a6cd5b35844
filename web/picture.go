package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"
)

// maxPicture bounds an image of a runbook, in bytes.
const maxPicture = 8 << 20

// pictureTypes are the images that are shown, by the endings of their files; what is in the file has to be of the type.
var pictureTypes = map[string]string{
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp",
	".avif": "image/avif", ".svg": "image/svg+xml",
}

// picturePolicy is the content security policy of an image that somebody opens by itself: an SVG is a document, and none
// of its scripts runs, nor does it load anything.
const picturePolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"

// pictureAddress is where showPicture shows a file of the folder.
func pictureAddress(name string) string {
	return "/pictures/" + strings.ReplaceAll(url.PathEscape(name), "%2F", "/")
}

// PictureAddress is where the portal shows an image of the runbooks' folder.
func PictureAddress(name string) string { return pictureAddress(name) }

// showPicture is an image of the runbooks' folder, and nothing else that lies in it: no hidden file, no other type, and
// nothing that only has an image's name.
func (s *Server) showPicture(w http.ResponseWriter, r *http.Request) error {
	name, err := url.PathUnescape(chi.URLParam(r, "*"))
	kind := pictureTypes[strings.ToLower(path.Ext(name))]
	hidden := strings.HasPrefix(name, ".") || strings.Contains(name, "/.") || strings.Contains("/"+name+"/", "/node_modules/")
	if err != nil || s.Pictures == nil || kind == "" || hidden || !s.shows(r, name) || strings.ContainsAny(name, "\\\x00") {
		return s.nothing(w, r)
	}
	file, err := s.Pictures.Open(name)
	if err != nil {
		return s.nothing(w, r) // why is in the findings
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxPicture+1))
	if err != nil || len(data) > maxPicture || !isPicture(kind, data) {
		return s.nothing(w, r)
	}
	sum := sha256.Sum256(data)
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", picturePolicy)
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	return nil
}

// isPicture reports whether content is of a type of pictureTypes.
func isPicture(kind string, data []byte) bool {
	switch kind {
	case "image/svg+xml":
		return utf8.Valid(data) && bytes.Contains(data, []byte("<svg"))
	case "image/avif":
		return len(data) > 12 && string(data[4:8]) == "ftyp" && strings.HasPrefix(string(data[8:12]), "avi")
	}
	return http.DetectContentType(data) == kind
}
