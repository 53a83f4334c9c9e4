package app

import (
	"context"
	"encoding/binary"
	"fmt"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/ledger"
	"permitx/internal/permit"
)

// Certificate is an acquisition as somebody outside may be shown it. It is
// derived from the committed rows and kept nowhere, so that it cannot differ
// from them.
type Certificate struct {
	Number      string
	Acquisition ledger.Acquisition
	Account     ledger.Account
	Instrument  catalog.Instrument
	Burdens     []encumbrance.Burden // in the order of encumbrance.Burdens
	Status      encumbrance.CertificateStatus
	On          calendar.Date
}

// CertificateSource is where a certificate comes from. It never changes.
type CertificateSource struct {
	Made       JournalRow // the command that made the acquisition
	Reason     ledger.Reason
	HolderName string // as the holder was called then
	HolderUSCC string
}

// CodeKeys are the keys of certificates' codes, the newest, which makes them,
// first; none where they are lost.
type CodeKeys func() ([]encumbrance.CodeKey, error)

// certificates derives certificates from committed rows.
type certificates struct {
	ctx  context.Context //nolint:containedctx // of one question
	rows Reader
	ref  *Reference
	on   calendar.Date
}

func (a *App) certificates(ctx context.Context) certificates {
	return certificates{ctx, a.Reader(), a.Reference(), a.Now().Date()}
}

// Certificate returns the certificate of a number. Returns
// encumbrance.ErrCertificateNumber or ErrNoRecord.
func (a *App) Certificate(ctx context.Context, number string) (Certificate, error) {
	region, id, err := encumbrance.ParseCertificateNumber(number)
	if err != nil {
		return Certificate{}, err
	}
	c := a.certificates(ctx)
	acquired, known, err := byID(ctx, c.rows, Acquisitions, id)
	if err != nil {
		return Certificate{}, err
	}
	if known {
		account, _, err := byID(ctx, c.rows, Accounts, int64(acquired.Account))
		if err != nil {
			return Certificate{}, err
		}
		if account.Region == region {
			shown, err := c.of([]ledger.Acquisition{acquired}, map[ledger.AccountID]ledger.Account{account.ID: account})
			if err != nil {
				return Certificate{}, err
			}
			return shown[0], nil
		}
	}
	return Certificate{}, ErrNoRecord.With("there is no certificate with the number %s", number).At("number")
}

// CertificatesOf returns the certificates of acquisitions, whose accounts the
// caller has read.
func (a *App) CertificatesOf(ctx context.Context, rows []ledger.Acquisition, accounts map[ledger.AccountID]ledger.Account) ([]Certificate, error) {
	return a.certificates(ctx).of(rows, accounts)
}

func (c certificates) of(rows []ledger.Acquisition, accounts map[ledger.AccountID]ledger.Account) ([]Certificate, error) {
	burdens, err := c.burdens(accounts)
	if err != nil {
		return nil, err
	}
	instruments := ReadTable(c.ref, Instruments)
	shown := make([]Certificate, len(rows))
	for i, a := range rows {
		account := accounts[a.Account]
		instrument, _ := instruments.Get(account.Instrument)
		s := encumbrance.Standing{Remaining: a.Remaining, TermEnd: instrument.TermEnd, Burdens: burdens[a.Account]}
		if a.Remaining == 0 {
			if s.LastUse, err = c.lastUse(a); err != nil {
				return nil, err
			}
		}
		shown[i] = Certificate{encumbrance.CertificateNumber(account.Region, a.ID), a, account, instrument, s.Burdens, s.Status(c.on), c.on}
	}
	return shown, nil
}

// burdens are what lies on holdings: freezes in effect, also by an overdue instalment, and
// the holds of pledges, leases and unpaid instalments.
func (c certificates) burdens(accounts map[ledger.AccountID]ledger.Account) (map[ledger.AccountID][]encumbrance.Burden, error) {
	found := map[ledger.AccountID]map[encumbrance.Burden]bool{}
	ids := make([]int64, 0, len(accounts))
	for id := range accounts {
		found[id] = map[encumbrance.Burden]bool{}
		ids = append(ids, int64(id))
	}
	for _, f := range ReadTable(c.ref, Freezes).All() {
		if on := found[f.Account]; on != nil && f.State.IsInEffect() {
			on[encumbrance.BurdenFreeze] = true
		}
	}
	var holds []ledger.Hold
	if len(ids) > 0 {
		q := Where("state", string(ledger.HoldActive)).And("account", In, ids)
		if err := c.rows.Find(c.ctx, Holds.name, q, &holds); err != nil {
			return nil, err
		}
	}
	for _, h := range holds {
		found[h.Account][encumbrance.BurdenOf(h.Purpose)] = true
	}
	frozen, err := FrozenSales(c.ctx, c.rows)
	if err != nil {
		return nil, err
	}
	for id := range frozen {
		if on := found[id]; on != nil {
			on[encumbrance.BurdenFreeze] = true
		}
	}
	burdens := map[ledger.AccountID][]encumbrance.Burden{}
	for id, on := range found {
		for _, b := range encumbrance.Burdens {
			if on[b] {
				burdens[id] = append(burdens[id], b)
			}
		}
	}
	return burdens, nil
}

