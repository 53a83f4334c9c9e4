package app

import (
	"bytes"
	"encoding/binary"

	"permitx/internal/ledger"
)

// certificateCheck holds that every acquisition was made by exactly one
// command, in the order of their ids, and that what a certificate shows of it
// is what was made (I-54). It follows the table beside the journal: both are in
// the order in which acquisitions were made.
type certificateCheck struct {
	c     *checker
	table follower[ledger.Acquisition]
	last  int64 // the newest acquisition that was made
}

func newCertificateCheck(c *checker) *certificateCheck {
	return &certificateCheck{c: c, table: follower[ledger.Acquisition]{c: c, table: Acquisitions}}
}

// see takes an after-image of a journal row.
func (k *certificateCheck) see(number int64, ch change) error {
	if ch.table != Acquisitions.name || ch.previous != 0 {
		return nil
	}
	id := imageID(ch.image)
	switch {
	case id <= k.last:
		k.c.report("I-54", Acquisitions.name, id, "is made by command %d after acquisition %d was: its certificate stands for two", number, k.last)
		return nil
	case k.last == 0: // a check from a point on begins behind it
		k.table.after = id - 1
	}
	k.last = id
	row, err := k.table.at(id)
	if err != nil || row == nil {
		return err // that it is missing, I-10 says
	}
	if !bytes.HasPrefix(ch.image, appendMade(nil, row)) {
		k.c.report("I-54", Acquisitions.name, id, "is not what command %d made", number)
	}
	return nil
}

// at returns the row with an id of a table that is read upwards, nil when there is none.
func (f *follower[R]) at(id int64) (*R, error) {
	for {
		for ; f.next < len(f.rows); f.next++ {
			if row := &f.rows[f.next]; idOf(row) >= id {
				if idOf(row) > id {
					return nil, nil
				}
				return row, nil
			}
		}
		if f.done {
			return nil, nil
		}
		if err := f.read(); err != nil {
			return nil, err
		}
	}
}

// appendMade appends what of an acquisition never changes: the head of its
// encoding. See appendAcquisition.
func appendMade(b []byte, a *ledger.Acquisition) []byte {
	whole := *a
	whole.Remaining, whole.Command = 0, 0
	b = appendAcquisition(b, &whole)
	return b[:len(b)-2*len(binary.AppendVarint(nil, 0))]
}
