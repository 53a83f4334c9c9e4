-- What the reserve is used for: orders about lots, earmarks of major projects, listings and the
-- sales out of them, their payment to the tax authority, at once or in parts. Amounts, dates
-- and instants are as in 00001; 0 and '' are "none".

-- +goose Up
CREATE TABLE lot_order (
    id          INTEGER NOT NULL CONSTRAINT lot_order_pkey PRIMARY KEY,
    kind        TEXT    NOT NULL,
    region      TEXT    NOT NULL,
    pollutant   TEXT    NOT NULL,
    lot         BIGINT  NOT NULL,
    quantity    BIGINT  NOT NULL,
    document    TEXT    NOT NULL,
    transfer    BIGINT  NOT NULL,
    recorded_at BIGINT  NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT lot_order_kind_known CHECK (kind IN ('retire', 'freeze', 'unfreeze')),
    CONSTRAINT lot_order_lot_of_freeze CHECK ((kind = 'retire') = (lot = 0)),
    CONSTRAINT lot_order_posted CHECK ((kind = 'retire') = (transfer > 0)),
    CONSTRAINT lot_order_quantity_positive CHECK (quantity > 0),
    CONSTRAINT lot_order_document_named CHECK (document <> '')
);
CREATE INDEX lot_order_by_account ON lot_order (region, pollutant);

CREATE TABLE earmark (
    id          INTEGER NOT NULL CONSTRAINT earmark_pkey PRIMARY KEY,
    region      TEXT    NOT NULL,
    pollutant   TEXT    NOT NULL,
    project     BIGINT  NOT NULL,
    name        TEXT    NOT NULL,
    document    TEXT    NOT NULL,
    priority    INTEGER NOT NULL,
    need        BIGINT  NOT NULL,
    ratio       BIGINT  NOT NULL,
    quantity    BIGINT  NOT NULL,
    given       BIGINT  NOT NULL,
    expires_on  INTEGER NOT NULL,
    state       TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    recorded_at BIGINT  NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT earmark_state_known CHECK (state IN ('active', 'allocated', 'released', 'expired')),
    CONSTRAINT earmark_need_positive CHECK (need > 0 AND given BETWEEN 0 AND need),
    CONSTRAINT earmark_ratio_covers CHECK (ratio >= 1000000 AND quantity >= need),
    CONSTRAINT earmark_allocated_whole CHECK (state <> 'allocated' OR given = need),
    CONSTRAINT earmark_priority_within CHECK (priority BETWEEN 1 AND 9),
    CONSTRAINT earmark_document_named CHECK (document <> '')
);
CREATE INDEX earmark_by_account ON earmark (region, pollutant);

CREATE TABLE earmark_allocation (
    id          INTEGER NOT NULL CONSTRAINT earmark_allocation_pkey PRIMARY KEY,
    earmark     BIGINT  NOT NULL,
    party       BIGINT  NOT NULL,
    region      TEXT    NOT NULL,
    licence     BIGINT  NOT NULL,
    instrument  BIGINT  NOT NULL,
    pollutant   TEXT    NOT NULL,
    need        BIGINT  NOT NULL,
    taken       BIGINT  NOT NULL,
    retired     BIGINT  NOT NULL,
    origin      INTEGER NOT NULL,
    price       BIGINT  NOT NULL,
    document    TEXT    NOT NULL,
    account     BIGINT  NOT NULL,
    acquisition BIGINT  NOT NULL,
    transfer    BIGINT  NOT NULL,
    recorded_at BIGINT  NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT earmark_allocation_parts CHECK (need > 0 AND retired >= 0 AND taken = need + retired),
    CONSTRAINT earmark_allocation_origin_known CHECK (origin IN (1, 2)),
    CONSTRAINT earmark_allocation_price_of_paid CHECK ((origin = 1) = (price > 0)),
    CONSTRAINT earmark_allocation_posted CHECK (account > 0 AND acquisition > 0 AND transfer > 0),
    CONSTRAINT earmark_allocation_document_named CHECK (document <> '')
);
CREATE INDEX earmark_allocation_by_earmark ON earmark_allocation (earmark);

