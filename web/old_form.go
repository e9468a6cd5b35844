package web

import (
	"net/http"
	"net/url"
)

// What forms were called before. Pages that were open over an update, and programs that were written for an older one, still
// post these; addresses that are read with GET never change.
var (
	// oldPaths are addresses of forms with those that stand in their place.
	oldPaths = map[string]string{"/say": "/marks"}
	// oldFields are names of fields with today's.
	oldFields = map[string]string{"agreed": "confirmed", "undo": "rollback", "continue": "resume"}
	// oldKinds are values of the field kind with today's.
	oldKinds = map[string]string{
		"tick": "done", "untick": "undone", "skip": "skipped", "wait": "countdown", "remark": "note",
		"ask": "request", "yes": "approve", "no": "decline",
	}
)

// moved leads an old address to the new one: 308 keeps the method and the form. A browser may turn the POST into a
// GET after 301 (RFC 9110, 15.4.2 and 15.4.9). The path is one of a table, so that it cannot lead to another server.
func (s *Server) moved(w http.ResponseWriter, r *http.Request) error {
	to := url.URL{Path: oldPaths[r.URL.Path], RawQuery: r.URL.RawQuery}
	http.Redirect(w, r, to.String(), http.StatusPermanentRedirect)
	return nil
}

// today gives fields of old forms today's names. What today's page sends is left as it is.
func today(form url.Values) {
	for old, now := range oldFields {
		if values, ok := form[old]; ok && !form.Has(now) {
			form[now] = values
		}
		form.Del(old)
	}
	if now, ok := oldKinds[form.Get("kind")]; ok {
		form.Set("kind", now)
	}
}
