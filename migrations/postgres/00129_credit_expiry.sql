-- Credits of a scheme may have a last day, after which they expire (I-131).

-- +goose Up
CREATE TABLE credit_life (
    id           BIGINT  NOT NULL CONSTRAINT credit_life_pkey PRIMARY KEY,
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
ALTER TABLE credit_range DROP CONSTRAINT credit_range_state_known, ADD CONSTRAINT credit_range_state_known CHECK (state IN ('held', 'retired', 'revoked', 'expired'));

ALTER TABLE account
    DROP CONSTRAINT account_kind_known,
    ADD CONSTRAINT account_kind_known CHECK (kind BETWEEN 1 AND 17),
    DROP CONSTRAINT account_asset,
    ADD CONSTRAINT account_asset CHECK ((kind <> 16 OR region <> '') AND (kind <= 6 OR kind IN (13, 14, 15, 17)) = (region <> '' AND pollutant <> ''));
INSERT INTO posting_reason (reason, name) VALUES (57, 'credit_expiry');

DROP VIEW v_account;
CREATE VIEW v_account AS
SELECT a.id, CASE a.kind WHEN 1 THEN 'cap' WHEN 2 THEN 'unallocated' WHEN 3 THEN 'reserve' WHEN 4 THEN 'holding' WHEN 5 THEN 'in_transit' WHEN 6 THEN 'retired' WHEN 7 THEN 'bank' WHEN 8 THEN 'funds' WHEN 9 THEN 'escrow' WHEN 10 THEN 'deposit' WHEN 11 THEN 'fee' WHEN 12 THEN 'suspense' WHEN 13 THEN 'credits_issued' WHEN 14 THEN 'credits' WHEN 15 THEN 'credits_retired' WHEN 16 THEN 'forfeits' WHEN 17 THEN 'credits_expired' END AS kind, CASE a.origin WHEN 1 THEN 'paid' WHEN 2 THEN 'free' WHEN 3 THEN 'unknown' END AS origin,
       a.region, a.pollutant, a.party, a.licence, i.code AS instrument,
       CASE WHEN a.kind <= 6 OR a.kind IN (13, 14, 15, 17) THEN (b.balance::numeric / 1000000)::numeric(24,6) ELSE (b.balance::numeric / 100)::numeric(24,2) END AS balance, CASE WHEN a.kind <= 6 OR a.kind IN (13, 14, 15, 17) THEN (b.held::numeric / 1000000)::numeric(24,6) ELSE (b.held::numeric / 100)::numeric(24,2) END AS held, CASE WHEN a.kind <= 6 OR a.kind IN (13, 14, 15, 17) THEN ((b.balance - b.held)::numeric / 1000000)::numeric(24,6) ELSE ((b.balance - b.held)::numeric / 100)::numeric(24,2) END AS available, b.last_posting, b.command
  FROM account a JOIN balance b ON b.id = a.id LEFT JOIN instrument i ON i.id = a.instrument;
DROP VIEW v_posting;
CREATE VIEW v_posting AS
SELECT p.id, p.transfer, r.name AS reason, p.reference, p.debit, p.credit,
       CASE WHEN a.kind <= 6 OR a.kind IN (13, 14, 15, 17) THEN (p.amount::numeric / 1000000)::numeric(24,6) ELSE (p.amount::numeric / 100)::numeric(24,2) END AS amount, CASE WHEN a.kind <= 6 OR a.kind IN (13, 14, 15, 17) THEN (p.debit_after::numeric / 1000000)::numeric(24,6) ELSE (p.debit_after::numeric / 100)::numeric(24,2) END AS debit_after, CASE WHEN a.kind <= 6 OR a.kind IN (13, 14, 15, 17) THEN (p.credit_after::numeric / 1000000)::numeric(24,6) ELSE (p.credit_after::numeric / 100)::numeric(24,2) END AS credit_after,
       p.debit_previous, p.credit_previous, p.command, to_timestamp(j.at / 1000000.0) AS at
  FROM posting p JOIN account a ON a.id = p.debit LEFT JOIN posting_reason r ON r.reason = p.reason LEFT JOIN journal j ON j.number = p.command;
