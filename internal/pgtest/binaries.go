package pgtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ErrNotInstalled is returned when the machine has no PostgreSQL server and
// installing one was not permitted or not possible.
var ErrNotInstalled = errors.New("PostgreSQL is not installed (initdb and postgres are neither in PATH nor in /usr/lib/postgresql/*/bin)")

// binaryDirs are where packages put the server when they leave it out of PATH:
// Debian and Ubuntu, then Red Hat.
var binaryDirs = []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin"}

// findBinaries returns the directory of the server's programs: the one in PATH
// or else the newest installed.
func findBinaries() (string, error) {
	if p, err := exec.LookPath("initdb"); err == nil {
		// Often a symbolic link to one program; its neighbours are at the target.
		if p, err = filepath.EvalSymlinks(p); err == nil && isServerDir(filepath.Dir(p)) {
			return filepath.Dir(p), nil
		}
	}
	for _, pattern := range binaryDirs {
		dirs, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		dirs = slices.DeleteFunc(dirs, func(d string) bool { return !isServerDir(d) })
		if len(dirs) > 0 {
			return slices.MaxFunc(dirs, func(a, b string) int { return cmp.Compare(version(a), version(b)) }), nil
		}
	}
	return "", ErrNotInstalled
}

// isServerDir tells whether dir has the two programs that a server needs.
func isServerDir(dir string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		if _, err := exec.LookPath(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

// version returns the major version in a path like /usr/lib/postgresql/15/bin, or 0.
func version(dir string) int {
	name := filepath.Base(filepath.Dir(dir))
	major, _, _ := strings.Cut(name[strings.LastIndex(name, "-")+1:], ".")
	n, err := strconv.Atoi(major)
	if err != nil {
		return 0
	}
	return n
}

// install installs Debian's PostgreSQL. It needs root and apt-get.
func install(ctx context.Context, progress io.Writer) error {
	apt, err := exec.LookPath("apt-get")
	if err != nil || os.Geteuid() != 0 {
		return fmt.Errorf("%w; install it (Debian, Ubuntu: apt-get install postgresql), or set %s", ErrNotInstalled, EnvURL)
	}
	fmt.Fprintln(progress, "PostgreSQL is missing: installing Debian's package (apt-get install postgresql) ...")
	for _, args := range [][]string{
		{"update", "-q"},
		{"install", "-q", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120", "postgresql"},
	} {
		cmd := exec.CommandContext(ctx, apt, args...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("apt-get %s: %w\n%s", args[0], err, tail(out))
		}
	}
	fmt.Fprintln(progress, "PostgreSQL is installed.")
	return nil
}

// tail returns the end of a program's output, enough to see why it failed.
func tail(out []byte) []byte {
	const tailMax = 2000 // bytes
	return out[max(0, len(out)-tailMax):]
}
