package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"permitx/internal/app"
)

// readPoint reads how far a registry was verified; the beginning when no file
// is named or there is none yet.
func readPoint(file string) (app.Point, error) {
	var p app.Point
	if file == "" {
		return p, nil
	}
	text, err := os.ReadFile(file) //nolint:gosec // the operator names it
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil {
		return p, fmt.Errorf("read the point of the last check: %w", err)
	}
	return p, nil
}

// writePoint keeps how far a registry was verified, if a file is named.
func writePoint(file string, p app.Point) error {
	if file == "" {
		return nil
	}
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	const onlyUs = 0o600
	if err := os.WriteFile(file, append(text, '\n'), onlyUs); err != nil {
		return fmt.Errorf("keep the point of this check: %w", err)
	}
	return nil
}
