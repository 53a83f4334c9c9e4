package intake

import (
	"crypto/sha256"
	"encoding/binary"
)

// chain gives a journal row its hash: SHA-256 over the hash before and all that
// the row says.
func (r *JournalRow) chain(before []byte) []byte {
	b := append([]byte{}, before...)
	for _, v := range [...]int64{
		r.Number, int64(r.At), r.Actor, int64(r.Accepted), int64(r.Duplicates), int64(r.Refused), int64(r.Amount),
	} {
		b = binary.AppendVarint(b, v)
	}
	b = appendText(appendText(b, string(r.Kind)), r.Key)
	answer := sha256.Sum256(r.Answer)
	b = append(append(append(b, r.Payload...), r.Rows...), answer[:]...)
	sum := sha256.Sum256(b)
	return sum[:]
}
