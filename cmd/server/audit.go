package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/opsbook/opsbook/internal/audit"
	"github.com/opsbook/opsbook/internal/audit/streams"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
)

const auditHelp = `The audit log is in the database, each entry with the hash of the one before it. verify and
export read it beside servers that use it; erase needs the database for itself on SQLite.

    opsbook audit verify
    opsbook audit verify --anchor /mnt/elsewhere/audit.jsonl  and compare it with what a stream has
    opsbook audit export > audit.jsonl                       JSON lines, as OCSF's API Activity
    opsbook audit erase 4711 --reason "a password in a note"

erase takes the text of an entry, and who it was of. The entry stays with its hash, another one
says who erased it and why, and the chain verifies.

Exit status: 0 all is well; 1 something is wrong with the chain; 2 it could not be read or
erased; 3 wrong usage.`

// auditCommand verifies and exports the audit log, and erases in it.
type auditCommand struct {
	Reason string
	Anchor []string
}

// flags implements flagged.
func (c *auditCommand) flags(f *pflag.FlagSet) {
	f.StringArrayVar(&c.Anchor, "anchor", nil, "`FILE` What a stream has written, to compare the chain with; may be repeated.")
	f.StringVar(&c.Reason, "reason", "", "`TEXT` Why an entry is erased.")
}

func (c *auditCommand) run(ctx context.Context, o *options, t terminal, words []string) error {
	switch {
	case len(words) == 1 && words[0] == "verify":
		return o.readAudit(ctx, t, func(db *store.DB) error { return c.verify(ctx, db, t) })
	case len(words) == 1 && words[0] == "export":
		return o.readAudit(ctx, t, func(db *store.DB) error { return exportAudit(ctx, db, t.out) })
	case len(words) == 2 && words[0] == "erase":
		return c.erase(ctx, o, t, words[1])
	}
	return procedures.Errorf(procedures.CodeInvalid, "audit wants one of: verify, export, erase NUMBER --reason TEXT")
}

// readAudit opens the database for reading, beside servers that use it.
func (o *options) readAudit(ctx context.Context, t terminal, read func(*store.DB) error) error {
	from, err := o.databaseName(t)
	if err != nil {
		return err
	}
	db, err := store.OpenToRead(ctx, from)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // it was only read
	return read(db)
}

// verify verifies the chain, and compares it with anchors that were kept elsewhere.
func (c *auditCommand) verify(ctx context.Context, db *store.DB, t terminal) error {
	w, v := t.out, &audit.Verifier{}
	for _, name := range c.Anchor {
		file, err := os.Open(name)
		if err != nil {
			return procedures.Errorf(procedures.CodeInvalid, "read the anchors: %w", err)
		}
		anchors, err := streams.Anchors(file)
		if err := errors.Join(err, file.Close()); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for _, a := range anchors {
			v.Anchor(a.Number, a.Hash)
		}
	}
	last, problems, err := db.VerifyAuditBy(ctx, v)
	if err != nil {
		return err
	}
	if len(problems) == 0 {
		_, err = fmt.Fprintf(w, "%d entries, and the chain is whole. Its head is %s\n", last.Number, last.Hash)
		return err
	}
	for _, p := range problems {
		if _, err := fmt.Fprintln(w, p); err != nil {
			return err
		}
	}
	return exitError(exitFailed)
}

// exportedAtOnce is how many entries are read at a time.
const exportedAtOnce = 1000

func exportAudit(ctx context.Context, db *store.DB, w io.Writer) error {
	out := json.NewEncoder(w)
	for after := int64(0); ; {
		rows, err := db.AuditAfter(ctx, after, exportedAtOnce)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			line, err := audit.OCSF(r, built().Version)
			if err != nil {
				return err
			}
			if err := out.Encode(line); err != nil {
				return fmt.Errorf("write the audit log: %w", err)
			}
			after = r.Number
		}
	}
}

func (c *auditCommand) erase(ctx context.Context, o *options, t terminal, word string) error {
	number, err := strconv.ParseInt(word, 10, 64)
	if err != nil || number < 1 || strings.TrimSpace(c.Reason) == "" {
		return procedures.Errorf(procedures.CodeInvalid, "erase wants the number of an entry, and why it is erased: "+
			"opsbook audit erase 4711 --reason \"a password in a note\"")
	}
	folder, err := o.dataFolder(t)
	if err != nil {
		return err
	}
	db, err := o.openDatabase(ctx, folder)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // what was erased is committed
	for {            // what was recorded before has its place before
		some, err := db.ChainAudit(ctx)
		if err != nil {
			return err
		}
		if !some {
			break
		}
	}
	if err := db.EraseAudit(ctx, number, c.Reason, audit.Origin{Name: terminalUser(), Issuer: "terminal"}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(t.out, "The text of entry %d is erased. The entry stays, and another one says who erased it and why.\n", number)
	return err
}

// Pauses of chainAudit: between looks for what this process has recorded, and for what others left.
const (
	chainPause = 300 * time.Millisecond
	chainOther = 10 * time.Second
)

// chainAudit gives what is recorded its place in the chain, until ctx ends, and once more after that.
func (p *portal) chainAudit(ctx context.Context) {
	looked := time.Time{}
	chain := func(ctx context.Context) {
		for {
			some, err := p.db.ChainAudit(ctx)
			if err != nil && ctx.Err() == nil {
				p.logger.WarnContext(ctx, "entries of the audit log wait for their place in the chain", "error", err)
			}
			if !some || err != nil {
				return
			}
		}
	}
	for {
		if p.db.Unchained() || time.Since(looked) > chainOther {
			looked = time.Now()
			chain(ctx)
		}
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), chainOther)
			defer cancel()
			chain(last)
			return
		case <-time.After(chainPause):
		}
	}
}

// recordConfiguration records with which configuration a server starts: its digest, and what its roles say.
func (p *portal) recordConfiguration(ctx context.Context, o *options) error {
	c, err := readConfiguration(o.Config)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(configurationName(o.Config))
	if err != nil { // there is none
		text = nil
	}
	sum := sha256.Sum256(text)
	says := []string{"opsbook " + built().Version}
	for _, r := range c.rules() {
		verbs := make([]string, len(r.May))
		for i, a := range r.May {
			verbs[i] = string(a)
		}
		says = append(says, fmt.Sprintf("role %s (%s) may %s", r.Name, r.Whose(), strings.Join(verbs, " ")))
	}
	return p.db.Record(ctx, audit.Entry{
		Kind: audit.Configured, Result: "started", Digest: hex.EncodeToString(sum[:]), Text: strings.Join(says, "; "),
		Origin: audit.Origin{Name: terminalUser(), Issuer: "terminal"},
	})
}
