package main

import (
	"errors"
	"os"
	"path/filepath"
)

// Who owns secret files: the service, and nobody else.
const (
	secretDirMode  = 0o700
	secretFileMode = 0o600
)

// writeSecret puts a file in its place whole, in a directory that is made where
// it is missing, and syncs both.
func writeSecret(dir, name string, content []byte) error {
	if err := os.MkdirAll(dir, secretDirMode); err != nil {
		return err
	}
	path := filepath.Join(dir, name)
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, secretFileMode) //nolint:gosec // our own folder
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	d, err := os.Open(dir) //nolint:gosec // our own folder
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