CREATE TABLE listing (
    id        INTEGER NOT NULL CONSTRAINT listing_pkey PRIMARY KEY,
    region    TEXT    NOT NULL,
    pollutant TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    quantity  BIGINT  NOT NULL,
    price     BIGINT  NOT NULL,
    each_max  BIGINT  NOT NULL,
    document  TEXT    NOT NULL,
    state     TEXT    NOT NULL,
    reason    TEXT    NOT NULL,
    listed_on INTEGER NOT NULL,
    command   BIGINT  NOT NULL,
    CONSTRAINT listing_kind_known CHECK (kind IN ('fixed_price', 'simplified', 'auction')),
    CONSTRAINT listing_state_known CHECK (state IN ('open', 'closed')),
    CONSTRAINT listing_positive CHECK (quantity > 0 AND price > 0 AND each_max >= 0),
    CONSTRAINT listing_simplified_bounded CHECK (kind <> 'simplified' OR each_max > 0),
    CONSTRAINT listing_document_named CHECK (document <> '')
);
CREATE INDEX listing_by_account ON listing (region, pollutant);

CREATE TABLE notice_numbers (
    id      INTEGER NOT NULL CONSTRAINT notice_numbers_pkey PRIMARY KEY,
    region  TEXT    NOT NULL,
    year    INTEGER NOT NULL,
    last    INTEGER NOT NULL,
    command BIGINT  NOT NULL,
    CONSTRAINT notice_numbers_unique UNIQUE (region, year),
    CONSTRAINT notice_numbers_last_positive CHECK (last > 0)
);

CREATE TABLE sale (
    id           INTEGER NOT NULL CONSTRAINT sale_pkey PRIMARY KEY,
    notice       BIGINT  NOT NULL,
    party        BIGINT  NOT NULL,
    licence      BIGINT  NOT NULL,
    region       TEXT    NOT NULL,
    year         INTEGER NOT NULL,
    number       INTEGER NOT NULL,
    kind         TEXT    NOT NULL,
    listing      BIGINT  NOT NULL,
    confirmation TEXT    NOT NULL,
    confirmed_at BIGINT  NOT NULL,
    command      BIGINT  NOT NULL,
    CONSTRAINT sale_notice_unique UNIQUE (notice),
    CONSTRAINT sale_number_unique UNIQUE (region, year, number),
    CONSTRAINT sale_number_positive CHECK (number > 0),
    CONSTRAINT sale_kind_known CHECK (kind IN ('agreement', 'fixed_price', 'simplified')),
    CONSTRAINT sale_listing_of_kind CHECK ((kind = 'agreement') = (listing = 0)),
    CONSTRAINT sale_confirmed_with_reason CHECK ((confirmation = '') = (confirmed_at = 0))
);
CREATE INDEX sale_by_listing ON sale (listing, licence) WHERE listing > 0;

CREATE TABLE instalment_plan (
    id           INTEGER NOT NULL CONSTRAINT instalment_plan_pkey PRIMARY KEY,
    notice       BIGINT  NOT NULL,
    party        BIGINT  NOT NULL,
    region       TEXT    NOT NULL,
    licence      BIGINT  NOT NULL,
    document     TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    reason       TEXT    NOT NULL,
    hold         BIGINT  NOT NULL,
    transfer     BIGINT  NOT NULL,
    acquisition  BIGINT  NOT NULL,
    revoked      BIGINT  NOT NULL,
    requested_at BIGINT  NOT NULL,
    decided_at   BIGINT  NOT NULL,
    delivered_at BIGINT  NOT NULL,
    command      BIGINT  NOT NULL,
    CONSTRAINT instalment_plan_state_known CHECK (state IN ('requested', 'approved', 'refused', 'delivered', 'frozen', 'paid', 'revoked', 'cancelled')),
    CONSTRAINT instalment_plan_delivered_held CHECK ((state IN ('delivered', 'frozen', 'paid', 'revoked')) = (hold > 0 AND transfer > 0 AND delivered_at > 0)),
    CONSTRAINT instalment_plan_revoked_of_state CHECK ((state = 'revoked') = (revoked > 0)),
    CONSTRAINT instalment_plan_document_named CHECK (document <> '')
);
CREATE UNIQUE INDEX instalment_plan_open_unique ON instalment_plan (notice) WHERE state IN ('requested', 'approved', 'delivered', 'frozen');

