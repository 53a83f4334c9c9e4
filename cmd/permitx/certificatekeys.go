package main

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"permitx/internal/encumbrance"
)

// certificateKeyCommand is `permitx certificate-key`.
type certificateKeyCommand struct {
	databaseConfig
}

// Help is shown under the flags.
func (*certificateKeyCommand) Help() string {
	return `A running server uses the new key for the next code that it makes. Codes that older keys made stay good as long as
the files of these keys are there: take one away, and the check says of its codes that nothing can be said of them.`
}

// Validate returns everything that is wrong with the flags.
func (c *certificateKeyCommand) Validate() error { return all(c.problems()) }

// Run makes a key.
func (c *certificateKeyCommand) Run(g *globals) error {
	key, err := c.codes().add()
	if err == nil {
		g.print("New key %s in %s: codes are made by it from now on.", key.ID(), c.codes())
	}
	return err
}

// codeFiles keeps the keys of certificates' codes as files of a directory,
// numbered from 1: 64 hexadecimal digits each. It is to be backed up apart from
// the database, and not to be read by who may read that.
type codeFiles string

// keys are all keys, the newest first.
func (dir codeFiles) keys() ([]encumbrance.CodeKey, error) {
	numbers, err := dir.numbers()
	keys := make([]encumbrance.CodeKey, 0, len(numbers))
	for _, n := range numbers {
		key, bad := dir.read(n)
		if err = errors.Join(err, bad); bad == nil {
			keys = append(keys, key)
		}
	}
	return keys, err
}

// ensure makes the first key where there is none; without a directory no key is kept.
func (dir codeFiles) ensure() error {
	if dir == "" {
		return nil
	}
	numbers, err := dir.numbers()
	if err == nil && len(numbers) == 0 {
		_, err = dir.add()
	}
	return err
}

// add makes a key newer than all others.
func (dir codeFiles) add() (key encumbrance.CodeKey, err error) {
	numbers, err := dir.numbers()
	if err != nil {
		return key, err
	}
	next := 1
	if len(numbers) > 0 {
		next = numbers[0] + 1
	}
	_, _ = rand.Read(key[:]) // never fails: it would end the program
	return key, writeSecret(string(dir), strconv.Itoa(next), []byte(hex.EncodeToString(key[:])))
}

// numbers are the names of the files, the highest first. A directory that is
// missing has none.
func (dir codeFiles) numbers() ([]int, error) {
	if dir == "" {
		return nil, nil
	}
	files, err := os.ReadDir(string(dir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var numbers []int
	for _, f := range files {
		if n, err := strconv.Atoi(f.Name()); err == nil && n > 0 { // anything else is not ours
			numbers = append(numbers, n)
		}
	}
	slices.SortFunc(numbers, func(a, b int) int { return cmp.Compare(b, a) })
	return numbers, nil
}

func (dir codeFiles) read(n int) (key encumbrance.CodeKey, err error) {
	path := filepath.Join(string(dir), strconv.Itoa(n))
	text, err := os.ReadFile(path) //nolint:gosec // a number, in our own folder
	if err != nil {
		return key, err
	}
	if n, err := hex.Decode(key[:], text[:min(len(text), 2*len(key))]); err != nil || n != len(key) {
		return key, fmt.Errorf("the file %s has no key of %d hexadecimal digits", path, 2*len(key))
	}
	return key, nil
}
