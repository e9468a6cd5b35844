package web

import (
	"net/http"

	"github.com/opsbook/opsbook/internal/procedures"
)

// fromProgram reports whether a request says by a token which program sent it. Its session counts for nothing then, whatever the browser
// of the same machine has: a token and a cookie never mix.
func (s *Server) fromProgram(r *http.Request) bool { return s.Tokens != nil && s.Tokens.Claims(r) }

// ofProgram serves next to programs by their tokens. Where a request came from tells nothing: no page of another site can send the header
// without being asked for it first (Fetch, 4.9, CORS preflight), and nothing that a browser sends by itself is looked at. The address has
// to be the server's, so that a token does not go over another scheme, but for the numbers, which are fetched from inside.
func (s *Server) ofProgram(t route, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if wrong := s.misdirected(r); wrong != nil && t.rule.audience != scrapers {
			s.lead(w, r, wrong)
			return
		}
		ctx, err := s.Sessions.Load(r.Context(), "") // an empty one, which is not kept
		if err != nil {
			s.unkept(w, r, "Nothing was done. ", err)
			return
		}
		known, err := s.identify(r.WithContext(ctx))
		switch {
		case procedures.CodeOf(err) == procedures.CodeUnavailable:
			w.Header().Set("Retry-After", "2")
			http.Error(w, sentence(err), http.StatusServiceUnavailable)
		case err != nil:
			s.Logger.WarnContext(r.Context(), "a token was refused", "request", requestID(r), "error", err)
			s.unauthorized(w, r, err)
		case t.pattern == streamPattern:
			s.refuse(w, known, http.StatusForbidden, "token", "Streams are for pages. Ask for /runs/RUN/run.json again after a while.")
		default:
			if n := noteOf(r); n != nil {
				n.person = s.person(known).Name
			}
			next.ServeHTTP(w, known)
		}
	})
}

// unauthorized answers a program whose token is not accepted (RFC 6750, 3).
func (s *Server) unauthorized(w http.ResponseWriter, r *http.Request, why error) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="Opsbook", error="invalid_token"`)
	s.refused(r, http.StatusUnauthorized, "token", sentence(why))
	http.Error(w, sentence(why), http.StatusUnauthorized)
}
