-- The tables as a person reads them: decimals for atoms, words for numbers. Nothing in the program reads these.

-- +goose Up

CREATE VIEW v_account AS
SELECT a.id, CASE a.kind WHEN 1 THEN 'cap' WHEN 2 THEN 'unallocated' WHEN 3 THEN 'reserve' WHEN 4 THEN 'holding' WHEN 5 THEN 'in_transit' WHEN 6 THEN 'retired' WHEN 7 THEN 'bank' WHEN 8 THEN 'funds' WHEN 9 THEN 'escrow' WHEN 10 THEN 'deposit' WHEN 11 THEN 'fee' WHEN 12 THEN 'suspense' END AS kind, CASE a.origin WHEN 1 THEN 'paid' WHEN 2 THEN 'free' WHEN 3 THEN 'unknown' END AS origin,
       a.region, a.pollutant, a.party, a.licence, i.code AS instrument,
       CASE WHEN a.kind <= 6 THEN CASE WHEN b.balance < 0 THEN '-' ELSE '' END || (abs(b.balance) / 1000000) || '.' || substr('000000' || (abs(b.balance) % 1000000), -6) ELSE CASE WHEN b.balance < 0 THEN '-' ELSE '' END || (abs(b.balance) / 100) || '.' || substr('00' || (abs(b.balance) % 100), -2) END AS balance, CASE WHEN a.kind <= 6 THEN CASE WHEN b.held < 0 THEN '-' ELSE '' END || (abs(b.held) / 1000000) || '.' || substr('000000' || (abs(b.held) % 1000000), -6) ELSE CASE WHEN b.held < 0 THEN '-' ELSE '' END || (abs(b.held) / 100) || '.' || substr('00' || (abs(b.held) % 100), -2) END AS held, CASE WHEN a.kind <= 6 THEN CASE WHEN b.balance - b.held < 0 THEN '-' ELSE '' END || (abs(b.balance - b.held) / 1000000) || '.' || substr('000000' || (abs(b.balance - b.held) % 1000000), -6) ELSE CASE WHEN b.balance - b.held < 0 THEN '-' ELSE '' END || (abs(b.balance - b.held) / 100) || '.' || substr('00' || (abs(b.balance - b.held) % 100), -2) END AS available, b.last_posting, b.command
  FROM account a JOIN balance b ON b.id = a.id LEFT JOIN instrument i ON i.id = a.instrument;

CREATE VIEW v_posting AS
SELECT p.id, p.transfer, CASE p.reason WHEN 1 THEN 'cap_decision' WHEN 2 THEN 'reserve_movement' WHEN 3 THEN 'allocation' WHEN 4 THEN 'opening' WHEN 5 THEN 'level_transfer' WHEN 6 THEN 'primary_sale' WHEN 7 THEN 'fill' WHEN 8 THEN 'settlement' WHEN 9 THEN 'reversal' WHEN 10 THEN 'correction' WHEN 11 THEN 'deposit' WHEN 12 THEN 'withdrawal' WHEN 13 THEN 'escrow' WHEN 14 THEN 'suspense' WHEN 15 THEN 'term_end' WHEN 16 THEN 'renewal' WHEN 17 THEN 'retirement' WHEN 18 THEN 'cap_return' END AS reason, p.reference, p.debit, p.credit,
       CASE WHEN a.kind <= 6 THEN CASE WHEN p.amount < 0 THEN '-' ELSE '' END || (abs(p.amount) / 1000000) || '.' || substr('000000' || (abs(p.amount) % 1000000), -6) ELSE CASE WHEN p.amount < 0 THEN '-' ELSE '' END || (abs(p.amount) / 100) || '.' || substr('00' || (abs(p.amount) % 100), -2) END AS amount, CASE WHEN a.kind <= 6 THEN CASE WHEN p.debit_after < 0 THEN '-' ELSE '' END || (abs(p.debit_after) / 1000000) || '.' || substr('000000' || (abs(p.debit_after) % 1000000), -6) ELSE CASE WHEN p.debit_after < 0 THEN '-' ELSE '' END || (abs(p.debit_after) / 100) || '.' || substr('00' || (abs(p.debit_after) % 100), -2) END AS debit_after, CASE WHEN a.kind <= 6 THEN CASE WHEN p.credit_after < 0 THEN '-' ELSE '' END || (abs(p.credit_after) / 1000000) || '.' || substr('000000' || (abs(p.credit_after) % 1000000), -6) ELSE CASE WHEN p.credit_after < 0 THEN '-' ELSE '' END || (abs(p.credit_after) / 100) || '.' || substr('00' || (abs(p.credit_after) % 100), -2) END AS credit_after,
       p.debit_previous, p.credit_previous, p.command, strftime('%Y-%m-%dT%H:%M:%fZ', j.at / 1000000.0, 'unixepoch') AS at
  FROM posting p JOIN account a ON a.id = p.debit LEFT JOIN journal j ON j.number = p.command;

