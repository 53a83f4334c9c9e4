package auction

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strconv"

	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// KeySize is the length of an offer's key in bytes. Everything secret about an
// offer follows from it: its seal and its seed.
const KeySize = 32

// The plaintext of a quote has one length, whatever it says.
const (
	stepSize  = 16
	plainSize = 2 + StepsMost*stepSize
	nonceSize = 12

	plainConfirmed, plainNoncompetitive = 1, 2 // bits of the second byte
)

// ErrSeal is returned when a sealed quote cannot be opened with the offer's key.
var ErrSeal = fault.New(fault.Internal, "quote.seal_broken", "the sealed quote cannot be opened with the offer's key")

// A Seal closes and opens the quotes of one offer. It is safe for concurrent use.
type Seal struct {
	aead  cipher.AEAD
	nonce []byte // the key of the nonces
	Key   [KeySize]byte
}

// NewSeal returns the seal of a key.
func NewSeal(key [KeySize]byte) *Seal {
	block, err := aes.NewCipher(derive(key, "quotes"))
	if err != nil {
		panic(err) // a key of 32 bytes is one
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return &Seal{aead: aead, nonce: derive(key, "nonces"), Key: key}
}

// derive returns the key for one use.
func derive(key [KeySize]byte, use string) []byte {
	h := hmac.New(sha256.New, key[:])
	h.Write([]byte("permitx " + use))
	return h.Sum(nil)
}

// KeyDigest is what is published of a key when the offer is announced.
func (s *Seal) KeyDigest() string { return hexDigest(s.Key[:]) }

// Seed draws the ties; it is known when the key is.
func (s *Seal) Seed() []byte { return derive(s.Key, "seed") }

// SeedDigest is what is published of the seed before the window opens.
func (s *Seal) SeedDigest() string { return hexDigest(s.Seed()) }

func hexDigest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Close seals a quote for an offer's registration. context names the request:
// the nonce is drawn from the key, the context and the quote, so that the same
// request sent again is the same ciphertext, and no other has its nonce.
func (s *Seal) Close(t Terms, offer, person int64, context string) string {
	plain := t.plain()
	h := hmac.New(sha256.New, s.nonce)
	h.Write(about(offer, person))
	h.Write(plain)
	h.Write([]byte(context))
	nonce := h.Sum(nil)[:nonceSize]
	return base64.StdEncoding.EncodeToString(s.aead.Seal(nonce, nonce, plain, about(offer, person)))
}

// Open returns what a sealed quote of a person for an offer says, or ErrSeal.
func (s *Seal) Open(sealed string, offer, person int64) (Terms, error) {
	b, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(b) < nonceSize {
		return Terms{}, ErrSeal
	}
	plain, err := s.aead.Open(nil, b[:nonceSize], b[nonceSize:], about(offer, person))
	if err != nil || len(plain) != plainSize || plain[0] > StepsMost {
		return Terms{}, ErrSeal.Because(err)
	}
	return termsOf(plain), nil
}

// about binds a ciphertext to its offer and sender: it cannot be passed off as another's.
func about(offer, person int64) []byte {
	return []byte("offer " + strconv.FormatInt(offer, 10) + " person " + strconv.FormatInt(person, 10))
}

func (t Terms) plain() []byte {
	b := make([]byte, 2, plainSize)
	b[0] = byte(len(t.Steps)) //nolint:gosec // at most StepsMost
	if t.Confirmed {
		b[1] |= plainConfirmed
	}
	if t.Noncompetitive {
		b[1] |= plainNoncompetitive
	}
	for _, s := range t.Steps {
		b = binary.BigEndian.AppendUint64(b, uint64(s.Price))    //nolint:gosec // two's complement
		b = binary.BigEndian.AppendUint64(b, uint64(s.Quantity)) //nolint:gosec // two's complement
	}
	return b[:plainSize]
}

func termsOf(plain []byte) Terms {
	t := Terms{Steps: make([]Step, plain[0]), Confirmed: plain[1]&plainConfirmed != 0, Noncompetitive: plain[1]&plainNoncompetitive != 0}
	for i := range t.Steps {
		at := 2 + i*stepSize
		t.Steps[i] = Step{
			quantity.Price(binary.BigEndian.Uint64(plain[at:])),      //nolint:gosec // two's complement
			quantity.Quantity(binary.BigEndian.Uint64(plain[at+8:])), //nolint:gosec // two's complement
		}
	}
	return t
}

// Lots draws the order of tied bids: the place of a bid is that of
// SHA-256(draw ‖ bid) among all, as bytes, where draw = SHA-256(seed ‖ head), head
// is the hash of the last journal row that counts, and bid the number of the
// opened bid in decimal. Anybody can draw again.
type Lots struct{ draw [sha256.Size]byte }

// NewLots returns the draw of an offer.
func NewLots(seed, head []byte) Lots {
	return Lots{sha256.Sum256(append(append([]byte{}, seed...), head...))}
}

// Of is what decides a bid's place.
func (l Lots) Of(bid int64) [sha256.Size]byte {
	return sha256.Sum256(strconv.AppendInt(append([]byte{}, l.draw[:]...), bid, 10))
}
