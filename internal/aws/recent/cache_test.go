package recent_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/recent"
)

func TestBounds(t *testing.T) {
	c := recent.New[int](10, 1000)
	for i := range 500 {
		c.Put(fmt.Sprint("key ", i), i%100, i)
		if s := c.Stats(); s.Entries > 10 || s.Bytes > 1000 {
			t.Fatalf("after %d: %+v", i, s)
		}
	}
	c.Put("large", 126, 1)
	if _, ok := c.Get("large"); ok {
		t.Error("an entry of more than an eighth was kept")
	}
	c.Put(strings.Repeat("k", 126), 0, 1)
	if _, ok := c.Get(strings.Repeat("k", 126)); ok {
		t.Error("a key of more than an eighth was kept")
	}
}

func TestTheOneUsedLongestAgoIsDropped(t *testing.T) {
	c := recent.New[int](2, 1000)
	c.Put("a", 1, 1)
	c.Put("b", 1, 2)
	c.Get("a")
	c.Put("c", 1, 3)
	if _, ok := c.Get("b"); ok {
		t.Error("b was kept")
	}
	if v, ok := c.Get("a"); !ok || v != 1 {
		t.Errorf("a is %d, %t", v, ok)
	}
	c.Put("a", 5, 4)
	if v, _ := c.Get("a"); v != 4 {
		t.Errorf("a is %d after it was replaced", v)
	}
	if s := c.Stats(); s.Entries != 2 || s.Bytes != 2+1+5 {
		t.Errorf("%+v", s)
	}
}
