package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"permitx/internal/app"
	"permitx/internal/auction"
)

var _ app.SealKeys = sealFiles("")

// sealFiles keeps the keys of offers as files of a directory, one an offer: 64
// hexadecimal digits. It is to be backed up apart from the database, and not to
// be read by who may read that.
type sealFiles string

// Make returns the key of a name; a new one has reached the disk when it returns.
func (dir sealFiles) Make(name string) ([auction.KeySize]byte, error) {
	key, err := dir.Key(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	_, _ = rand.Read(key[:]) // never fails: it would end the program
	return key, writeSecret(string(dir), name, []byte(hex.EncodeToString(key[:])))
}

// Key reads a key.
func (dir sealFiles) Key(name string) (key [auction.KeySize]byte, err error) {
	if name == "" || strings.Trim(name, "0123456789abcdef") != "" {
		return key, fmt.Errorf("%.40q names no key of a seal", name)
	}
	text, err := os.ReadFile(filepath.Join(string(dir), name)) //nolint:gosec // hexadecimal digits, in our own folder
	if err != nil {
		return key, err
	}
	if n, err := hex.Decode(key[:], text[:min(len(text), 2*auction.KeySize)]); err != nil || n != auction.KeySize {
		return key, fmt.Errorf("the file %s has no key of %d hexadecimal digits", name, 2*auction.KeySize)
	}
	return key, nil
}