// lastUse is why the last of an acquisition left: the posting by which the
// command that wrote it last took from its account.
func (c certificates) lastUse(a ledger.Acquisition) (ledger.Reason, error) {
	row, err := c.journal(a.Command)
	if err != nil {
		return 0, err
	}
	return c.reason(row, a.Account, func(p ledger.Posting) bool { return p.Debit == a.Account })
}

// CertificateSource finds where a certificate comes from.
func (a *App) CertificateSource(ctx context.Context, cert Certificate) (s CertificateSource, err error) {
	c := a.certificates(ctx)
	if s.Made, err = c.made(cert.Acquisition); err != nil {
		return s, err
	}
	account := cert.Account
	s.Reason, err = c.reason(s.Made, account.ID, func(p ledger.Posting) bool { return p.Credit == account.ID })
	if err != nil {
		return s, err
	}
	holder, _ := ReadTable(c.ref, Parties).Get(account.Party)
	s.HolderName, s.HolderUSCC = holder.Name, holder.USCC
	var renamed []permit.Rename
	after := Where("party", account.Party).And("command", Gt, s.Made.Number)
	after.Limit = 1
	if err = c.rows.Find(ctx, Renames.name, after, &renamed); err == nil && len(renamed) > 0 {
		s.HolderName, s.HolderUSCC = renamed[0].OldName, renamed[0].OldUSCC
	}
	return s, err
}

// made is the journal row that made an acquisition. That of a trade is the
// trade's, unless a later command carried the trade's price and date on to a
// new acquisition; from any other's last writer the after-images lead back,
// each naming the command before it. An acquisition is written once for each
// command that uses of it.
func (c certificates) made(a ledger.Acquisition) (JournalRow, error) {
	if row, found, err := c.madeByTrade(a); err != nil || found {
		return row, err
	}
	number := a.Command
	for {
		row, err := c.journal(number)
		if err != nil {
			return row, err
		}
		image, found, err := imageOf(row, Acquisitions.name, a.ID)
		switch {
		case err != nil:
			return row, err
		case !found || image.previous >= number:
			return row, fmt.Errorf("app: journal row %d should have written acquisition %d", number, a.ID)
		case image.previous == 0:
			return row, nil
		}
		number = image.previous
	}
}

// madeByTrade is the journal row of an acquisition's trade, if that made it.
func (c certificates) madeByTrade(a ledger.Acquisition) (row JournalRow, found bool, err error) {
	if a.Trade == 0 {
		return row, false, nil
	}
	t, known, err := byID(c.ctx, c.rows, Trades, a.Trade)
	if err != nil || !known {
		return row, false, err
	}
	if row, err = c.journal(t.Command); err == nil {
		_, found, err = imageOf(row, Acquisitions.name, a.ID)
	}
	return row, found, err
}

// reason is why a command moved permits on an account, of the newest of its
// postings that are of the asked sort.
func (c certificates) reason(row JournalRow, account ledger.AccountID, is func(ledger.Posting) bool) (ledger.Reason, error) {
	const page = 16
	image, found, err := imageOf(row, Balances.name, int64(account))
	if err != nil {
		return 0, err
	}
	last, ok := lastPostingOf(image.image)
	for found && ok && last != 0 {
		postings, err := c.rows.Statement(c.ctx, account, last, page)
		if err != nil {
			return 0, err
		}
		last = 0
		for _, p := range postings {
			if p.Command != row.Number {
				last = 0
				break
			}
			if is(p) {
				return p.Reason, nil
			}
			last = previousOn(p, account)
		}
	}
	return 0, fmt.Errorf("app: journal row %d has no such posting on account %d", row.Number, account)
}

// previousOn is the posting before one on an account.
func previousOn(p ledger.Posting, account ledger.AccountID) int64 {
	if p.Debit == account {
		return p.DebitPrevious
	}
	return p.CreditPrevious
}

func (c certificates) journal(number int64) (JournalRow, error) {
	var rows []JournalRow
	if err := c.rows.Find(c.ctx, Journal.name, Where("number", number), &rows); err != nil {
		return JournalRow{}, err
	}
	if len(rows) == 0 {
		return JournalRow{}, fmt.Errorf("app: there is no journal row %d", number)
	}
	return rows[0], nil
}

// imageOf is the after-image of a row that a command wrote.
func imageOf(row JournalRow, table string, id int64) (found change, ok bool, err error) {
	err = parseChanges(row.Changes, func(ch change) {
		if ch.table == table && imageID(ch.image) == id {
			found, ok = ch, true
		}
	})
	return found, ok, err
}

// lastPostingOf reads the newest posting out of the image of a balance; see appendBalance.
func lastPostingOf(image []byte) (last int64, ok bool) {
	for range 4 { // id, balance, held, last posting
		var size int
		if last, size = binary.Varint(image); size <= 0 {
			return 0, false
		}
		image = image[size:]
	}
	return last, true
}

// byID reads a committed row by its id.
func byID[R any](ctx context.Context, r Reader, t Table[R], id int64) (row R, known bool, err error) {
	var rows []R
	if err = r.Find(ctx, t.name, Where("id", id), &rows); err != nil || len(rows) == 0 {
		return row, false, err
	}
	return rows[0], true, nil
}
