package app

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"permitx/internal/auction"
	"permitx/internal/fault"
	"permitx/internal/identity"
)

// SealKeys keeps the keys of offers, outside the database: who can read all of
// the database reads no bid. A key is random; its name says nothing.
type SealKeys interface {
	// Make returns the key of a name. Where there is none it makes one, which is
	// durable when Make returns.
	Make(name string) ([auction.KeySize]byte, error)
	// Key returns the key of a name, or an error when it is not there.
	Key(name string) ([auction.KeySize]byte, error)
}

// ErrNoSealKey is returned when the key of an offer's seal is not there: nothing
// is lost, and nothing can be bid or opened until an operator has brought it back.
var ErrNoSealKey = fault.New(fault.Unavailable, "offer.seal_key_missing", "the key that seals the bids of this offer is not there; an operator must bring it back")

// sealNameSize is longer than it was before an offer's key was its own alone: by the
// length offer_key_digest_unique knows those for which that holds (I-102).
const (
	sealNameSize   = 20 // bytes
	sealNameBefore = 32 // characters
)

// SealOffer gives an announcement the seal that its bids will be closed
// with. The same person's request with the same idempotency key gets the same
// seal, so that it can be sent again; when an offer was announced with it, another
// is refused with ErrSealUsed.
func (a *App) SealOffer(actor identity.Actor, key string, c OfferTerms) (OfferTerms, error) {
	if err := CheckKey(key); err != nil {
		return c, err
	}
	sum := sha256.Sum256([]byte("offer " + strconv.FormatInt(actor.Person, 10) + " " + key))
	c.SealName = hex.EncodeToString(sum[:sealNameSize])
	if a.config.Seals == nil {
		return c, ErrNoSealKey
	}
	secret, err := a.config.Seals.Make(c.SealName)
	if err != nil {
		return c, ErrNoSealKey.Because(err)
	}
	seal := auction.NewSeal(secret)
	c.KeyDigest, c.SeedDigest = seal.KeyDigest(), seal.SeedDigest()
	return c, nil
}

// SealQuote closes a quote before it goes on its way: from here on nothing but
// the writer's memory knows what it says. Quotes of an ascending auction are
// public and stay open. Returns ErrNoRecord or ErrNoSealKey.
func (a *App) SealQuote(actor identity.Actor, key string, offer int64, t auction.Terms) (QuotePlace, error) {
	c := QuotePlace{Offer: offer}
	o, known := ReadTable(a.Reference(), Offers).Get(offer)
	switch {
	case !known:
		return c, ErrNoRecord.At("id")
	case len(t.Steps) == 0 || len(t.Steps) > auction.StepsMost:
		return c, auction.ErrQuoteSteps
	case o.IsOpen() && t.Noncompetitive:
		return c, auction.ErrNoncompetitive
	case o.IsOpen():
		c.Price = t.Steps[0].Price
		c.Quantity = t.Steps[0].Quantity
		c.Confirmed = t.Confirmed
		if len(t.Steps) > 1 {
			return c, auction.ErrQuoteSteps
		}
		return c, nil
	}
	seal, err := a.seals.of(o)
	if err != nil {
		return c, err
	}
	c.Sealed = seal.Close(t, offer, actor.Person, key)
	return c, nil
}
