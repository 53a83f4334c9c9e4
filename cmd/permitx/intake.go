package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"permitx/internal/app"
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
	salts := &saltFolder{folder: c.salts, known: map[string][]byte{}}
	in, err := intake.Open(ctx, intake.Config{Store: keep, Register: a.IntakeRegister(salts.get), Clock: clock, Log: log, Pace: pace})
	if err != nil {
		return nil, errors.Join(err, keep.Close())
	}
	own, end := context.WithCancel(context.WithoutCancel(ctx))
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
// A salt that is lost makes every participant a new one, so the folder belongs
// into the backup, apart from the database's.
type saltFolder struct {
	folder string
	mu     sync.Mutex
	known  map[string][]byte
}

const saltBytes = 32

// get returns a salt, which it makes when it is first asked for.
func (f *saltFolder) get(name string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if salt := f.known[name]; salt != nil {
		return salt, nil
	}
	path := filepath.Join(f.folder, name)
	salt, err := os.ReadFile(path) //nolint:gosec // a code of the register, in our own folder
	switch {
	case errors.Is(err, fs.ErrNotExist):
		salt = make([]byte, saltBytes)
		rand.Read(salt)
		err = writeSecret(f.folder, name, salt)
	case err == nil && len(salt) != saltBytes:
		err = fmt.Errorf("%s is damaged: it must have %d bytes", path, saltBytes)
	}
	if err == nil {
		f.known[name] = salt
	}
	return salt, err
}
