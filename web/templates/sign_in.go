package templates

import (
	"strings"
	"time"
)

// SignIn is the page on which people choose what signs them in. It tells nothing of the portal: everybody may see it.
type SignIn struct {
	Assets, Theme string
	Said          string // what went wrong; empty for nothing
	Ways          []Way
	// Local reports that people sign in with a password of the portal too: Email is what they typed, Back where they are led to.
	Local       bool
	Email, Back string
	// Passkey is the challenge for who signs in with a passkey; nil where there are none.
	Passkey *Challenge
}

// Way is something that signs people in.
type Way struct{ Label, Address string }

// SignedOut is the page of somebody who has signed out.
type SignedOut struct {
	Assets, Theme string
	// Goes is where the session of the provider that Label names is ended; empty where there is none.
	Goes, Label string
}

// Sessions are where a person is signed in.
type Sessions struct {
	Frame
	Sessions []Session
}

// Session is one browser in which a person is signed in.
type Session struct {
	ID               string
	Browser, Address string
	Begun, Used      time.Time
	This             bool // it is the one of the request
}

// BrowserName is what people call a browser that calls itself something, as far as that can be told: User-Agent is free text
// (RFC 9110, 10.1.5), and some say that they are others too, so that the order counts.
func BrowserName(agent string) string {
	name, system := "A browser", ""
	for _, b := range [][2]string{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox", "Firefox"}, {"FxiOS", "Firefox"},
		{"HeadlessChrome", "Chrome without a window"}, {"CriOS", "Chrome"}, {"Chrome", "Chrome"}, {"Safari", "Safari"}, {"curl", "curl"},
	} {
		if strings.Contains(agent, b[0]) {
			name = b[1]
			break
		}
	}
	for _, s := range [][2]string{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"},
		{"Linux", "Linux"},
	} {
		if strings.Contains(agent, s[0]) {
			system = " on " + s[1]
			break
		}
	}
	return name + system
}
