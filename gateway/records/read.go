package records

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"iter"
	"path/filepath"

	"github.com/einwahl/einwahl/gateway/records/ledger"
	"github.com/einwahl/einwahl/gateway/records/store"
	"github.com/einwahl/einwahl/gateway/records/vault"
)

// Reader looks at records, also while a gateway writes them. What it shows is
// how they were when it was opened.
type Reader struct {
	config Config
	store  *store.Store
	view   *store.View
	vault  *vault.Vault
}

// Look opens the records of a gateway to look at.
func Look(ctx context.Context, c Config) (*Reader, error) {
	r := &Reader{config: c}
	// Keys that are destroyed, or made, while the view begins must be among them:
	// they are read before it and after.
	before, err := vault.Open(filepath.Join(c.Directory, keysFile))
	if err != nil {
		return nil, err
	}
	if c.Postgres != "" {
		r.store, err = store.ReadPostgres(string(c.Postgres))
	} else {
		r.store, err = store.ReadSQLite(c.Directory)
	}
	if err != nil {
		return nil, err
	}
	if r.view, err = r.store.View(ctx); err != nil {
		return nil, errors.Join(err, r.store.Close())
	}
	if r.vault, err = vault.Open(filepath.Join(c.Directory, keysFile)); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	r.vault.Join(before)
	r.view.Decrypt(r.vault)
	return r, nil
}

// Close ends the look.
func (r *Reader) Close() error { return errors.Join(r.view.Close(), r.store.Close()) }

// Locked reports whether there is no key at all that contents could be read with.
func (r *Reader) Locked() bool { return r.vault.Days() == 0 }

// Entries are the entries of the ledger from a place on.
func (r *Reader) Entries(from uint64) iter.Seq2[ledger.Entry, error] { return r.view.Entries(from) }

// Calls are the call records from an ID on, with that ID.
func (r *Reader) Calls(from int64) iter.Seq2[store.Call, error] { return r.view.Calls(from) }

// CallsOf are the call records of a caller's pseudonym, with the newest last.
func (r *Reader) CallsOf(subject string) iter.Seq2[store.Call, error] { return r.view.CallsOf(subject) }

// Last is the end of the ledger.
func (r *Reader) Last() (ledger.Tail, error) { return r.view.Last() }

// LastCall is the highest ID of a call record; 0 where there is none.
func (r *Reader) LastCall() (int64, error) { return r.view.LastCall() }

// Head is the newest checkpoint; false where there is none.
func (r *Reader) Head() (ledger.Checkpoint, bool, error) { return r.view.Head() }

// Verify goes through the ledger and names all that does not fit. Beside the
// gateway's own key and file of checkpoints, those count that are kept
// elsewhere: files of checkpoints, and public keys.
func (r *Reader) Verify(files, keys []string) (ledger.Report, error) {
	return verify(r.view, r.config, files, keys, true)
}

// VerifyCopy is Verify for what somebody else has handed over: no key counts but
// these, whatever key lies in the folder.
func (r *Reader) VerifyCopy(files, keys []string) (ledger.Report, error) {
	return verify(r.view, r.config, files, keys, false)
}

func verify(view *store.View, c Config, files, keys []string, ownKey bool) (ledger.Report, error) {
	var trust ledger.Trust
	var err error
	if trust.Keys, err = trusted(c, keys, ownKey); err != nil {
		return ledger.Report{}, err
	}
	own, damaged, err := ownAnchors(c)
	if err != nil {
		return ledger.Report{}, err
	}
	trust.Anchors = own
	for _, file := range files {
		all, err := keptAnchors(file)
		if err != nil {
			return ledger.Report{}, err
		}
		trust.Anchors = append(trust.Anchors, all...)
	}
	report, err := ledger.Verify(ledger.Source{Entries: view.Entries(1), Checkpoints: view.Checkpoints()}, trust)
	if err != nil {
		return report, err
	}
	report.Faults = append(report.Faults, damaged...)
	strays, err := view.Strays()
	if strays > 0 {
		report.Faults = append(report.Faults, ledger.Fault{Kind: ledger.Inserted, Detail: fmt.Sprintf("before the first place there are rows: %d", strays)})
	}
	return report, err
}

// trusted are the keys whose signatures count, the gateway's own among them or
// not.
func trusted(c Config, keys []string, own bool) (all []ed25519.PublicKey, err error) {
	for _, text := range keys {
		key, err := ledger.ParseKey(text)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", text, err)
		}
		all = append(all, key)
	}
	if !own {
		return all, nil
	}
	// Whoever brings the key with which to verify does not need the gateway's.
	key, _, err := openKey(c.Directory, false)
	switch {
	case err == nil:
		return append(all, key.Public().(ed25519.PublicKey)), nil
	case len(keys) > 0:
		return all, nil
	case errors.Is(err, errNoKey):
		return nil, fmt.Errorf("%w; --key takes its public half", err)
	}
	return nil, err
}
