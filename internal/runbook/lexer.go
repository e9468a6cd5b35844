package runbook

import (
	"embed"
	"io/fs"
	"sync"

	"github.com/alecthomas/chroma/v2"
)

// lexerFiles are chroma's lexers of the languages that runbooks are written in, unchanged from its folder lexers/embedded; COPYING
// is their licence. The package chroma/lexers holds all 280 and reads the head of each at every start of the program: 8 ms and 2.7 MB.
//
//go:embed lexers/*.xml
var lexerFiles embed.FS

// lexers are the languages that are highlighted, by name and alias; all others are plain. They are read when the first is asked for.
var lexers = sync.OnceValue(func() *chroma.LexerRegistry {
	registry := chroma.NewLexerRegistry()
	files, _ := fs.Glob(lexerFiles, "lexers/*.xml") // the pattern is good
	for _, file := range files {
		registry.Register(chroma.MustNewXMLLexer(lexerFiles, file))
	}
	return registry
})
