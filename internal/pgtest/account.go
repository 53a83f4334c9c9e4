package pgtest

import (
	"errors"
	"os"
	"os/user"
	"strconv"
)

// account is the system user that the server runs as; nil is our own.
type account struct{ uid, gid uint32 }

// serverAccount returns an account that may run PostgreSQL, which refuses to
// run as root: ours, or, if we are root, "postgres" or "nobody".
func serverAccount() (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // nil is a meaningful account: our own
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(errUID, errGID); err != nil {
			return nil, err
		}
		return &account{uint32(uid), uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
}

// give makes the account the owner of a directory that we made.
func (a *account) give(dir string) error {
	if a == nil {
		return nil
	}
	return os.Chown(dir, int(a.uid), int(a.gid))
}
