//go:build !unix

package pgtest

import "syscall"

// sysProcAttr has nothing to set here; the private server needs a Unix system.
func (*account) sysProcAttr() *syscall.SysProcAttr { return nil }
