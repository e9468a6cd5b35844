package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

// TestTokensAreKept: as they were made, under a hash and a name of their own, until they are ended, also by another process.
func TestTokensAreKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.DB) {
		ctx, db := t.Context(), open()
		now := time.Now().Truncate(time.Millisecond)
		made := &procedures.Token{
			ID: "id", Name: "deploys", Role: "deployer", Verbs: []string{"view"}, Environments: []string{"view"},
			Procedures: []string{"a/**"}, Effects: procedures.EffectChange, By: "Ada", Maker: "https://sso u-1", Made: now,
			Expires: now.Add(time.Hour),
		}
		if err := db.InsertToken(ctx, made, "hash", 2); err != nil {
			t.Fatal(err)
		}
		same := *made
		same.ID = "other"
		if err := db.InsertToken(ctx, &same, "another hash", 2); procedures.CodeOf(err) != procedures.CodeConflict {
			t.Errorf("a second one of the name: %v", err)
		}
		same.Name = "more"
		if err := db.InsertToken(ctx, &same, "another hash", 1); procedures.CodeOf(err) != procedures.CodeConflict {
			t.Errorf("one beyond the most: %v", err)
		}
		if err := db.UseToken(ctx, "id", now.Add(time.Second), "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
		got, err := db.Token(ctx, "hash")
		if err != nil {
			t.Fatal(err)
		}
		if got.Name != "deploys" || got.Role != "deployer" || !slices.Equal(got.Verbs, []string{"view"}) || got.Effects != "change" ||
			!slices.Equal(got.Environments, []string{"view"}) || !slices.Equal(got.Procedures, []string{"a/**"}) || got.By != "Ada" ||
			got.Maker != "https://sso u-1" || !got.Expires.Equal(made.Expires) || !got.Used.Equal(now.Add(time.Second)) ||
			got.From != "192.0.2.1" {
			t.Errorf("it is %+v", got)
		}
		if ended, err := db.EndToken(ctx, "deploys"); err != nil || ended.ID != "id" {
			t.Errorf("ended %+v, %v", ended, err)
		}
		_, err = db.Token(ctx, "hash")
		_, again := db.EndToken(ctx, "id")
		if procedures.CodeOf(err) != procedures.CodeNotFound || procedures.CodeOf(again) != procedures.CodeNotFound {
			t.Errorf("after its end: %v, %v", err, again)
		}
	})
}
