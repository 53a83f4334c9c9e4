package main

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"sync"

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
	folder := c.codes()
	key, err := folder.add()
	if err == nil {
		g.print("New key %s in %s: codes are made by it from now on.", key.ID(), folder.path)
	}
	return err
}

// codeFolder keeps the keys of certificates' codes, a file each, numbered from
// 1: 64 hexadecimal digits. It is to be backed up apart from the database, and
// not to be read by who may read that.
type codeFolder struct {
	path string
	mu   sync.Mutex // the first key is made once
}

// keys are all keys, the newest first. The first is made when it is asked for.
func (f *codeFolder) keys() ([]encumbrance.CodeKey, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	numbers, err := f.numbers()
	if err == nil && len(numbers) == 0 {
		key, err := f.add()
		if err != nil { // a code by a key that is not kept would be wrong tomorrow
			return nil, err
		}
		return []encumbrance.CodeKey{key}, nil
	}
	keys := make([]encumbrance.CodeKey, 0, len(numbers))
	for _, n := range numbers {
		key, bad := readKey(f.path, strconv.Itoa(n))
		if err = errors.Join(err, bad); bad == nil {
			keys = append(keys, key)
		}
	}
	return keys, err
}

// add makes a key newer than all others.
func (f *codeFolder) add() (key encumbrance.CodeKey, err error) {
	numbers, err := f.numbers()
	if err != nil {
		return key, err
	}
	next := 1
	if len(numbers) > 0 {
		next = numbers[0] + 1
	}
	return makeKey(f.path, strconv.Itoa(next))
}

// numbers are the names of the files, the highest first. A folder that is
// missing has none.
func (f *codeFolder) numbers() ([]int, error) {
	files, err := os.ReadDir(f.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var numbers []int
	for _, file := range files {
		if n, err := strconv.Atoi(file.Name()); err == nil && n > 0 { // anything else is not ours
			numbers = append(numbers, n)
		}
	}
	slices.SortFunc(numbers, func(a, b int) int { return cmp.Compare(b, a) })
	return numbers, nil
}
