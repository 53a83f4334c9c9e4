package main

import (
	"errors"
	"fmt"
	"io/fs"
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
	return makeKey(string(dir), name)
}

// Key reads a key.
func (dir sealFiles) Key(name string) (key [auction.KeySize]byte, err error) {
	if name == "" || strings.Trim(name, "0123456789abcdef") != "" {
		return key, fmt.Errorf("%.40q names no key of a seal", name)
	}
	return readKey(string(dir), name)
}
