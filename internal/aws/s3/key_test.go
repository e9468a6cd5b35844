package s3_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/s3"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
)

// hostileKeys are keys below logs/ with where they go below the target; empty for those that are refused.
var hostileKeys = map[string]string{
	"plain.txt": "plain.txt", "/tmp/x": "tmp/x", "//etc/y": "etc/y", "a//b": "a/b", "a/./c": "a/c", "./d": "d", "a/../e": "e",
	"../f": "", "../../f": "", "/../f": "", "//../../f": "", "a/../../f": "", "..": "", "a/../..": "", "../": "", "..//f": "",
	"x\\..\\..\\g": "x\\..\\..\\g", "C:\\g": "C:\\g", "..\\g": "..\\g", "-rf": "-rf", "~/h": "~/h", "$HOME": "$HOME",
	" ": " ", "new\nline": "new\nline",
	"nul\x00x": "", strings.Repeat("l", 300): "", strings.Repeat("n/", 400) + "x": strings.Repeat("n/", 400) + "x",
	"slash/": "", "both": "both", "both/inner": "", "...": "...", "..hidden": "..hidden", "a/...": "a/...", "%2e%2e/i": "%2e%2e/i",
	"..%2fj": "..%2fj", "up/k": "", "way/k": "", "out/k": "", "in/k": "kept/k", "\u202etxt": "\u202etxt", ".": "", "a/.": "",
}

