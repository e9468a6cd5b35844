package storetest

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Disk is the folder of a SQLite database of this process, as it would be after a loss of power: a file has what it had when
// SQLite last waited until it was on the disk. What the driver does to a file passes through a VFS of its own
// (https://www.sqlite.org/vfs.html), which is SQLite's but for that.
type Disk struct {
	folder string

	mu    sync.Mutex
	files map[string][]byte // by their names in the folder
	syncs int
}

// disks are those of the process, which has one driver.
var disks struct {
	register sync.Once
	system   uintptr // SQLite's own VFS

	mu       sync.Mutex
	byFolder map[string]*Disk
	open     map[uintptr]string  // files that are watched, by the address of SQLite's handle
	methods  map[uintptr]uintptr // of handles that are watched, by SQLite's own
	own      map[uintptr]uintptr // and the other way round
}

// NewDisk watches a folder until the test's end. Databases in it that are opened from now on are on that disk.
func NewDisk(t testing.TB, folder string) *Disk {
	t.Helper()
	disks.register.Do(registerDisks)
	d := &Disk{folder: folder, files: map[string][]byte{}}
	disks.mu.Lock()
	defer disks.mu.Unlock()
	disks.byFolder[folder] = d
	t.Cleanup(func() {
		disks.mu.Lock()
		defer disks.mu.Unlock()
		delete(disks.byFolder, folder)
	})
	return d
}

// Syncs is how often it was waited for that a file is on the disk.
func (d *Disk) Syncs() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.syncs
}

// AfterPowerLoss returns a new folder with what would be left if there was no power from now on.
func (d *Disk) AfterPowerLoss(t testing.TB) (folder string) {
	t.Helper()
	d.mu.Lock()
	left := maps.Clone(d.files)
	d.mu.Unlock()
	folder = t.TempDir()
	for name, data := range left {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// synced keeps a file as it is: whoever waits for it holds the lock without which nobody writes it.
func (d *Disk) synced(path string) {
	data, err := os.ReadFile(path)
	if err != nil {
		return // it is not known to be on the disk
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files[filepath.Base(path)] = data
	d.syncs++
}

// removed forgets a file. On a disk it is gone when the folder is: when the next file is made at the latest, as SQLite waits for both.
func (d *Disk) removed(path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.files, filepath.Base(path))
}

// Functions of SQLite as the driver has them in C's structures: the address of the Go function's value.
type (
	openFunc   func(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32
	syncFunc   func(tls *libc.TLS, file uintptr, flags int32) int32
	removeFunc func(tls *libc.TLS, vfs, name uintptr, folder int32) int32
)

var (
	openWatched   openFunc   = openOnDisk
	syncWatched   syncFunc   = syncOnDisk
	removeWatched removeFunc = removeFromDisk
)

// addressOf is that of a function's value, and functionAt the function of one.
func addressOf[F any](f *F) uintptr  { return *(*uintptr)(unsafe.Pointer(f)) }
func functionAt[F any](at uintptr) F { return *(*F)(unsafe.Pointer(&at)) }

// at is what stands at an address of C's memory, which Go's collector does not move.
func at[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

// registerDisks makes a copy of SQLite's VFS the default, with a way to open files of its own.
func registerDisks() {
	disks.byFolder, disks.open = map[string]*Disk{}, map[uintptr]string{}
	disks.methods, disks.own = map[uintptr]uintptr{}, map[uintptr]uintptr{}
	tls := libc.NewTLS()
	disks.system = sqlite3.Xsqlite3_vfs_find(tls, 0)
	ours := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_vfs{})))
	vfs := at[sqlite3.Tsqlite3_vfs](ours)
	*vfs = *at[sqlite3.Tsqlite3_vfs](disks.system)
	name, err := libc.CString("watched")
	if err != nil {
		panic(err)
	}
	vfs.FpNext, vfs.FzName, vfs.FxOpen = 0, name, addressOf(&openWatched)
	vfs.FxDelete = addressOf(&removeWatched)
	if status := sqlite3.Xsqlite3_vfs_register(tls, ours, 1); status != sqlite3.SQLITE_OK {
		panic("the driver takes no VFS")
	}
}

// openOnDisk opens a file, and watches it where it is in a folder that is watched.
func openOnDisk(tls *libc.TLS, _, name, file uintptr, flags int32, out uintptr) int32 {
	open := functionAt[openFunc](at[sqlite3.Tsqlite3_vfs](disks.system).FxOpen)
	status := open(tls, disks.system, name, file, flags, out)
	if status != sqlite3.SQLITE_OK || name == 0 {
		return status
	}
	path := libc.GoString(name)
	disks.mu.Lock()
	defer disks.mu.Unlock()
	delete(disks.open, file)
	if disks.byFolder[filepath.Dir(path)] == nil {
		return status
	}
	disks.open[file] = strings.Clone(path)
	handle := at[sqlite3.Tsqlite3_file](file)
	ours := disks.methods[handle.FpMethods]
	if ours == 0 {
		ours = libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_io_methods{})))
		methods := at[sqlite3.Tsqlite3_io_methods](ours)
		*methods = *at[sqlite3.Tsqlite3_io_methods](handle.FpMethods)
		methods.FxSync = addressOf(&syncWatched)
		disks.methods[handle.FpMethods], disks.own[ours] = ours, handle.FpMethods
	}
	handle.FpMethods = ours
	return status
}

// syncOnDisk waits until a file is on the disk, and keeps what it has.
func syncOnDisk(tls *libc.TLS, file uintptr, flags int32) int32 {
	disks.mu.Lock()
	path, own := disks.open[file], disks.own[at[sqlite3.Tsqlite3_file](file).FpMethods]
	d := disks.byFolder[filepath.Dir(path)]
	disks.mu.Unlock()
	wait := functionAt[syncFunc](at[sqlite3.Tsqlite3_io_methods](own).FxSync)
	status := wait(tls, file, flags)
	if status == sqlite3.SQLITE_OK && d != nil {
		d.synced(path)
	}
	return status
}

// removeFromDisk removes a file.
func removeFromDisk(tls *libc.TLS, _, name uintptr, folder int32) int32 {
	remove := functionAt[removeFunc](at[sqlite3.Tsqlite3_vfs](disks.system).FxDelete)
	status := remove(tls, disks.system, name, folder)
	path := libc.GoString(name)
	disks.mu.Lock()
	d := disks.byFolder[filepath.Dir(path)]
	disks.mu.Unlock()
	if status == sqlite3.SQLITE_OK && d != nil {
		d.removed(path)
	}
	return status
}
