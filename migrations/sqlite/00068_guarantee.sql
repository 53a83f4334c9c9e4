-- +goose Up
-- What is sold out of an earmark is asked for by a payment notice and posted when that is delivered. SQLite cannot change a
-- CHECK: wider tables take the place of the old.
CREATE TABLE earmark_allocation_wider (
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
    notice      BIGINT  NOT NULL DEFAULT 0,
    lapsed      BOOLEAN NOT NULL DEFAULT FALSE,
    command     BIGINT  NOT NULL,
    CONSTRAINT earmark_allocation_parts CHECK (need > 0 AND retired >= 0 AND taken = need + retired),
    CONSTRAINT earmark_allocation_origin_known CHECK (origin IN (1, 2)),
    CONSTRAINT earmark_allocation_price_of_paid CHECK ((origin = 1) = (price > 0)),
    CONSTRAINT earmark_allocation_given CHECK ((account > 0) = (transfer > 0) AND (acquisition > 0) = (transfer > 0)),
    CONSTRAINT earmark_allocation_paid_first CHECK (transfer > 0 OR notice > 0),
    CONSTRAINT earmark_allocation_lapsed_of_notice CHECK (NOT lapsed OR notice > 0 AND transfer = 0),
    CONSTRAINT earmark_allocation_notice_of_paid CHECK (notice = 0 OR origin = 1),
    CONSTRAINT earmark_allocation_document_named CHECK (document <> '')
);
INSERT INTO earmark_allocation_wider SELECT id, earmark, party, region, licence, instrument, pollutant, need, taken, retired, origin, price, document, account, acquisition, transfer, recorded_at, 0, FALSE, command FROM earmark_allocation;
DROP TABLE earmark_allocation;
ALTER TABLE earmark_allocation_wider RENAME TO earmark_allocation;
CREATE INDEX earmark_allocation_by_earmark ON earmark_allocation (earmark);
CREATE UNIQUE INDEX earmark_allocation_notice_unique ON earmark_allocation (notice) WHERE notice > 0;

DROP VIEW v_sale;
CREATE TABLE sale_broader (
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
    CONSTRAINT sale_of_one_kind CHECK (kind IN ('agreement', 'fixed_price', 'simplified', 'auction', 'guarantee', 'renewal')),
    CONSTRAINT sale_listing_by_kind CHECK ((kind IN ('fixed_price', 'simplified')) = (listing > 0)),
    CONSTRAINT sale_confirmed_with_reason CHECK ((confirmation = '') = (confirmed_at = 0))
);
INSERT INTO sale_broader SELECT id, notice, party, licence, region, year, number, kind, listing, confirmation, confirmed_at, command FROM sale;
DROP TABLE sale;
ALTER TABLE sale_broader RENAME TO sale;
CREATE INDEX sale_by_listing ON sale (listing, licence) WHERE listing > 0;

CREATE VIEW v_sale AS
SELECT s.notice AS id, s.region, s.year, s.number, s.kind, s.listing, n.project, n.renewal, n.party, n.licence, n.pollutant, CASE WHEN n.quantity < 0 THEN '-' ELSE '' END || (abs(n.quantity) / 1000000) || '.' || substr('000000' || (abs(n.quantity) % 1000000), -6) AS quantity, CASE WHEN n.price < 0 THEN '-' ELSE '' END || (abs(n.price) / 10000) || '.' || substr('0000' || (abs(n.price) % 10000), -4) AS price,
       CASE WHEN n.amount < 0 THEN '-' ELSE '' END || (abs(n.amount) / 100) || '.' || substr('00' || (abs(n.amount) % 100), -2) AS amount, CASE WHEN n.paid < 0 THEN '-' ELSE '' END || (abs(n.paid) / 100) || '.' || substr('00' || (abs(n.paid) % 100), -2) AS paid, n.due_on, n.state, n.proof, n.matched, s.confirmation
  FROM sale s JOIN payment_notice n ON n.id = s.notice;

INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-103', coalesce(max(length), 0), 0 FROM registry;
