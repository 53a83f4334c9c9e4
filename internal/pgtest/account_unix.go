//go:build unix

package pgtest

import "syscall"

// sysProcAttr starts a process as the account, in a process group of its own:
// an interrupt typed at the terminal must reach the tests first, and their
// database only when they are done.
func (a *account) sysProcAttr() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if a != nil {
		attr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	return attr
}
