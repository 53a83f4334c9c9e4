package store

import (
	"database/sql/driver"
	"errors"
	"io"
	"strings"
	"syscall"
)

// isBroken reports the errors of a socket that was closed in the middle.
func isBroken(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || strings.Contains(err.Error(), "conn closed")
}
