package knowledge_test

import (
	"slices"
	"testing"
)

func TestOldObjects(t *testing.T) {
	objects := `{"Contents":[{"Key":"small","Size":10,"LastModified":"2024-01-01T00:00:00+00:00"},{"Key":"new",` +
		`"Size":10,"LastModified":"2026-11-01T00:00:00+00:00"},{"Key":"large","Size":1000,` +
		`"LastModified":"2024-01-01T00:00:00+00:00","StorageClass":"STANDARD"},{}]}`
	want := []string{
		"info Old object large:  [Size=1 kB Changed=2024-01-01 Class=STANDARD]",
		"info Old object small:  [Size=10 B Changed=2024-01-01 Class=]",
	}
	if got := lines(find(t, "s3 ListObjectsV2", `{}`, objects, nil)); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if got := lines(find(t, "s3 ListObjectsV2", `{}`, objects, map[string]string{"OPSBOOK_OBJECT_DAYS": "10"})); len(got) != 3 {
		t.Errorf("of ten days %q", got)
	}
}
