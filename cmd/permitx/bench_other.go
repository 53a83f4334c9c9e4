//go:build !linux

package main

import "syscall"

// inMemory is not known here.
func inMemory(string) bool { return false }

// endsWithParent is not known here.
func endsWithParent() *syscall.SysProcAttr { return nil }
