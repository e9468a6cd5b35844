package signin

import "testing"

// TestSubjectsOfWorkloads: a star stands for letters within a part, and the parts are as many.
func TestSubjectsOfWorkloads(t *testing.T) {
	const main = "repo:example/shop:ref:refs/heads/main"
	for _, c := range []struct {
		pattern, subject string
		is               bool
	}{
		{main, main, true}, {"repo:example/shop:ref:refs/heads/*", main, true}, {"repo:example/*:ref:refs/heads/main", main, true},
		{"repo:*:*:*", main, true}, {"repo:example/shop:*", main, false}, {"*", main, false}, {"repo:example/shop", main, false},
		{"repo:example/shop:ref:refs/heads/m", main, false}, {main, "REPO:example/shop:ref:refs/heads/main", false},
		{"repo:example/shop:*", "repo:example/shop:pull_request", true}, {main, main + ":x", false}, {main, "", false}, {"", main, false},
	} {
		if matchSubject(c.pattern, c.subject) != c.is {
			t.Errorf("%s is %s: %t", c.subject, c.pattern, !c.is)
		}
	}
}
