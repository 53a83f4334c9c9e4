-- Credits of a scheme may have a last day, after which they expire (I-131).

-- +goose Up
CREATE TABLE credit_life (
    id           INTEGER NOT NULL CONSTRAINT credit_life_pkey PRIMARY KEY,
    scheme       BIGINT  NOT NULL,
    vintage_from INTEGER NOT NULL,
    months       INTEGER NOT NULL,
    document     TEXT    NOT NULL,
    command      BIGINT  NOT NULL,
    CONSTRAINT credit_life_vintage CHECK (vintage_from BETWEEN 2000 AND 2100),
    CONSTRAINT credit_life_months CHECK (months BETWEEN 0 AND 600),
    CONSTRAINT credit_life_document_named CHECK (document <> '')
);

ALTER TABLE credit_series ADD COLUMN valid_to INTEGER NOT NULL DEFAULT 0 CONSTRAINT credit_series_ends_after_vintage CHECK (valid_to = 0 OR valid_to > vintage * 10000 + 1231);
ALTER TABLE credit_range ADD COLUMN expired_on INTEGER NOT NULL DEFAULT 0 CONSTRAINT credit_range_expired_on_day CHECK ((state = 'expired') = (expired_on > 0));
ALTER TABLE issuance ADD COLUMN expired_units BIGINT NOT NULL DEFAULT 0 CONSTRAINT issuance_expired_within CHECK (expired_units BETWEEN 0 AND units AND (expired_units = 0 OR first_unit > 0));

-- SQLite cannot ADD CONSTRAINT credit_range_state_known, CONSTRAINT account_kind_known and CONSTRAINT account_asset anew: their
-- words are changed where they stand (sqlite.org/lang_altertable.html, section 7); no row is touched.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '(''held'', ''retired'', ''revoked'')', '(''held'', ''retired'', ''revoked'', ''expired'')') WHERE type = 'table' AND name = 'credit_range';
UPDATE sqlite_schema SET sql = replace(replace(sql, 'kind BETWEEN 1 AND 16', 'kind BETWEEN 1 AND 17'), 'kind BETWEEN 13 AND 15', 'kind IN (13, 14, 15, 17)') WHERE type = 'table' AND name = 'account';
PRAGMA writable_schema = RESET;
INSERT INTO posting_reason (reason, name) VALUES (57, 'credit_expiry');

DROP VIEW v_account;
CREATE VIEW v_account AS
SELECT a.id, CASE a.kind WHEN 1 THEN 'cap' WHEN 2 THEN 'unallocated' WHEN 3 THEN 'reserve' WHEN 4 THEN 'holding' WHEN 5 THEN 'in_transit' WHEN 6 THEN 'retired' WHEN 7 THEN 'bank' WHEN 8 THEN 'funds' WHEN 9 THEN 'escrow' WHEN 10 THEN 'deposit' WHEN 11 THEN 'fee' WHEN 12 THEN 'suspense' WHEN 13 THEN 'credits_issued' WHEN 14 THEN 'credits' WHEN 15 THEN 'credits_retired' WHEN 16 THEN 'forfeits' WHEN 17 THEN 'credits_expired' END AS kind, CASE a.origin WHEN 1 THEN 'paid' WHEN 2 THEN 'free' WHEN 3 THEN 'unknown' END AS origin,
       a.region, a.pollutant, a.party, a.licence, i.code AS instrument,
       CASE WHEN a.kind <= 6 OR a.kind IN (13, 14, 15, 17) THEN CASE WHEN b.balance < 0 THEN '-' ELSE '' END || (abs(b.balance) / 1000000) || '.' || substr('000000' || (abs(b.balance) % 1000000), -6) ELSE CASE WHEN b.balance < 0 THEN '-' ELSE '' END || (abs(b.balance) / 100) || '.' || substr('00' || (abs(b.balance) % 100), -2) END AS balance, CASE WHEN a.kind <= 6 OR a.kind IN (13, 14, 15, 17) THEN CASE WHEN b.held < 0 THEN '-' ELSE '' END || (abs(b.held) / 1000000) || '.' || substr('000000' || (abs(b.held) % 1000000), -6) ELSE CASE WHEN b.held < 0 THEN '-' ELSE '' END || (abs(b.held) / 100) || '.' || substr('00' || (abs(b.held) % 100), -2) END AS held, CASE WHEN a.kind <= 6 OR a.kind IN (13, 14, 15, 17) THEN CASE WHEN b.balance - b.held < 0 THEN '-' ELSE '' END || (abs(b.balance - b.held) / 1000000) || '.' || substr('000000' || (abs(b.balance - b.held) % 1000000), -6) ELSE CASE WHEN b.balance - b.held < 0 THEN '-' ELSE '' END || (abs(b.balance - b.held) / 100) || '.' || substr('00' || (abs(b.balance - b.held) % 100), -2) END AS available, b.last_posting, b.command
  FROM account a JOIN balance b ON b.id = a.id LEFT JOIN instrument i ON i.id = a.instrument;
DROP VIEW v_posting;
CREATE VIEW v_posting AS
SELECT p.id, p.transfer, r.name AS reason, p.reference, p.debit, p.credit,
       CASE WHEN a.kind <= 6 OR a.kind IN (13, 14, 15, 17) THEN CASE WHEN p.amount < 0 THEN '-' ELSE '' END || (abs(p.amount) / 1000000) || '.' || substr('000000' || (abs(p.amount) % 1000000), -6) ELSE CASE WHEN p.amount < 0 THEN '-' ELSE '' END || (abs(p.amount) / 100) || '.' || substr('00' || (abs(p.amount) % 100), -2) END AS amount, CASE WHEN a.kind <= 6 OR a.kind IN (13, 14, 15, 17) THEN CASE WHEN p.debit_after < 0 THEN '-' ELSE '' END || (abs(p.debit_after) / 1000000) || '.' || substr('000000' || (abs(p.debit_after) % 1000000), -6) ELSE CASE WHEN p.debit_after < 0 THEN '-' ELSE '' END || (abs(p.debit_after) / 100) || '.' || substr('00' || (abs(p.debit_after) % 100), -2) END AS debit_after, CASE WHEN a.kind <= 6 OR a.kind IN (13, 14, 15, 17) THEN CASE WHEN p.credit_after < 0 THEN '-' ELSE '' END || (abs(p.credit_after) / 1000000) || '.' || substr('000000' || (abs(p.credit_after) % 1000000), -6) ELSE CASE WHEN p.credit_after < 0 THEN '-' ELSE '' END || (abs(p.credit_after) / 100) || '.' || substr('00' || (abs(p.credit_after) % 100), -2) END AS credit_after,
       p.debit_previous, p.credit_previous, p.command, strftime('%Y-%m-%dT%H:%M:%fZ', j.at / 1000000.0, 'unixepoch') AS at
  FROM posting p JOIN account a ON a.id = p.debit LEFT JOIN posting_reason r ON r.reason = p.reason LEFT JOIN journal j ON j.number = p.command;
