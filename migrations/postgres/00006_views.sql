-- The tables as a person reads them: decimals for atoms, words for numbers. Nothing in the program reads these.

-- +goose Up

CREATE VIEW v_account AS
SELECT a.id, CASE a.kind WHEN 1 THEN 'cap' WHEN 2 THEN 'unallocated' WHEN 3 THEN 'reserve' WHEN 4 THEN 'holding' WHEN 5 THEN 'in_transit' WHEN 6 THEN 'retired' WHEN 7 THEN 'bank' WHEN 8 THEN 'funds' WHEN 9 THEN 'escrow' WHEN 10 THEN 'deposit' WHEN 11 THEN 'fee' WHEN 12 THEN 'suspense' END AS kind, CASE a.origin WHEN 1 THEN 'paid' WHEN 2 THEN 'free' WHEN 3 THEN 'unknown' END AS origin,
       a.region, a.pollutant, a.party, a.licence, i.code AS instrument,
       CASE WHEN a.kind <= 6 THEN (b.balance::numeric / 1000000)::numeric(24,6) ELSE (b.balance::numeric / 100)::numeric(24,2) END AS balance, CASE WHEN a.kind <= 6 THEN (b.held::numeric / 1000000)::numeric(24,6) ELSE (b.held::numeric / 100)::numeric(24,2) END AS held, CASE WHEN a.kind <= 6 THEN (b.balance - b.held::numeric / 1000000)::numeric(24,6) ELSE (b.balance - b.held::numeric / 100)::numeric(24,2) END AS available, b.last_posting, b.command
  FROM account a JOIN balance b ON b.id = a.id LEFT JOIN instrument i ON i.id = a.instrument;

CREATE VIEW v_posting AS
SELECT p.id, p.transfer, CASE p.reason WHEN 1 THEN 'cap_decision' WHEN 2 THEN 'reserve_movement' WHEN 3 THEN 'allocation' WHEN 4 THEN 'opening' WHEN 5 THEN 'level_transfer' WHEN 6 THEN 'primary_sale' WHEN 7 THEN 'fill' WHEN 8 THEN 'settlement' WHEN 9 THEN 'reversal' WHEN 10 THEN 'correction' WHEN 11 THEN 'deposit' WHEN 12 THEN 'withdrawal' WHEN 13 THEN 'escrow' WHEN 14 THEN 'suspense' WHEN 15 THEN 'term_end' WHEN 16 THEN 'renewal' WHEN 17 THEN 'retirement' WHEN 18 THEN 'cap_return' END AS reason, p.reference, p.debit, p.credit,
       CASE WHEN a.kind <= 6 THEN (p.amount::numeric / 1000000)::numeric(24,6) ELSE (p.amount::numeric / 100)::numeric(24,2) END AS amount, CASE WHEN a.kind <= 6 THEN (p.debit_after::numeric / 1000000)::numeric(24,6) ELSE (p.debit_after::numeric / 100)::numeric(24,2) END AS debit_after, CASE WHEN a.kind <= 6 THEN (p.credit_after::numeric / 1000000)::numeric(24,6) ELSE (p.credit_after::numeric / 100)::numeric(24,2) END AS credit_after,
       p.debit_previous, p.credit_previous, p.command, to_timestamp(j.at / 1000000.0) AS at
  FROM posting p JOIN account a ON a.id = p.debit LEFT JOIN journal j ON j.number = p.command;