// keyStage is a bucket with hostile keys, and a run that stands in /work and has links there.
func keyStage(t *testing.T) (s *stage, dir string) {
	t.Helper()
	s = newStage(t)
	base := t.TempDir()
	dir = filepath.Join(base, "own")
	for _, folder := range []string{"own/work/kept", "own/beside", "outside"} {
		if err := os.MkdirAll(filepath.Join(base, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"up": "../../outside", "way": "/etc", "out": filepath.Join(base, "outside"), "in": "kept"} {
		if err := os.Symlink(target, filepath.Join(dir, "work", name)); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	s.Files = interpret.Around(&interpret.Folder{Own: root}, "/work")
	service, err := models.Load("s3")
	if err != nil {
		t.Fatal(err)
	}
	for key := range hostileKeys {
		_, err := s.Client.Do(t.Context(), service.Operation("PutObject"), document.NewObject(
			document.Member{Name: "Bucket", Value: strings.Trim(strings.TrimPrefix(bucket, "s3://"), "/")},
			document.Member{Name: "Key", Value: "logs/" + key}, document.Member{Name: "Body", Value: []byte("content of " + key)}))
		if err != nil {
			t.Fatalf("put %q: %v", key, err)
		}
	}
	return s, dir
}

// TestKeysLeadBelowTheTarget downloads keys that could lead anywhere, by each command that takes many, and by cp of each
// by itself. What is written is below the target and is the key's own; all else is refused and said.
func TestKeysLeadBelowTheTarget(t *testing.T) {
	for _, line := range []string{
		"cp " + bucket + "logs/ . --recursive", "sync " + bucket + "logs/ .", "mv " + bucket + "logs/ ./ --recursive",
		"cp " + bucket + "logs . --recursive", "cp " + bucket + "logs/ deep/er --recursive",
		"sync " + bucket + "logs/ /work/./deep/../deep/er",
		"cp " + bucket + "logs/ . --recursive --exclude * --include *",
	} {
		t.Run(line, func(t *testing.T) {
			s, dir := keyStage(t)
			target := "work"
			if strings.Contains(line, "deep") {
				target = "work/deep/er"
			}
			status, err := s.run(t.Context(), t, strings.Fields(line)...)
			if err != nil || status != 1 {
				t.Errorf("status %d, %v", status, err)
			}
			want := map[string]bool{}
			for key, to := range hostileKeys {
				if target != "work" && (key == "up/k" || key == "way/k" || key == "out/k" || key == "in/k") {
					to = key // no links there
				}
				if to != "" {
					want[path.Join(target, to)] = true
				}
			}
			err = filepath.WalkDir(filepath.Dir(dir), func(name string, d fs.DirEntry, err error) error {
				if err != nil || !d.Type().IsRegular() {
					return err
				}
				below, err := filepath.Rel(dir, name)
				if err != nil || !want[below] && below != path.Join(target, "both/inner") {
					t.Errorf("%q is written", below)
				}
				delete(want, below)
				if below == path.Join(target, "both/inner") { // of the two the one that came first
					delete(want, path.Join(target, "both"))
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			for name := range want {
				t.Errorf("%q is missing", name)
			}
			said := s.out.String() + s.errors.String()
			for _, text := range []string{
				"warning: Skipping file ../f. File references a parent directory.",
				"warning: Skipping file /../f. File references a parent directory.",
				"embedded null byte", "[Errno 36] File name too long", "[Errno 21] Is a directory",
			} {
				if !strings.Contains(said, text) {
					t.Errorf("%q is not said: %s", text, said)
				}
			}
			if target == "work" && !strings.Contains(said, "[Errno 13] Permission denied") {
				t.Errorf("the links are not spoken of: %s", said)
			}
			if !strings.HasPrefix(line, "mv") {
				return
			}
			for key, to := range hostileKeys { // what was not written is still there
				if to == "" && key != "both/inner" && key != "nul\x00x" {
					if status, err := s.run(t.Context(), t, "cp", bucket+"logs/"+key, "-"); status != 0 || err != nil {
						t.Errorf("%q is gone: %d, %v", key, status, err)
					}
				}
			}
		})
	}
}

// FuzzKeysLeadBelowTheTarget takes any key, and any folder to go to.
func FuzzKeysLeadBelowTheTarget(f *testing.F) {
	for key := range hostileKeys {
		f.Add(key, ".")
		f.Add(key, "a/b/")
	}
	f.Fuzz(func(t *testing.T, key, folder string) {
		local, outside := s3.Below(folder, key)
		if outside {
			return
		}
		if clean := path.Clean("/work/" + local); folder == "" && clean != "/work" && !strings.HasPrefix(clean, "/work/") {
			t.Errorf("%q becomes %q, which is %q", key, local, clean)
		}
		if folder == "" && strings.HasPrefix(local, "/") {
			t.Errorf("%q becomes %q", key, local)
		}
		if strings.HasSuffix(folder, "/") && !strings.HasPrefix(path.Clean(local)+"/", path.Clean(folder)+"/") &&
			path.Clean(folder) != "/" && !strings.HasPrefix(path.Clean(folder), "..") && path.Clean(folder) != "." {
			t.Errorf("%q below %q becomes %q", key, folder, local)
		}
	})
}

// TestDownloadsKnowBeforeTheyAsk has targets that cannot be written: no object is asked for, and a moved one stays.
func TestDownloadsKnowBeforeTheyAsk(t *testing.T) {
	s, dir := keyStage(t)
	if err := os.WriteFile(filepath.Join(dir, "work", "file"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]string{
		"file/x": "[Errno 20] Not a directory", "up/x": "[Errno 13] Permission denied", strings.Repeat("n", 300): "[Errno 36]",
	} {
		s.out.Reset()
		s.errors.Reset()
		status, err := s.run(t.Context(), t, "mv", bucket+"logs/plain.txt", target)
		if err != nil || status != 1 || !strings.Contains(s.errors.String(), want) {
			t.Errorf("%s: %d, %v, %s", target, status, err, &s.errors)
		}
		for _, sent := range s.wire.sent {
			if sent != "HEAD" {
				t.Errorf("%s: %s was sent", target, sent)
			}
		}
	}
	s.must(t, "cp", bucket+"logs/plain.txt", "-")
	if text, _ := os.ReadFile(filepath.Join(dir, "work", "file")); string(text) != "x" {
		t.Errorf("the file holds %q", text)
	}
}
