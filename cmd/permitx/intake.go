package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"permitx/internal/app"
	"permitx/internal/carbon"
	"permitx/internal/intake"
	"permitx/internal/store"
)

// intakeConfig says where the intake of carbon-inclusive schemes lies.
type intakeConfig struct {
	url   string // "": there is none
	salts string // directory
}

// intakeConfigOf is the intake beside a registry.
func intakeConfigOf(c databaseConfig) intakeConfig {
	return intakeConfig{url: store.IntakeURL(c.url()), salts: c.secrets(c.Salts, defaultSalts)}
}

// deliveryPause is how long what could not be delivered waits to be tried again; what
// was refused waits ever longer.
const deliveryPause = 5 * time.Minute

// runningIntake is an intake with its database, and its delivery to the trading
// registry.
type runningIntake struct {
	*intake.Intake
	store     *store.IntakeStore
	refused   *app.Refusals
	end       context.CancelFunc // of the delivery
	delivered chan struct{}      // closed when the delivery has ended
}

// openIntake takes the intake's writer role: the process that writes the
// trading registry has it.
func openIntake(ctx context.Context, c intakeConfig, a *app.App, clock app.Clock, log *slog.Logger) (*runningIntake, error) {
	pace := &intake.Pace{Trading: a.IsBusy}
	keep, err := store.OpenIntake(ctx, c.url, pace)
	if err != nil {
		return nil, err
	}
	own, end := context.WithCancel(context.WithoutCancel(ctx))
	salts := newSaltFolder(own, c.salts, keep)
	in, err := intake.Open(ctx, intake.Config{Store: keep, Register: a.IntakeRegister(salts.get), Clock: clock, Log: log, Pace: pace})
	if err != nil {
		end()
		return nil, errors.Join(err, keep.Close())
	}
	r := &runningIntake{in, keep, &app.Refusals{Clock: clock}, end, make(chan struct{})}
	go r.deliver(own, a, log)
	return r, nil
}

// deliver hands the outbox to the trading registry, and takes back what was
// rejected there: after a start, when a month was closed, and every while.
func (r *runningIntake) deliver(ctx context.Context, a *app.App, log *slog.Logger) {
	defer close(r.delivered)
	again := time.NewTicker(deliveryPause)
	defer again.Stop()
	for {
		select {
		case <-r.Deliverable():
		case <-again.C:
		case <-ctx.Done():
			return
		}
		if err := errors.Join(app.Deliver(ctx, r, a, commandKey, r.refused), app.TakeBack(ctx, r, a)); err != nil {
			log.ErrorContext(ctx, "the intake's outbox was not delivered whole", slog.Any("error", err))
		}
	}
}

// close ends the delivery and lets what waits finish.
func (r *runningIntake) close() error {
	if r == nil {
		return nil
	}
	r.end()
	<-r.delivered
	return errors.Join(r.Close(), r.store.Close())
}

// saltFolder keeps the salts of pseudonyms, a file each, outside of the
// databases: who has a database only cannot find out whose activities they are.
// With another salt every participant would be a new one, whose caps and periods
// nobody sees. So the intake has the digest of each that it knows participants
// by, and no other takes its place; the folder belongs into the backup, apart
// from the database's.
type saltFolder struct {
	folder string
	digest func(name string) ([]byte, error) // that the intake has; nil: none yet
	note   func(name string, digest []byte) error
	counts func(scheme int64) (bool, error) // whether the intake has activities of it
	mu     sync.Mutex
	known  map[string][]byte
}

const saltBytes = 32

func newSaltFolder(ctx context.Context, folder string, in *store.IntakeStore) *saltFolder {
	return &saltFolder{
		folder: folder, known: map[string][]byte{},
		digest: func(name string) ([]byte, error) { return in.SaltDigest(ctx, name) },
		note:   func(name string, digest []byte) error { return in.NoteSalt(ctx, name, digest) },
		counts: func(scheme int64) (bool, error) {
			_, activities, err := in.SumOf(ctx, scheme)
			return activities > 0, err
		},
	}
}

// get returns the salt of a scheme, which it makes when it is first asked for. What an
// intake has counted before it kept digests was by a salt, too.
func (f *saltFolder) get(s carbon.Scheme) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	name := s.Salt
	if salt := f.known[name]; salt != nil {
		return salt, nil
	}
	want, err := f.digest(name)
	if err != nil {
		return nil, err
	}
	counted := want != nil
	if !counted {
		if counted, err = f.counts(s.ID); err != nil {
			return nil, err
		}
	}
	salt, err := f.read(name, !counted)
	if err != nil {
		return nil, err
	}
	switch got := sha256.Sum256(salt); {
	case want == nil:
		err = f.note(name, got[:])
	case !bytes.Equal(got[:], want):
		err = fmt.Errorf("%s is another salt than participants are known by: put that one back", filepath.Join(f.folder, name))
	}
	if err != nil {
		return nil, err
	}
	f.known[name] = salt
	return salt, nil
}

// read reads a salt from its file, which it may make where nobody is known by it.
func (f *saltFolder) read(name string, mayMake bool) ([]byte, error) {
	path := filepath.Join(f.folder, name)
	salt, err := os.ReadFile(path) //nolint:gosec // a code of the register, in our own folder
	switch {
	case errors.Is(err, fs.ErrNotExist) && mayMake:
		salt = make([]byte, saltBytes)
		rand.Read(salt)
		err = writeSecret(f.folder, name, salt)
	case errors.Is(err, fs.ErrNotExist):
		err = fmt.Errorf("%s is missing, and participants are known by this salt: put it back", path)
	case err == nil && len(salt) != saltBytes:
		err = fmt.Errorf("%s is damaged: it must have %d bytes", path, saltBytes)
	}
	return salt, err
}