CREATE VIEW v_market_order AS
SELECT o.id, m.code AS market, i.code AS instrument, o.party, o.licence, CASE o.side WHEN 1 THEN 'buy' WHEN 2 THEN 'sell' END AS side,
       CASE o.time_in_force WHEN 1 THEN 'gtc' WHEN 2 THEN 'ioc' END AS time_in_force, CASE o.state WHEN 1 THEN 'open' WHEN 2 THEN 'filled' WHEN 3 THEN 'cancelled' END AS state,
       (o.price::numeric / 10000)::numeric(24,4) AS price, (o.quantity::numeric / 1000000)::numeric(24,6) AS quantity, (o.remaining::numeric / 1000000)::numeric(24,6) AS remaining,
       CASE WHEN o.side = 1 THEN (o.hold::numeric / 100)::numeric(24,2) ELSE (o.hold::numeric / 1000000)::numeric(24,6) END AS hold, to_timestamp(o.placed_at / 1000000.0) AS placed_at, o.command
  FROM market_order o LEFT JOIN market m ON m.id = o.market LEFT JOIN instrument i ON i.id = o.instrument;

CREATE VIEW v_trade AS
SELECT t.id, m.code AS market, i.code AS instrument, t.buy_order, t.sell_order, CASE t.taker WHEN 1 THEN 'buy' WHEN 2 THEN 'sell' END AS taker,
       (t.price::numeric / 10000)::numeric(24,4) AS price, (t.quantity::numeric / 1000000)::numeric(24,6) AS quantity, t.months, (t.amount::numeric / 100)::numeric(24,2) AS amount,
       t.buyer_region, t.seller_region, to_timestamp(t.at / 1000000.0) AS at, t.command
  FROM trade t LEFT JOIN market m ON m.id = t.market LEFT JOIN instrument i ON i.id = t.instrument;

CREATE VIEW v_acquisition AS
SELECT q.id, q.account, q.acquired_on, (q.price::numeric / 10000)::numeric(24,4) AS price, q.price_known, q.document, q.trade, q.deal,
       (q.quantity::numeric / 1000000)::numeric(24,6) AS quantity, (q.remaining::numeric / 1000000)::numeric(24,6) AS remaining, q.command
  FROM acquisition q;

CREATE VIEW v_surplus AS
SELECT s.id, s.licence, s.pollutant, (s.verified::numeric / 1000000)::numeric(24,6) AS verified, (s.used::numeric / 1000000)::numeric(24,6) AS used, (s.held::numeric / 1000000)::numeric(24,6) AS held,
       (s.verified - s.used - s.held::numeric / 1000000)::numeric(24,6) AS available, s.command
  FROM surplus s;

CREATE VIEW v_deal AS
SELECT d.id, d.kind, d.state, d.seller_party, d.seller_licence, d.seller_region, d.buyer_party, d.buyer_licence, d.buyer_region,
       i.code AS instrument, (d.quantity::numeric / 1000000)::numeric(24,6) AS quantity, (d.price::numeric / 10000)::numeric(24,4) AS price, d.months, (d.amount::numeric / 100)::numeric(24,2) AS amount, d.payment,
       (d.coefficient::numeric / 1000000)::numeric(24,6) AS coefficient, (d.offset_ratio::numeric / 1000000)::numeric(24,6) AS offset_ratio, (d.arriving::numeric / 1000000)::numeric(24,6) AS arriving,
       (d.delivered::numeric / 1000000)::numeric(24,6) AS delivered, (d.retired::numeric / 1000000)::numeric(24,6) AS retired, d.project, d.cap_effect, d.cap_document, d.command
  FROM deal d LEFT JOIN instrument i ON i.id = d.instrument;

CREATE VIEW v_cap_decision AS
SELECT c.id, c.region, c.pollutant, (c.change::numeric / 1000000)::numeric(24,6) AS change, (c.cap::numeric / 1000000)::numeric(24,6) AS cap, c.document, c.decided_on, c.command
  FROM cap_decision c;

CREATE VIEW v_bank_entry AS
SELECT e.id, e.reference, (e.amount::numeric / 100)::numeric(24,2) AS amount, (e.posted::numeric / 100)::numeric(24,2) AS posted, (e.suspended::numeric / 100)::numeric(24,2) AS suspended,
       e.booked_on, e.payer, e.state, e.difference, e.party, e.command
  FROM bank_entry e;
