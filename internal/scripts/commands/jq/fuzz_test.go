package jq_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/scripts/commands/jq"
)

// FuzzFilter evaluates any text as a filter, on any text as input: it ends, with results or one of the errors that Run names.
func FuzzFilter(f *testing.F) {
	files, _ := filepath.Glob("testdata/jq/*.txt")
	for _, file := range files {
		for i, c := range suite(f, file) {
			if i%5 == 0 {
				f.Add(c.filter, c.input)
			}
		}
	}
	f.Fuzz(func(t *testing.T, filter, input string) {
		meter := limits.NewMeter(t.Context(), nil, limits.Most{Memory: 8 << 20, Work: 2_000_000}, limits.Hooks{})
		defer meter.Close()
		p, err := jq.Compile(filter, nil)
		if err != nil {
			return
		}
		v, err := jq.NewReader(strings.NewReader(input), meter, false, false).Next()
		if err != nil {
			return
		}
		started := time.Now()
		printer := jq.NewPrinter(t.Context(), meter, jq.Format{Indent: "  "})
		err = p.Run(t.Context(), v, nil, jq.Runtime{Meter: meter}, func(v any) error {
			_, err := printer.JSON(v)
			return err
		})
		var bound *limits.Error
		var wrong *jq.ValueError
		var halt *jq.HaltError
		if err != nil && !errors.As(err, &bound) && !errors.As(err, &wrong) && !errors.As(err, &halt) {
			t.Errorf("%T: %v", err, err)
		}
		if took := time.Since(started); took > 10*time.Second {
			t.Errorf("took %s", took)
		}
	})
}
