package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
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

// secretKey is a key as its file keeps it: 64 hexadecimal digits.
type secretKey = [32]byte

// makeKey returns a new key, which has reached the disk.
func makeKey(dir, name string) (key secretKey, err error) {
	_, _ = rand.Read(key[:]) // never fails: it would end the program
	return key, writeSecret(dir, name, []byte(hex.EncodeToString(key[:])))
}

// readKey reads a key. The name is one that the program has made.
func readKey(dir, name string) (key secretKey, err error) {
	path := filepath.Join(dir, name)
	text, err := os.ReadFile(path) //nolint:gosec // in our own folder
	if err != nil {
		return key, err
	}
	if n, err := hex.Decode(key[:], text[:min(len(text), 2*len(key))]); err != nil || n != len(key) {
		return key, fmt.Errorf("the file %s has no key of %d hexadecimal digits", path, 2*len(key))
	}
	return key, nil
}
