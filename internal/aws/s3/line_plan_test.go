package s3

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestWhatALineDoes(t *testing.T) {
	for _, c := range []struct {
		line, does, resource, actions string
		effect                        procedures.Effect
	}{
		{"ls", "Lists the buckets.", "", "s3:ListAllMyBuckets", procedures.EffectRead},
		{"ls s3://b/k", "Lists s3://b/k.", "b/k", "s3:ListBucket", procedures.EffectRead},
		{
			"sync s3://a s3://b/20260101/ --storage-class GLACIER",
			"Copies what is new or different in s3://a to s3://b/20260101/, in the storage class GLACIER.",
			"b/20260101", "s3:ListBucket s3:GetObject s3:GetObjectTagging s3:PutObject s3:PutObjectTagging", procedures.EffectChange,
		},
		{
			"sync s3://a s3://b --delete",
			"Copies what is new or different in s3://a to s3://b, and deletes what is only there.", "b",
			"s3:ListBucket s3:GetObject s3:GetObjectTagging s3:PutObject s3:PutObjectTagging s3:DeleteObject", procedures.EffectDestroy,
		},
		{
			"sync s3://a s3://b --delete --dryrun",
			"Shows what it would do and does nothing of it: Copies what is new or different in s3://a to s3://b, and " +
				"deletes what is only there.", "b",
			"s3:ListBucket s3:GetObject s3:GetObjectTagging s3:PutObject s3:PutObjectTagging s3:DeleteObject", procedures.EffectRead,
		},
		{
			"sync s3://a here", "Copies what is new or different in s3://a to here.", "here",
			"s3:ListBucket s3:GetObject", procedures.EffectRead,
		},
		{
			"sync s3://a here --delete",
			"Copies what is new or different in s3://a to here, and deletes what is only there.", "here",
			"s3:ListBucket s3:GetObject", procedures.EffectChange,
		},
		{"cp s3://a/k here", "Copies s3://a/k to here.", "here", "s3:GetObject", procedures.EffectRead},
		{"cp here s3://a/k --acl public-read", "Copies here to s3://a/k.", "a/k", "s3:PutObject s3:PutObjectAcl", procedures.EffectChange},
		{
			"mv s3://a/k s3://b/k", "Moves s3://a/k to s3://b/k.", "a/k",
			"s3:GetObject s3:GetObjectTagging s3:PutObject s3:PutObjectTagging s3:DeleteObject", procedures.EffectDestroy,
		},
		{"mv here s3://b/k", "Moves here to s3://b/k.", "here", "s3:PutObject", procedures.EffectChange},
		{"rm s3://a/k", "Deletes s3://a/k.", "a/k", "s3:DeleteObject", procedures.EffectDestroy},
		{
			"rm s3://a/k --recursive --exclude *.log",
			"Deletes everything below s3://a/k, as far as the filters let it.", "a/k", "s3:ListBucket s3:DeleteObject",
			procedures.EffectDestroy,
		},
		{
			"rb s3://a --force", "Deletes every object of the bucket a, and the bucket.", "a",
			"s3:ListBucket s3:DeleteObject s3:DeleteBucket", procedures.EffectDestroy,
		},
		{"mb s3://a", "Makes the bucket a.", "a", "s3:CreateBucket", procedures.EffectChange},
		{
			"presign s3://a/k --expires-in 60", "Makes an address with which anybody can read s3://a/k for 60 seconds.",
			"a/k", "s3:GetObject", procedures.EffectRead,
		},
		{"website s3://a --index-document i", "Makes the bucket a a website.", "a", "s3:PutBucketWebsite", procedures.EffectChange},
	} {
		l, err := Parse(strings.Fields(c.line), nil)
		if err != nil {
			t.Errorf("%s: %v", c.line, err)
			continue
		}
		if l.Does() != c.does || l.Resource() != c.resource || l.Effect() != c.effect {
			t.Errorf("%s\n got %s | %s | %s\nwant %s | %s | %s", c.line, l.Does(), l.Resource(), l.Effect(), c.does, c.resource, c.effect)
		}
		if got := strings.Join(l.Actions(), " "); got != c.actions {
			t.Errorf("%s needs %s, want %s", c.line, got, c.actions)
		}
	}
}

func TestFilesOfALine(t *testing.T) {
	for line, want := range map[string][2]string{
		"cp here s3://a/k": {"here", ""}, "cp s3://a/k there": {"", "there"}, "sync s3://a s3://b": {"", ""},
		"cp - s3://a/k": {"", ""}, "ls s3://a": {"", ""},
	} {
		l, err := Parse(strings.Fields(line), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]string{strings.Join(l.Reads(), " "), strings.Join(l.Writes(), " ")}; got != want {
			t.Errorf("%s reads and writes %q, want %q", line, got, want)
		}
	}
}

func TestUnknownValuesAreNotJudged(t *testing.T) {
	line := []string{"cp", "x", "s3://a/", "--storage-class", "${CLASS}", "--page-size", "${N}"}
	if _, err := Parse(line, nil); err == nil {
		t.Error("a storage class ${CLASS} was taken")
	}
	if _, err := Parse(line, func(text string) bool { return !strings.HasPrefix(text, "$") }); err != nil {
		t.Errorf("an unknown value was judged: %v", err)
	}
}

func TestPatternsAreThoseOfFnmatch(t *testing.T) {
	for _, c := range []struct {
		pattern, matches, not string
	}{
		{"*.log", "/a/b/c.log", "/a/b/c.log.gz"},
		{"/data/?.txt", "/data/x.txt", "/data/xy.txt"},
		{"/d[!a-c]*", "/dz/deep/file", "/da"},
		{"/d[a-c]", "/db", "/dd"},
		{"/odd[", "/odd[", "/odd"},
		{"/x]y", "/x]y", "/xy"},
		{"/a.b", "/a.b", "/axb"},
		{"/[z-a]", "never", "/z"},
	} {
		g := glob(c.pattern)
		if c.matches != "never" && !g.MatchString(c.matches) {
			t.Errorf("%s does not match %s", c.pattern, c.matches)
		}
		if g.MatchString(c.not) {
			t.Errorf("%s matches %s", c.pattern, c.not)
		}
	}
}

func TestSizesForPeople(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 Bytes", 1: "1 Byte", 1023: "1023 Bytes", 1024: "1.0 KiB", 1 << 20: "1.0 MiB", 1048575: "1.0 MiB",
		9_000_000: "8.6 MiB", 5 << 40: "5.0 TiB",
	} {
		if got := humanSize(n); got != want {
			t.Errorf("%d is shown as %s, want %s", n, got, want)
		}
	}
}

func TestLargeObjectsHaveAtMostTenThousandParts(t *testing.T) {
	for _, size := range []int64{threshold, 80 << 30, 5 << 40} {
		part := partSize(size)
		if n := (size + part - 1) / part; n > maxParts || part < threshold {
			t.Errorf("%d bytes are %d parts of %d", size, n, part)
		}
	}
	if got := partSize(100 << 20); got != 8<<20 {
		t.Errorf("a part of 100 MiB is %d", got)
	}
}

func TestEveryVerbReadsItsLeastLine(t *testing.T) {
	for _, name := range Verbs() {
		line := append([]string{name}, []string{"s3://a", "s3://b"}[:verbs[name].least]...)
		if l, err := Parse(line, nil); err != nil || l.Does() == "" {
			t.Errorf("%v: %v", line, err)
		}
	}
}