CREATE VIEW v_market_order AS
SELECT o.id, m.code AS market, i.code AS instrument, o.party, o.licence, CASE o.side WHEN 1 THEN 'buy' WHEN 2 THEN 'sell' END AS side,
       CASE o.time_in_force WHEN 1 THEN 'gtc' WHEN 2 THEN 'ioc' END AS time_in_force, CASE o.state WHEN 1 THEN 'open' WHEN 2 THEN 'filled' WHEN 3 THEN 'cancelled' END AS state,
       CASE WHEN o.price < 0 THEN '-' ELSE '' END || (abs(o.price) / 10000) || '.' || substr('0000' || (abs(o.price) % 10000), -4) AS price, CASE WHEN o.quantity < 0 THEN '-' ELSE '' END || (abs(o.quantity) / 1000000) || '.' || substr('000000' || (abs(o.quantity) % 1000000), -6) AS quantity, CASE WHEN o.remaining < 0 THEN '-' ELSE '' END || (abs(o.remaining) / 1000000) || '.' || substr('000000' || (abs(o.remaining) % 1000000), -6) AS remaining,
       CASE WHEN o.side = 1 THEN CASE WHEN o.hold < 0 THEN '-' ELSE '' END || (abs(o.hold) / 100) || '.' || substr('00' || (abs(o.hold) % 100), -2) ELSE CASE WHEN o.hold < 0 THEN '-' ELSE '' END || (abs(o.hold) / 1000000) || '.' || substr('000000' || (abs(o.hold) % 1000000), -6) END AS hold, strftime('%Y-%m-%dT%H:%M:%fZ', o.placed_at / 1000000.0, 'unixepoch') AS placed_at, o.command
  FROM market_order o LEFT JOIN market m ON m.id = o.market LEFT JOIN instrument i ON i.id = o.instrument;

CREATE VIEW v_trade AS
SELECT t.id, m.code AS market, i.code AS instrument, t.buy_order, t.sell_order, CASE t.taker WHEN 1 THEN 'buy' WHEN 2 THEN 'sell' END AS taker,
       CASE WHEN t.price < 0 THEN '-' ELSE '' END || (abs(t.price) / 10000) || '.' || substr('0000' || (abs(t.price) % 10000), -4) AS price, CASE WHEN t.quantity < 0 THEN '-' ELSE '' END || (abs(t.quantity) / 1000000) || '.' || substr('000000' || (abs(t.quantity) % 1000000), -6) AS quantity, t.months, CASE WHEN t.amount < 0 THEN '-' ELSE '' END || (abs(t.amount) / 100) || '.' || substr('00' || (abs(t.amount) % 100), -2) AS amount,
       t.buyer_region, t.seller_region, strftime('%Y-%m-%dT%H:%M:%fZ', t.at / 1000000.0, 'unixepoch') AS at, t.command
  FROM trade t LEFT JOIN market m ON m.id = t.market LEFT JOIN instrument i ON i.id = t.instrument;

CREATE VIEW v_acquisition AS
SELECT q.id, q.account, q.acquired_on, CASE WHEN q.price < 0 THEN '-' ELSE '' END || (abs(q.price) / 10000) || '.' || substr('0000' || (abs(q.price) % 10000), -4) AS price, q.price_known, q.document, q.trade, q.deal,
       CASE WHEN q.quantity < 0 THEN '-' ELSE '' END || (abs(q.quantity) / 1000000) || '.' || substr('000000' || (abs(q.quantity) % 1000000), -6) AS quantity, CASE WHEN q.remaining < 0 THEN '-' ELSE '' END || (abs(q.remaining) / 1000000) || '.' || substr('000000' || (abs(q.remaining) % 1000000), -6) AS remaining, q.command
  FROM acquisition q;