CREATE TABLE instalment (
    id           INTEGER NOT NULL CONSTRAINT instalment_pkey PRIMARY KEY,
    plan         BIGINT  NOT NULL,
    notice       BIGINT  NOT NULL,
    sequence     INTEGER NOT NULL,
    amount       BIGINT  NOT NULL,
    due_on       INTEGER NOT NULL,
    paid         BIGINT  NOT NULL,
    proof        TEXT    NOT NULL,
    paid_on      INTEGER NOT NULL,
    matched      BOOLEAN NOT NULL,
    confirmation TEXT    NOT NULL,
    command      BIGINT  NOT NULL,
    CONSTRAINT instalment_sequence_unique UNIQUE (plan, sequence),
    CONSTRAINT instalment_amount_positive CHECK (sequence > 0 AND amount > 0),
    CONSTRAINT instalment_paid_in_full CHECK (paid IN (0, amount) AND (paid > 0) = (proof <> '')),
    CONSTRAINT instalment_certain_when_paid CHECK (paid > 0 OR NOT matched AND confirmation = '')
);
CREATE UNIQUE INDEX instalment_proof_unique ON instalment (proof) WHERE proof <> '';
CREATE INDEX instalment_by_notice ON instalment (notice);

CREATE TABLE tax_list (
    id          INTEGER NOT NULL CONSTRAINT tax_list_pkey PRIMARY KEY,
    region      TEXT    NOT NULL,
    document    TEXT    NOT NULL,
    rows        INTEGER NOT NULL,
    known       INTEGER NOT NULL,
    amount      BIGINT  NOT NULL,
    imported_at BIGINT  NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT tax_list_rows_within CHECK (rows BETWEEN 1 AND 500 AND known BETWEEN 0 AND rows),
    CONSTRAINT tax_list_amount_positive CHECK (amount > 0),
    CONSTRAINT tax_list_document_named CHECK (document <> '')
);

CREATE TABLE tax_receipt (
    id         INTEGER NOT NULL CONSTRAINT tax_receipt_pkey PRIMARY KEY,
    list       BIGINT  NOT NULL,
    region     TEXT    NOT NULL,
    number     TEXT    NOT NULL,
    receipt    TEXT    NOT NULL,
    amount     BIGINT  NOT NULL,
    paid_on    INTEGER NOT NULL,
    notice     BIGINT  NOT NULL,
    instalment BIGINT  NOT NULL,
    asked      BIGINT  NOT NULL,
    state      TEXT    NOT NULL,
    command    BIGINT  NOT NULL,
    CONSTRAINT tax_receipt_receipt_unique UNIQUE (receipt),
    CONSTRAINT tax_receipt_amount_positive CHECK (amount > 0),
    CONSTRAINT tax_receipt_state_known CHECK (state IN ('matched', 'partial', 'excess', 'proof_differs', 'unmatched')),
    CONSTRAINT tax_receipt_unmatched_is_of_nothing CHECK ((state = 'unmatched') = (notice = 0))
);
CREATE INDEX tax_receipt_by_list ON tax_receipt (list);
CREATE INDEX tax_receipt_by_notice ON tax_receipt (notice) WHERE notice > 0;

-- Notices that were issued before they were numbered get their numbers in the order of their issue.
INSERT INTO sale
SELECT n.id, n.id, n.party, n.licence, n.region, CAST(strftime('%Y', n.issued_at / 1000000, 'unixepoch', '+8 hours') AS INTEGER),
       row_number() OVER (PARTITION BY n.region, CAST(strftime('%Y', n.issued_at / 1000000, 'unixepoch', '+8 hours') AS INTEGER) ORDER BY n.id), 'agreement', 0,
       CASE WHEN n.state = 'proved' THEN 'proved before lists were matched' ELSE '' END, CASE WHEN n.state = 'proved' THEN n.proved_at ELSE 0 END, 0
  FROM payment_notice n;
INSERT INTO notice_numbers
SELECT row_number() OVER (ORDER BY region, year), region, year, max(number), 0 FROM sale GROUP BY region, year;

-- Their parameters.
INSERT INTO parameter (id, key, region, pollutant, industry, value, valid_from, valid_to, document, words, command)
SELECT (SELECT coalesce(max(id), 0) FROM parameter) + n, key, '', '', '', value, 20200101, 0, 'project default', '', 0
  FROM (SELECT 1 AS n, 'simplified_sale.most' AS key, '0.1' AS value UNION ALL SELECT 2, 'instalment.first_share', '0.4'
        UNION ALL SELECT 3, 'instalment.months', '60' UNION ALL SELECT 4, 'instalment.grace', '30') seed;

