package store

import (
	"context"

	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/carbon"
)

// fillsPerRead bounds the rows of one statement.
const fillsPerRead = 10_000

// FillsBetween calls each with the fills between some sellers and some buyers, by id.
func (s *Store) FillsBetween(ctx context.Context, q app.FillsQuery, each func(app.PartyFill)) error {
	for from := q.From; ; {
		var rows []app.PartyFill
		err := s.read.WithContext(ctx).Raw(`
SELECT t.id, s.party AS seller, b.party AS buyer, t.seller_region, t.buyer_region, t.at
  FROM trade t
  JOIN market_order s ON s.id = t.sell_order
  JOIN market_order b ON b.id = t.buy_order
 WHERE t.id >= ? AND t.id < ? AND s.party IN ? AND b.party IN ?
 ORDER BY t.id LIMIT ?`, from, q.Before, q.Sellers, q.Buyers, fillsPerRead).Scan(&rows).Error
		if err != nil {
			return s.dialect.classify(err)
		}
		for _, f := range rows {
			each(f)
		}
		if len(rows) < fillsPerRead {
			return nil
		}
		from = rows[len(rows)-1].ID + 1
	}
}

// FreeUnits returns what a party holds of a series that it may dispose of, and what its
// longest ranges of that have, at most so many.
func (s *Store) FreeUnits(ctx context.Context, series, party int64, ranges int) (free app.FreeUnits, err error) {
	err = s.read.WithContext(ctx).Raw(`
SELECT CAST(COALESCE(SUM(units), 0) AS BIGINT) AS units,
       CAST(COALESCE(SUM(CASE WHEN place <= @ranges THEN units END), 0) AS BIGINT) AS longest
  FROM (SELECT last_unit - first_unit + 1 AS units, ROW_NUMBER() OVER (ORDER BY last_unit - first_unit DESC) AS place
          FROM credit_range
         WHERE party = @party AND series = @series AND state = @held AND offer = 0 AND mirror = 0) r`,
		map[string]any{"ranges": ranges, "party": party, "series": series, "held": string(carbon.Held)}).Scan(&free).Error
	return free, s.dialect.classify(err)
}

// SharedAccounts returns the bank accounts that more than one party has used
// through a day, with these parties.
func (s *Store) SharedAccounts(ctx context.Context, through calendar.Date) (uses []app.AccountUse, err error) {
	err = s.read.WithContext(ctx).Raw(`
SELECT DISTINCT payer_account AS account, party
  FROM bank_entry
 WHERE payer_account IN (SELECT payer_account
                           FROM bank_entry
                          WHERE payer_account <> '' AND party > 0 AND booked_on <= @through
                          GROUP BY payer_account
                         HAVING MIN(party) < MAX(party))
   AND party > 0 AND booked_on <= @through
 ORDER BY payer_account, party`, map[string]any{"through": int64(through)}).Scan(&uses).Error
	return uses, s.dialect.classify(err)
}
