package web

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/web/templates"
)

// misdirection is a request that reached the server by another address than its own.
type misdirection struct {
	rule string // of the security log
	// text says what the browser used; mend what whoever runs the server has to set.
	text, mend string
	to         string // the same page at the right address; empty where that is not said
}

// misdirected says what is wrong with the address by which a browser reached the server; nil for nothing. Over another scheme than
// that of Options.URL cookies would be left out or readable, and who signs in would not come back: where people sign in it is
// refused. Where nobody does, only this machine reaches the server, by whatever names it has.
func (s *Server) misdirected(r *http.Request) *misdirection {
	if !s.host(r.Host) {
		return s.otherHost(r)
	}
	if s.URL == nil || s.Loopback || !s.named(r.Host) {
		return nil
	}
	secure := s.Authenticator.Secure(r)
	if secure == (s.URL.Scheme == "https") {
		return nil
	}
	m := &misdirection{rule: "scheme", to: s.to(r)}
	if secure {
		m.text = "The browser reached this server over HTTPS, and its address begins with http."
		m.mend = "Start the server with --url https://" + s.URL.Host + "."
		return m
	}
	m.text = "The browser reached this server over HTTP, and its address begins with https."
	proxies, ok := s.Authenticator.(interface{ Trusts(r *http.Request) bool })
	switch forwarded := r.Header.Get("X-Forwarded-Proto"); {
	case !ok || !proxies.Trusts(r):
		m.mend = fmt.Sprintf("The connection came from %s. Where that is the proxy that ends TLS, start the server with --behind-proxy; "+
			"where there is none, with --tls-cert and --tls-key.", access.PeerOf(r))
	case forwarded == "":
		m.text = "The proxy does not say whether the browser came over HTTPS."
		m.mend = "Let the proxy send the header X-Forwarded-Proto with the scheme that the browser used."
	default:
		m.mend = "The proxy says X-Forwarded-Proto: " + oneLine(forwarded) + ". Let it lead browsers from HTTP to HTTPS."
	}
	return m
}

// otherHost is the misdirection of a name that is not ours.
func (s *Server) otherHost(r *http.Request) *misdirection {
	if s.URL == nil {
		return &misdirection{rule: "host", text: "This server does not answer to that name.",
			mend: "Start it with --url to say by which address browsers find it, or with --host to allow another name."}
	}
	return &misdirection{
		rule: "host", text: "The browser called this server " + oneLine(r.Host) + ", and its address is " + s.URL.String() + ".",
		mend: "A proxy before the server has to pass on the header Host that the browser sent. If the address is wrong, start the server " +
			"with another --url.",
		to: s.to(r),
	}
}

// to is a request's page at the right address.
func (s *Server) to(r *http.Request) string {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return s.URL.String() + "/"
	}
	return s.URL.String() + addressOf(r)
}

// lead refuses a request that came by another address, and says by which one it should. It is a page where a browser shows
// one: its style would come by the wrong address too, so that it has none.
func (s *Server) lead(w http.ResponseWriter, r *http.Request, wrong *misdirection) {
	text := wrong.text + " " + wrong.mend + " Nothing was done."
	if wrong.to == "" || !navigates(r) {
		if wrong.to != "" {
			text = wrong.text + " Open " + wrong.to + ". " + wrong.mend + " Nothing was done."
		}
		s.refuse(w, r, http.StatusMisdirectedRequest, wrong.rule, text)
		return
	}
	s.refused(r, http.StatusMisdirectedRequest, wrong.rule, text)
	if err := render(w, r, http.StatusMisdirectedRequest, templates.AddressPage(wrong.text, wrong.mend, wrong.to)); err != nil {
		http.Error(w, text, http.StatusMisdirectedRequest)
	}
}

// navigates reports whether a browser asks for a page to show. Browsers say so themselves, to addresses that they take for
// safe (Fetch metadata, 2); of others it is known by what they take.
func navigates(r *http.Request) bool {
	if r.Method != http.MethodGet || fromHTMX(r) {
		return false
	}
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

// host reports whether a Host header names this server: a website whose name was pointed at loopback does not.
func (s *Server) host(host string) bool {
	if slices.Contains(s.Hosts, host) || s.named(host) {
		return true
	}
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.Trim(name, "[]")
	if slices.Contains(s.Hosts, name) {
		return true
	}
	if !s.Loopback {
		return false
	}
	ip := net.ParseIP(name)
	return name == "localhost" || ip != nil && ip.IsLoopback()
}

// named reports whether a Host header is that of Options.URL. A port that is the scheme's own may be there or not.
func (s *Server) named(host string) bool {
	if s.URL == nil {
		return false
	}
	port := ":80"
	if s.URL.Scheme == "https" {
		port = ":443"
	}
	return strings.EqualFold(strings.TrimSuffix(host, port), s.URL.Host)
}

// origin is the address of the server, for the links that people copy: Options.URL, else as the request names it. Host was
// compared with the names of the server before.
func (s *Server) origin(r *http.Request) string {
	if s.URL != nil {
		return s.URL.String()
	}
	u := url.URL{Scheme: "http", Host: r.Host}
	if s.Authenticator.Secure(r) {
		u.Scheme = "https"
	}
	return u.String()
}
