-- What bidders forfeited lies apart from the fees, in an account of each region, until its treasury has it; leases and pledges
-- are counted beside the trades. Amounts, dates and instants are as in 00001.

-- +goose Up
-- SQLite cannot ADD CONSTRAINT account_kind_known, CONSTRAINT account_asset and CONSTRAINT trade_total_kind_known anew: their
-- words are changed where they stand (sqlite.org/lang_altertable.html, section 7); no row is touched.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(sql, 'kind BETWEEN 1 AND 15', 'kind BETWEEN 1 AND 16'),
       '(kind <= 6 OR kind >= 13) = (region', '(kind <> 16 OR region <> '''') AND (kind <= 6 OR kind BETWEEN 13 AND 15) = (region') WHERE type = 'table' AND name = 'account';
UPDATE sqlite_schema SET sql = replace(sql, '''judicial_sale'', ''buy_back'')', '''judicial_sale'', ''buy_back'', ''lease'', ''pledge'')')
 WHERE type = 'table' AND name = 'trade_total';
PRAGMA writable_schema = RESET;

INSERT INTO posting_reason (reason, name) VALUES (59, 'treasury_payout'), (60, 'forfeit_move');

CREATE TABLE treasury_payout (
    id             INTEGER NOT NULL CONSTRAINT treasury_payout_pkey PRIMARY KEY,
    region         TEXT    NOT NULL,
    amount         BIGINT  NOT NULL,
    document       TEXT    NOT NULL,
    bank_reference TEXT    NOT NULL,
    paid_on        INTEGER NOT NULL,
    entry          BIGINT  NOT NULL,
    transfer       BIGINT  NOT NULL,
    recorded_at    BIGINT  NOT NULL,
    command        BIGINT  NOT NULL,
    CONSTRAINT treasury_payout_positive CHECK (amount > 0),
    CONSTRAINT treasury_payout_documented CHECK (document <> '' AND bank_reference <> '' AND paid_on > 0),
    CONSTRAINT treasury_payout_posted CHECK (entry > 0 AND transfer > 0),
    CONSTRAINT treasury_payout_reference_unique UNIQUE (bank_reference),
    CONSTRAINT treasury_payout_entry_unique UNIQUE (entry)
);
CREATE INDEX treasury_payout_by_region ON treasury_payout (region, id);
-- +goose StatementBegin
CREATE TRIGGER treasury_payout_no_update BEFORE UPDATE ON treasury_payout BEGIN SELECT RAISE(ABORT, 'a row of treasury_payout is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER treasury_payout_no_delete BEFORE DELETE ON treasury_payout BEGIN SELECT RAISE(ABORT, 'a row of treasury_payout is never deleted'); END;
-- +goose StatementEnd

-- What was forfeited to regions before is among the fees: the first command moves it.
INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-90', coalesce(max(length), 0), 0 FROM registry;
INSERT INTO timer (id, due_at, purpose, reference, state, command)
SELECT (SELECT coalesce(max(id), 0) + 1 FROM timer), r.last_at, 'forfeit.move', 0, 'pending', 0
  FROM registry r WHERE EXISTS (SELECT 1 FROM award WHERE forfeited > 0);

-- What a pledge secures. The leases and pledges of the days that are added up are counted by the first command.
ALTER TABLE trade_total ADD COLUMN secured BIGINT NOT NULL DEFAULT 0 CONSTRAINT trade_total_secured_by_pledge CHECK (secured = 0 OR kind = 'pledge');
CREATE INDEX encumbrance_step_by_event ON encumbrance_step (event, at);
INSERT INTO timer (id, due_at, purpose, reference, state, command)
SELECT (SELECT coalesce(max(id), 0) + 1 FROM timer), 1, 'statistics.count_encumbrances', 0, 'pending', 0
  FROM registry r WHERE EXISTS (SELECT 1 FROM encumbrance_step);

DROP VIEW v_trade_total;
CREATE VIEW v_trade_total AS
SELECT t.id, t.span, t.starts_on, t.seller_region, t.buyer_region, t.pollutant, t.kind, t.trades,
       CASE WHEN t.quantity < 0 THEN '-' ELSE '' END || (abs(t.quantity) / 1000000) || '.' || substr('000000' || (abs(t.quantity) % 1000000), -6) AS quantity, CASE WHEN t.amount < 0 THEN '-' ELSE '' END || (abs(t.amount) / 100) || '.' || substr('00' || (abs(t.amount) % 100), -2) AS amount, CASE WHEN t.annual < 0 THEN '-' ELSE '' END || (abs(t.annual) / 100) || '.' || substr('00' || (abs(t.annual) % 100), -2) AS annual, t.command,
       CASE WHEN t.secured < 0 THEN '-' ELSE '' END || (abs(t.secured) / 100) || '.' || substr('00' || (abs(t.secured) % 100), -2) AS secured
  FROM trade_total t;

DROP VIEW v_account;
CREATE VIEW v_account AS
SELECT a.id, CASE a.kind WHEN 1 THEN 'cap' WHEN 2 THEN 'unallocated' WHEN 3 THEN 'reserve' WHEN 4 THEN 'holding' WHEN 5 THEN 'in_transit' WHEN 6 THEN 'retired' WHEN 7 THEN 'bank' WHEN 8 THEN 'funds' WHEN 9 THEN 'escrow' WHEN 10 THEN 'deposit' WHEN 11 THEN 'fee' WHEN 12 THEN 'suspense' WHEN 13 THEN 'credits_issued' WHEN 14 THEN 'credits' WHEN 15 THEN 'credits_retired' WHEN 16 THEN 'forfeits' END AS kind, CASE a.origin WHEN 1 THEN 'paid' WHEN 2 THEN 'free' WHEN 3 THEN 'unknown' END AS origin,
       a.region, a.pollutant, a.party, a.licence, i.code AS instrument,
       CASE WHEN a.kind <= 6 OR a.kind BETWEEN 13 AND 15 THEN CASE WHEN b.balance < 0 THEN '-' ELSE '' END || (abs(b.balance) / 1000000) || '.' || substr('000000' || (abs(b.balance) % 1000000), -6) ELSE CASE WHEN b.balance < 0 THEN '-' ELSE '' END || (abs(b.balance) / 100) || '.' || substr('00' || (abs(b.balance) % 100), -2) END AS balance, CASE WHEN a.kind <= 6 OR a.kind BETWEEN 13 AND 15 THEN CASE WHEN b.held < 0 THEN '-' ELSE '' END || (abs(b.held) / 1000000) || '.' || substr('000000' || (abs(b.held) % 1000000), -6) ELSE CASE WHEN b.held < 0 THEN '-' ELSE '' END || (abs(b.held) / 100) || '.' || substr('00' || (abs(b.held) % 100), -2) END AS held, CASE WHEN a.kind <= 6 OR a.kind BETWEEN 13 AND 15 THEN CASE WHEN b.balance - b.held < 0 THEN '-' ELSE '' END || (abs(b.balance - b.held) / 1000000) || '.' || substr('000000' || (abs(b.balance - b.held) % 1000000), -6) ELSE CASE WHEN b.balance - b.held < 0 THEN '-' ELSE '' END || (abs(b.balance - b.held) / 100) || '.' || substr('00' || (abs(b.balance - b.held) % 100), -2) END AS available, b.last_posting, b.command
  FROM account a JOIN balance b ON b.id = a.id LEFT JOIN instrument i ON i.id = a.instrument;
DROP VIEW v_posting;
CREATE VIEW v_posting AS
SELECT p.id, p.transfer, r.name AS reason, p.reference, p.debit, p.credit,
       CASE WHEN a.kind <= 6 OR a.kind BETWEEN 13 AND 15 THEN CASE WHEN p.amount < 0 THEN '-' ELSE '' END || (abs(p.amount) / 1000000) || '.' || substr('000000' || (abs(p.amount) % 1000000), -6) ELSE CASE WHEN p.amount < 0 THEN '-' ELSE '' END || (abs(p.amount) / 100) || '.' || substr('00' || (abs(p.amount) % 100), -2) END AS amount, CASE WHEN a.kind <= 6 OR a.kind BETWEEN 13 AND 15 THEN CASE WHEN p.debit_after < 0 THEN '-' ELSE '' END || (abs(p.debit_after) / 1000000) || '.' || substr('000000' || (abs(p.debit_after) % 1000000), -6) ELSE CASE WHEN p.debit_after < 0 THEN '-' ELSE '' END || (abs(p.debit_after) / 100) || '.' || substr('00' || (abs(p.debit_after) % 100), -2) END AS debit_after, CASE WHEN a.kind <= 6 OR a.kind BETWEEN 13 AND 15 THEN CASE WHEN p.credit_after < 0 THEN '-' ELSE '' END || (abs(p.credit_after) / 1000000) || '.' || substr('000000' || (abs(p.credit_after) % 1000000), -6) ELSE CASE WHEN p.credit_after < 0 THEN '-' ELSE '' END || (abs(p.credit_after) / 100) || '.' || substr('00' || (abs(p.credit_after) % 100), -2) END AS credit_after,
       p.debit_previous, p.credit_previous, p.command, strftime('%Y-%m-%dT%H:%M:%fZ', j.at / 1000000.0, 'unixepoch') AS at
  FROM posting p JOIN account a ON a.id = p.debit LEFT JOIN posting_reason r ON r.reason = p.reason LEFT JOIN journal j ON j.number = p.command;
