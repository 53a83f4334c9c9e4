-- +goose Up
-- The new term of a renewal is paid by a numbered payment notice, and its publicity is a public notice. A notice of a
-- renewal holds nothing in the reserve. SQLite cannot change a CHECK: wider tables take the place of the old.
DROP VIEW v_sale;
CREATE TABLE payment_notice_wider (
    id           INTEGER NOT NULL CONSTRAINT payment_notice_pkey PRIMARY KEY,
    party        BIGINT  NOT NULL,
    region       TEXT    NOT NULL,
    licence      BIGINT  NOT NULL,
    instrument   BIGINT  NOT NULL,
    pollutant    TEXT    NOT NULL,
    quantity     BIGINT  NOT NULL,
    price        BIGINT  NOT NULL,
    months       INTEGER NOT NULL,
    amount       BIGINT  NOT NULL,
    due_on       INTEGER NOT NULL,
    document     TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    hold         BIGINT  NOT NULL,
    paid         BIGINT  NOT NULL,
    proof        TEXT    NOT NULL,
    paid_on      INTEGER NOT NULL,
    matched      BOOLEAN NOT NULL,
    reason       TEXT    NOT NULL,
    transfer     BIGINT  NOT NULL,
    acquisition  BIGINT  NOT NULL,
    issued_at    BIGINT  NOT NULL,
    proved_at    BIGINT  NOT NULL,
    delivered_at BIGINT  NOT NULL,
    project      BIGINT  NOT NULL DEFAULT 0,
    renewal      BIGINT  NOT NULL DEFAULT 0,
    command      BIGINT  NOT NULL,
    CONSTRAINT payment_notice_positive CHECK (quantity > 0 AND price > 0 AND months > 0 AND amount > 0),
    CONSTRAINT payment_notice_state_known CHECK (state IN ('issued', 'proved', 'delivered', 'cancelled')),
    CONSTRAINT payment_notice_holds_sale CHECK ((renewal = 0) = (hold > 0)),
    CONSTRAINT payment_notice_paid_in_full CHECK (paid IN (0, amount) AND (paid > 0) = (proof <> '')),
    CONSTRAINT payment_notice_proved_first CHECK (state IN ('issued', 'cancelled') OR paid > 0),
    CONSTRAINT payment_notice_posted CHECK ((state <> 'delivered' OR transfer > 0) AND (state = 'delivered' OR transfer = 0 OR renewal > 0))
);
INSERT INTO payment_notice_wider
SELECT id, party, region, licence, instrument, pollutant, quantity, price, months, amount, due_on, document, state, hold, paid, proof, paid_on,
       matched, reason, transfer, acquisition, issued_at, proved_at, delivered_at, project, 0, command
  FROM payment_notice;
DROP TABLE payment_notice;
ALTER TABLE payment_notice_wider RENAME TO payment_notice;
CREATE UNIQUE INDEX payment_notice_proof_unique ON payment_notice (proof) WHERE proof <> '';
CREATE INDEX payment_notice_by_licence ON payment_notice (licence);
CREATE INDEX payment_notice_by_region ON payment_notice (region);
CREATE INDEX payment_notice_by_delivery ON payment_notice (delivered_at);
CREATE INDEX payment_notice_by_state ON payment_notice (state, due_on);
CREATE UNIQUE INDEX payment_notice_renewal_unique ON payment_notice (renewal) WHERE renewal > 0;

CREATE TABLE sale_wider (
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
    CONSTRAINT sale_kind_is_known CHECK (kind IN ('agreement', 'fixed_price', 'simplified', 'renewal')),
    CONSTRAINT sale_listing_of_its_kind CHECK ((kind IN ('agreement', 'renewal')) = (listing = 0)),
    CONSTRAINT sale_confirmed_with_reason CHECK ((confirmation = '') = (confirmed_at = 0))
);
INSERT INTO sale_wider SELECT id, notice, party, licence, region, year, number, kind, listing, confirmation, confirmed_at, command FROM sale;
DROP TABLE sale;
ALTER TABLE sale_wider RENAME TO sale;
CREATE INDEX sale_by_listing ON sale (listing, licence) WHERE listing > 0;

CREATE VIEW v_sale AS
SELECT s.notice AS id, s.region, s.year, s.number, s.kind, s.listing, n.project, n.renewal, n.party, n.licence, n.pollutant, CASE WHEN n.quantity < 0 THEN '-' ELSE '' END || (abs(n.quantity) / 1000000) || '.' || substr('000000' || (abs(n.quantity) % 1000000), -6) AS quantity, CASE WHEN n.price < 0 THEN '-' ELSE '' END || (abs(n.price) / 10000) || '.' || substr('0000' || (abs(n.price) % 10000), -4) AS price,
       CASE WHEN n.amount < 0 THEN '-' ELSE '' END || (abs(n.amount) / 100) || '.' || substr('00' || (abs(n.amount) % 100), -2) AS amount, CASE WHEN n.paid < 0 THEN '-' ELSE '' END || (abs(n.paid) / 100) || '.' || substr('00' || (abs(n.paid) % 100), -2) AS paid, n.due_on, n.state, n.proof, n.matched, s.confirmation
  FROM sale s JOIN payment_notice n ON n.id = s.notice;

ALTER TABLE renewal ADD COLUMN public_notice BIGINT NOT NULL DEFAULT 0;
ALTER TABLE renewal ADD COLUMN notice BIGINT NOT NULL DEFAULT 0;

-- A renewal that waits for its payment gets its notice from the first command on.
INSERT INTO timer (id, due_at, purpose, reference, state, command)
SELECT (SELECT coalesce(max(id), 0) FROM timer) + row_number() OVER (ORDER BY n.id), r.last_at, 'renewal.notice', n.id, 'pending', 0
  FROM renewal n, registry r WHERE n.state = 'noticed';

INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-63', coalesce(max(length), 0), 0 FROM registry;
