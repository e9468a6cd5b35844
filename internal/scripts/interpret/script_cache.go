package interpret

import (
	"container/list"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// What a ScriptCache keeps at most.
const (
	maxCachedScripts = 256
	maxCachedBytes   = 16 << 20
	// treeBytes is what the syntax tree and the analysis take for a byte of a script's text: 45 of usual scripts, up to 220
	// where it is all short assignments.
	treeBytes = 200
)

// ScriptCache keeps scripts prepared, so that executing one again neither parses nor analyses it again. The scripts that were
// not executed for the longest time go first. It is safe for concurrent use.
type ScriptCache struct {
	analyser *analyse.Analyser

	mu      sync.Mutex
	scripts map[scriptKey]*list.Element
	recent  *list.List // of *cachedScript, the last executed one first
	bytes   int
}

// NewScriptCache returns an empty cache for scripts that use these commands and effects. They are those of the executions that
// use the cache, and do not change: what a script does is decided by them.
func NewScriptCache(
	find func(name string) (procedures.Command, bool), effects func(words []procedures.Word) procedures.Effect,
	wrappers ...commands.Wrapper,
) *ScriptCache {
	return &ScriptCache{
		analyser: &analyse.Analyser{Command: find, Effects: effects, Wrappers: wrappers},
		scripts:  map[scriptKey]*list.Element{}, recent: list.New(),
	}
}

// scriptKey is everything that a prepared script depends on, but for the commands.
type scriptKey struct {
	text, file, name string
	line             int
	corrected        bool
	placeholders     string // in order, each part ended by a zero byte
}

// cachedScript is a prepared script, or one that is being prepared.
type cachedScript struct {
	key     scriptKey
	bytes   int
	prepare func() *prepared // runs once; concurrent callers wait for it
}

// prepared returns a script as it runs.
// Callers with the same script wait for one preparation. A script that is larger than the whole
// cache is prepared and not kept.
func (c *ScriptCache) prepared(script procedures.Script, corrected bool) *prepared {
	key := scriptKey{
		text: script.Text, file: script.File, name: script.Name, line: script.Line, corrected: corrected,
	}
	var placeholders strings.Builder
	for _, sentinel := range slices.Sorted(maps.Keys(script.Placeholders)) {
		placeholders.WriteString(sentinel + "\x00" + script.Placeholders[sentinel] + "\x00")
	}
	key.placeholders = placeholders.String()
	return c.entry(key, func() *prepared {
		script.Placeholders = maps.Clone(script.Placeholders)
		p := prepare(c.analyser, script, corrected)
		sources := 0 // those of functions in functions repeat one another
		for _, source := range p.sources {
			sources += len(source)
		}
		c.grow(key, sources)
		return p
	}).prepare()
}

// grow counts bytes that a script takes beside those of its text, if it is still kept.
func (c *ScriptCache) grow(key scriptKey, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if kept, ok := c.scripts[key]; ok {
		kept.Value.(*cachedScript).bytes += bytes //nolint:forcetypeassert // nothing else is in it
		c.bytes += bytes
		c.evict()
	}
}

// evict removes what was not executed for the longest time, until the rest is within the bounds. It needs the lock.
func (c *ScriptCache) evict() {
	for c.bytes > maxCachedBytes || len(c.scripts) > maxCachedScripts {
		oldest := c.recent.Remove(c.recent.Back()).(*cachedScript) //nolint:forcetypeassert // nothing else is in it
		delete(c.scripts, oldest.key)
		c.bytes -= oldest.bytes
	}
}

// entry is the script of a key: the one that is kept, or a new one.
func (c *ScriptCache) entry(key scriptKey, prepare func() *prepared) *cachedScript {
	c.mu.Lock()
	defer c.mu.Unlock()
	if kept, ok := c.scripts[key]; ok {
		c.recent.MoveToFront(kept)
		return kept.Value.(*cachedScript) //nolint:forcetypeassert // nothing else is in it
	}
	size := treeBytes*len(key.text) + len(key.placeholders) + len(key.file) + len(key.name)
	entry := &cachedScript{key: key, bytes: size, prepare: sync.OnceValue(prepare)}
	if size > maxCachedBytes {
		return entry
	}
	c.scripts[key] = c.recent.PushFront(entry)
	c.bytes += size
	c.evict()
	return entry
}