CREATE VIEW v_surplus AS
SELECT s.id, s.licence, s.pollutant, CASE WHEN s.verified < 0 THEN '-' ELSE '' END || (abs(s.verified) / 1000000) || '.' || substr('000000' || (abs(s.verified) % 1000000), -6) AS verified, CASE WHEN s.used < 0 THEN '-' ELSE '' END || (abs(s.used) / 1000000) || '.' || substr('000000' || (abs(s.used) % 1000000), -6) AS used, CASE WHEN s.held < 0 THEN '-' ELSE '' END || (abs(s.held) / 1000000) || '.' || substr('000000' || (abs(s.held) % 1000000), -6) AS held,
       CASE WHEN s.verified - s.used - s.held < 0 THEN '-' ELSE '' END || (abs(s.verified - s.used - s.held) / 1000000) || '.' || substr('000000' || (abs(s.verified - s.used - s.held) % 1000000), -6) AS available, s.command
  FROM surplus s;

CREATE VIEW v_deal AS
SELECT d.id, d.kind, d.state, d.seller_party, d.seller_licence, d.seller_region, d.buyer_party, d.buyer_licence, d.buyer_region,
       i.code AS instrument, CASE WHEN d.quantity < 0 THEN '-' ELSE '' END || (abs(d.quantity) / 1000000) || '.' || substr('000000' || (abs(d.quantity) % 1000000), -6) AS quantity, CASE WHEN d.price < 0 THEN '-' ELSE '' END || (abs(d.price) / 10000) || '.' || substr('0000' || (abs(d.price) % 10000), -4) AS price, d.months, CASE WHEN d.amount < 0 THEN '-' ELSE '' END || (abs(d.amount) / 100) || '.' || substr('00' || (abs(d.amount) % 100), -2) AS amount, d.payment,
       CASE WHEN d.coefficient < 0 THEN '-' ELSE '' END || (abs(d.coefficient) / 1000000) || '.' || substr('000000' || (abs(d.coefficient) % 1000000), -6) AS coefficient, CASE WHEN d.offset_ratio < 0 THEN '-' ELSE '' END || (abs(d.offset_ratio) / 1000000) || '.' || substr('000000' || (abs(d.offset_ratio) % 1000000), -6) AS offset_ratio, CASE WHEN d.arriving < 0 THEN '-' ELSE '' END || (abs(d.arriving) / 1000000) || '.' || substr('000000' || (abs(d.arriving) % 1000000), -6) AS arriving,
       CASE WHEN d.delivered < 0 THEN '-' ELSE '' END || (abs(d.delivered) / 1000000) || '.' || substr('000000' || (abs(d.delivered) % 1000000), -6) AS delivered, CASE WHEN d.retired < 0 THEN '-' ELSE '' END || (abs(d.retired) / 1000000) || '.' || substr('000000' || (abs(d.retired) % 1000000), -6) AS retired, d.project, d.cap_effect, d.cap_document, d.command
  FROM deal d LEFT JOIN instrument i ON i.id = d.instrument;

CREATE VIEW v_cap_decision AS
SELECT c.id, c.region, c.pollutant, CASE WHEN c.change < 0 THEN '-' ELSE '' END || (abs(c.change) / 1000000) || '.' || substr('000000' || (abs(c.change) % 1000000), -6) AS change, CASE WHEN c.cap < 0 THEN '-' ELSE '' END || (abs(c.cap) / 1000000) || '.' || substr('000000' || (abs(c.cap) % 1000000), -6) AS cap, c.document, c.decided_on, c.command
  FROM cap_decision c;

CREATE VIEW v_bank_entry AS
SELECT e.id, e.reference, CASE WHEN e.amount < 0 THEN '-' ELSE '' END || (abs(e.amount) / 100) || '.' || substr('00' || (abs(e.amount) % 100), -2) AS amount, CASE WHEN e.posted < 0 THEN '-' ELSE '' END || (abs(e.posted) / 100) || '.' || substr('00' || (abs(e.posted) % 100), -2) AS posted, CASE WHEN e.suspended < 0 THEN '-' ELSE '' END || (abs(e.suspended) / 100) || '.' || substr('00' || (abs(e.suspended) % 100), -2) AS suspended,
       e.booked_on, e.payer, e.state, e.difference, e.party, e.command
  FROM bank_entry e;
