package mask

import (
	"sync"
)

// needle is a text that is in every secret of a kind, in lower case, and what decides there.
type needle struct {
	text string
	// look decides on the needle at a byte of the text.
	look func(p *patterns, at, end int)
}

// needles are looked for in one pass.
var needles = sync.OnceValue(func() *needleSet {
	s := &needleSet{byText: map[string]int{}}
	for _, kind := range []struct {
		look  func(*patterns, int, int)
		texts []string
	}{
		{lookKey, []string{"private key-----"}},
		{lookURL, []string{"://", `:\/\/`}},
		{lookSign, []string{"x-amz-signature", "x-amz-security-token", "x-amz-credential", "x-goog-signature", "signature=", "sig="}},
		{lookName, []string{
			"passw", "_pass", "-pass", "_pw", "passphrase", "passcode", "pwd", "secret", "token", "credential", "key",
			"connectionstring", "connection_string",
			"connection-string", "cookie", "rediscli_auth",
		}},
		{lookHeader, []string{"authorization", "bearer "}},
		{lookOption, []string{" --", "\t--"}},
		{
			lookProgram, []string{
				"mysql", "mariadb", "sshpass", "curl", "wget", "redis-cli", "docker", "podman", "helm", "psql", "openssl", "ldap",
				"mongo", "sqlcmd", "az login",
			},
		},
		{lookToken, []string{
			"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xoxa-", "xoxb-", "xoxe-", "xoxp-", "xoxr-", "xoxs-", "xapp-",
			"sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_", "sk-", "aiza", "ya29.", "npm_", "pypi-age", "dop_v1_", "hvs.", "sg.",
			"dckr_pat_", "atatt3x", "shpat_", "age-secret-key-", "eyj", "iqojb3jpz2lu", "fwogzxivyxdz", "aqodyxdz", "akia", "asia",
			"hooks.slack.com/services/",
		}},
	} {
		for _, text := range kind.texts {
			s.add(text, kind.look)
		}
	}
	s.finish()
	return s
})

// needleSet is an automaton over needles, whatever the case.
type needleSet struct {
	byText map[string]int
	list   []needle
	next   [][256]int16
	hits   [][]int16 // the needles that end at a state
}

func (s *needleSet) add(text string, look func(*patterns, int, int)) {
	s.byText[text] = len(s.list)
	s.list = append(s.list, needle{text, look})
}

func (s *needleSet) finish() {
	s.next, s.hits = make([][256]int16, 1), make([][]int16, 1)
	for i, n := range s.list {
		at := int16(0)
		for k := range len(n.text) {
			to := s.next[at][n.text[k]]
			if to == 0 {
				to = int16(len(s.next))
				s.next, s.hits = append(s.next, [256]int16{}), append(s.hits, nil)
				s.next[at][n.text[k]] = to
			}
			at = to
		}
		s.hits[at] = append(s.hits[at], int16(i))
	}
	fail := make([]int16, len(s.next))
	queue := []int16{}
	for c := range 256 {
		if to := s.next[0][c]; to != 0 {
			queue = append(queue, to)
		}
	}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for c := range 256 {
			to := s.next[at][c]
			if to == 0 {
				s.next[at][c] = s.next[fail[at]][c]
				continue
			}
			fail[to] = s.next[fail[at]][c]
			s.hits[to] = append(s.hits[to], s.hits[fail[to]]...)
			queue = append(queue, to)
		}
	}
	for at := range s.next { // whatever the case
		for c := byte('A'); c <= 'Z'; c++ {
			s.next[at][c] = s.next[at][lower(c)]
		}
	}
}

// patterns is one search for what looks like a secret.
type patterns struct {
	mask  *Mask
	text  string
	spans []span
	// pending is from where on more of the text is needed to decide.
	pending int
	done    int // what stands before it is decided

	valueFrom, valueTo int // the last unquoted value that was measured, and what stood before it
	valueSep           byte
	lineEnd            int // of the command line that was read last
}

func (p *patterns) scan() {
	set := needles()
	at := int16(0)
	for i := range len(p.text) {
		if at = set.next[at][p.text[i]]; at == 0 {
			continue
		}
		for _, hit := range set.hits[at] {
			n := &set.list[hit]
			if from := i + 1 - len(n.text); from >= p.done {
				n.look(p, from, i+1)
			}
		}
	}
}

// secret takes a part of the text as a secret. One that goes to the end of the text may go on in what comes next.
func (p *patterns) secret(from, to int) {
	if from >= to {
		return
	}
	p.spans = append(p.spans, span{from: from, to: to})
	if to == len(p.text) {
		p.pending = min(p.pending, from)
	}
}

// wants says that more of the text is needed from a byte on.
func (p *patterns) wants(from int) { p.pending = min(p.pending, from) }
