package reads

import (
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
)

// long is a file system of one file that has many bytes and holds none.
type long struct{ size int64 }

func (l long) Open(string) (fs.File, error)          { return &longFile{left: l.size}, nil }
func (l long) Stat(string) (fs.FileInfo, error)      { return longInfo(l), nil }
func (l long) ReadDir(string) ([]fs.DirEntry, error) { return nil, fs.ErrInvalid }

type longFile struct{ left int64 }

func (f *longFile) Stat() (fs.FileInfo, error) { return longInfo{f.left}, nil }
func (f *longFile) Close() error               { return nil }
func (f *longFile) Read(p []byte) (int, error) {
	if f.left == 0 {
		return 0, io.EOF
	}
	n := int(min(f.left, int64(len(p))))
	f.left -= int64(n)
	return n, nil
}

type longInfo struct{ size int64 }

func (i longInfo) Name() string     { return "long" }
func (i longInfo) Size() int64      { return i.size }
func (longInfo) Mode() fs.FileMode  { return 0o600 }
func (longInfo) ModTime() time.Time { return time.Time{} }
func (longInfo) IsDir() bool        { return false }
func (longInfo) Sys() any           { return nil }

// TestWhatALineReadsIsBounded refuses what is too large to approve, and takes what is as large as it may be.
func TestWhatALineReadsIsBounded(t *testing.T) {
	deep, many, most := fstest.MapFS{}, fstest.MapFS{}, fstest.MapFS{}
	deep["top/"+strings.Repeat("d/", limits.PlanDepth.Size()+1)+"f"] = &fstest.MapFile{}
	for i := range limits.PlanFiles.Size() + 1 {
		file := &fstest.MapFile{Data: []byte{1}}
		many[fmt.Sprintf("top/%d", i)] = file
		if i < limits.PlanFiles.Size() {
			most[fmt.Sprintf("top/%d", i)] = file
		}
	}
	for name, c := range map[string]struct {
		files Files
		want  string // empty where it is bound
	}{
		"too many files":          {many, limits.PlanFiles.String() + " files, which is too much to approve"},
		"as many as there may be": {most, ""},
		"too deep":                {deep, "nested more than " + limits.PlanDepth.String()},
		"too large": {
			long{limits.PlanFilesBytes.Value + 1},
			limits.PlanFilesBytes.String() + ", which is too much to approve",
		},
	} {
		t.Run(name, func(t *testing.T) {
			collected := &Collector{Files: c.files}
			err := collected.Add(t.Context(), "folder top", "top")
			if c.want == "" && (err != nil || len(collected.Members) != 1 || collected.Members[0].Value == "") {
				t.Errorf("bound to %+v: %v", collected.Members, err)
			}
			if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("it is %v, want %q", err, c.want)
			}
		})
	}
}