INSERT INTO posting_reason (reason, name) VALUES (19, 'guarantee'), (20, 'sale_revocation');

CREATE VIEW v_earmark AS
SELECT e.id, e.region, e.pollutant, e.project, e.name, e.document, e.priority, CASE WHEN e.need < 0 THEN '-' ELSE '' END || (abs(e.need) / 1000000) || '.' || substr('000000' || (abs(e.need) % 1000000), -6) AS need, CASE WHEN e.ratio < 0 THEN '-' ELSE '' END || (abs(e.ratio) / 1000000) || '.' || substr('000000' || (abs(e.ratio) % 1000000), -6) AS ratio, CASE WHEN e.quantity < 0 THEN '-' ELSE '' END || (abs(e.quantity) / 1000000) || '.' || substr('000000' || (abs(e.quantity) % 1000000), -6) AS quantity, CASE WHEN e.given < 0 THEN '-' ELSE '' END || (abs(e.given) / 1000000) || '.' || substr('000000' || (abs(e.given) % 1000000), -6) AS given,
       e.expires_on, e.state, e.reason, e.command
  FROM earmark e;

CREATE VIEW v_listing AS
SELECT l.id, l.region, l.pollutant, l.kind, CASE WHEN l.quantity < 0 THEN '-' ELSE '' END || (abs(l.quantity) / 1000000) || '.' || substr('000000' || (abs(l.quantity) % 1000000), -6) AS quantity, CASE WHEN l.price < 0 THEN '-' ELSE '' END || (abs(l.price) / 10000) || '.' || substr('0000' || (abs(l.price) % 10000), -4) AS price, CASE WHEN l.each_max < 0 THEN '-' ELSE '' END || (abs(l.each_max) / 1000000) || '.' || substr('000000' || (abs(l.each_max) % 1000000), -6) AS each_max, l.document, l.state, l.reason, l.listed_on, l.command
  FROM listing l;

CREATE VIEW v_sale AS
SELECT s.notice AS id, s.region, s.year, s.number, s.kind, s.listing, n.project, n.party, n.licence, n.pollutant, CASE WHEN n.quantity < 0 THEN '-' ELSE '' END || (abs(n.quantity) / 1000000) || '.' || substr('000000' || (abs(n.quantity) % 1000000), -6) AS quantity, CASE WHEN n.price < 0 THEN '-' ELSE '' END || (abs(n.price) / 10000) || '.' || substr('0000' || (abs(n.price) % 10000), -4) AS price,
       CASE WHEN n.amount < 0 THEN '-' ELSE '' END || (abs(n.amount) / 100) || '.' || substr('00' || (abs(n.amount) % 100), -2) AS amount, CASE WHEN n.paid < 0 THEN '-' ELSE '' END || (abs(n.paid) / 100) || '.' || substr('00' || (abs(n.paid) % 100), -2) AS paid, n.due_on, n.state, n.proof, n.matched, s.confirmation
  FROM sale s JOIN payment_notice n ON n.id = s.notice;

CREATE VIEW v_tax_receipt AS
SELECT t.id, t.list, t.region, t.number, t.receipt, CASE WHEN t.amount < 0 THEN '-' ELSE '' END || (abs(t.amount) / 100) || '.' || substr('00' || (abs(t.amount) % 100), -2) AS amount, CASE WHEN t.asked < 0 THEN '-' ELSE '' END || (abs(t.asked) / 100) || '.' || substr('00' || (abs(t.asked) % 100), -2) AS asked, t.paid_on, t.notice, t.instalment, t.state, t.command
  FROM tax_receipt t;

CREATE VIEW v_instalment AS
SELECT i.id, i.plan, i.notice, i.sequence, CASE WHEN i.amount < 0 THEN '-' ELSE '' END || (abs(i.amount) / 100) || '.' || substr('00' || (abs(i.amount) % 100), -2) AS amount, i.due_on, CASE WHEN i.paid < 0 THEN '-' ELSE '' END || (abs(i.paid) / 100) || '.' || substr('00' || (abs(i.paid) % 100), -2) AS paid, i.proof, i.paid_on, i.matched, i.confirmation, p.state
  FROM instalment i JOIN instalment_plan p ON p.id = i.plan;
