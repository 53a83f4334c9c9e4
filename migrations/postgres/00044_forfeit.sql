-- What bidders forfeited lies apart from the fees, in an account of each region, until its treasury has it; leases and pledges
-- are counted beside the trades. Amounts, dates and instants are as in 00001.

-- +goose Up
ALTER TABLE account DROP CONSTRAINT account_kind_known;
ALTER TABLE account ADD CONSTRAINT account_kind_known CHECK (kind BETWEEN 1 AND 16);
ALTER TABLE account DROP CONSTRAINT account_asset;
ALTER TABLE account ADD CONSTRAINT account_asset CHECK ((kind <> 16 OR region <> '') AND (kind <= 6 OR kind BETWEEN 13 AND 15) = (region <> '' AND pollutant <> ''));
ALTER TABLE trade_total DROP CONSTRAINT trade_total_kind_known;
ALTER TABLE trade_total ADD CONSTRAINT trade_total_kind_known CHECK (kind IN ('primary_sale', 'market', 'deal_local', 'deal_cross_region', 'judicial_sale', 'buy_back', 'lease', 'pledge'));

INSERT INTO posting_reason (reason, name) VALUES (59, 'treasury_payout'), (60, 'forfeit_move');

CREATE TABLE treasury_payout (
    id             BIGINT  NOT NULL CONSTRAINT treasury_payout_pkey PRIMARY KEY,
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
REVOKE UPDATE, DELETE, TRUNCATE ON treasury_payout FROM CURRENT_USER;

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
       (t.quantity::numeric / 1000000)::numeric(24,6) AS quantity, (t.amount::numeric / 100)::numeric(24,2) AS amount, (t.annual::numeric / 100)::numeric(24,2) AS annual, t.command,
       (t.secured::numeric / 100)::numeric(24,2) AS secured
  FROM trade_total t;

DROP VIEW v_account;
CREATE VIEW v_account AS
SELECT a.id, CASE a.kind WHEN 1 THEN 'cap' WHEN 2 THEN 'unallocated' WHEN 3 THEN 'reserve' WHEN 4 THEN 'holding' WHEN 5 THEN 'in_transit' WHEN 6 THEN 'retired' WHEN 7 THEN 'bank' WHEN 8 THEN 'funds' WHEN 9 THEN 'escrow' WHEN 10 THEN 'deposit' WHEN 11 THEN 'fee' WHEN 12 THEN 'suspense' WHEN 13 THEN 'credits_issued' WHEN 14 THEN 'credits' WHEN 15 THEN 'credits_retired' WHEN 16 THEN 'forfeits' END AS kind, CASE a.origin WHEN 1 THEN 'paid' WHEN 2 THEN 'free' WHEN 3 THEN 'unknown' END AS origin,
       a.region, a.pollutant, a.party, a.licence, i.code AS instrument,
       CASE WHEN a.kind <= 6 OR a.kind BETWEEN 13 AND 15 THEN (b.balance::numeric / 1000000)::numeric(24,6) ELSE (b.balance::numeric / 100)::numeric(24,2) END AS balance, CASE WHEN a.kind <= 6 OR a.kind BETWEEN 13 AND 15 THEN (b.held::numeric / 1000000)::numeric(24,6) ELSE (b.held::numeric / 100)::numeric(24,2) END AS held, CASE WHEN a.kind <= 6 OR a.kind BETWEEN 13 AND 15 THEN ((b.balance - b.held)::numeric / 1000000)::numeric(24,6) ELSE ((b.balance - b.held)::numeric / 100)::numeric(24,2) END AS available, b.last_posting, b.command
  FROM account a JOIN balance b ON b.id = a.id LEFT JOIN instrument i ON i.id = a.instrument;
DROP VIEW v_posting;
CREATE VIEW v_posting AS
SELECT p.id, p.transfer, r.name AS reason, p.reference, p.debit, p.credit,
       CASE WHEN a.kind <= 6 OR a.kind BETWEEN 13 AND 15 THEN (p.amount::numeric / 1000000)::numeric(24,6) ELSE (p.amount::numeric / 100)::numeric(24,2) END AS amount, CASE WHEN a.kind <= 6 OR a.kind BETWEEN 13 AND 15 THEN (p.debit_after::numeric / 1000000)::numeric(24,6) ELSE (p.debit_after::numeric / 100)::numeric(24,2) END AS debit_after, CASE WHEN a.kind <= 6 OR a.kind BETWEEN 13 AND 15 THEN (p.credit_after::numeric / 1000000)::numeric(24,6) ELSE (p.credit_after::numeric / 100)::numeric(24,2) END AS credit_after,
       p.debit_previous, p.credit_previous, p.command, to_timestamp(j.at / 1000000.0) AS at
  FROM posting p JOIN account a ON a.id = p.debit LEFT JOIN posting_reason r ON r.reason = p.reason LEFT JOIN journal j ON j.number = p.command;
