package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

// TestRaised: who has broken glass is kept with its record, or neither is; it is ended once.
func TestRaised(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.DB) {
		db := open()
		r := procedures.Raised{
			ID: "a", Issuer: "proxy", Subject: "ada", Name: "Ada", Reason: "an incident", Begun: noon, Until: noon.Add(time.Hour),
		}
		failed := errors.New("no outbox")
		if err := db.Raise(t.Context(), r, func(procedures.Tx) error { return failed }); !errors.Is(err, failed) {
			t.Errorf("what cannot be told is kept: %v", err)
		}
		for _, want := range []procedures.ErrorCode{"", procedures.CodeConflict} {
			if err := db.Raise(t.Context(), r, nil); procedures.CodeOf(err) != want {
				t.Errorf("%v; want %s", err, want)
			}
			r.ID = "b"
		}
		all, err := db.Raised(t.Context())
		if err != nil || len(all) != 1 || all[0].Name != "Ada" || !all[0].Until.Equal(r.Until) {
			t.Fatalf("%+v, %v", all, err)
		}
		for _, want := range []bool{true, false} {
			if ended, err := db.EndRaised(t.Context(), all[0], r.Until, ""); ended != want || err != nil {
				t.Errorf("ended %v, %v", ended, err)
			}
		}
		chain(t, db)
		if n, _ := verified(t, db); n != 2 {
			t.Errorf("%d entries", n)
		}
	})
}
