-- What becomes of what was won: contracts, payments by numbered notices, deliveries, defaults. Amounts, dates and
-- instants are as in 00001; 0 and '' are "none". It has this number because it widens what 00026 has widened.

-- +goose Up
CREATE TABLE award (
    id            INTEGER NOT NULL CONSTRAINT award_pkey PRIMARY KEY,
    winner        BIGINT  NOT NULL,
    offer         BIGINT  NOT NULL,
    registration  BIGINT  NOT NULL,
    party         BIGINT  NOT NULL,
    region        TEXT    NOT NULL,
    quantity      BIGINT  NOT NULL,
    price         BIGINT  NOT NULL,
    amount        BIGINT  NOT NULL,
    state         TEXT    NOT NULL,
    public_notice BIGINT  NOT NULL,
    contract_by   INTEGER NOT NULL,
    signed_by     BIGINT  NOT NULL,
    signed_at     BIGINT  NOT NULL,
    contract      TEXT    NOT NULL,
    contracted_by BIGINT  NOT NULL,
    contracted_at BIGINT  NOT NULL,
    pay_by        INTEGER NOT NULL,
    notice        BIGINT  NOT NULL,
    proof         TEXT    NOT NULL,
    paid_on       INTEGER NOT NULL,
    paid_at       BIGINT  NOT NULL,
    certify_by    INTEGER NOT NULL,
    transfer      BIGINT  NOT NULL,
    lot           BIGINT  NOT NULL,
    ended_at      BIGINT  NOT NULL,
    reason        TEXT    NOT NULL,
    forfeited     BIGINT  NOT NULL,
    barred_until  INTEGER NOT NULL,
    command       BIGINT  NOT NULL,
    CONSTRAINT award_winner_unique UNIQUE (winner),
    CONSTRAINT award_state_known CHECK (state IN ('awarded', 'signed', 'contracted', 'paid', 'delivered', 'defaulted', 'revoked')),
    CONSTRAINT award_positive CHECK (quantity > 0 AND price > 0 AND amount >= 0 AND forfeited >= 0),
    CONSTRAINT award_signed_first CHECK (state NOT IN ('signed', 'contracted', 'paid', 'delivered') OR signed_by > 0 AND signed_at > 0),
    CONSTRAINT award_contracted_first CHECK (state NOT IN ('contracted', 'paid', 'delivered') OR contract <> '' AND contracted_by > 0 AND pay_by > 0),
    CONSTRAINT award_paid_first CHECK (state NOT IN ('paid', 'delivered') OR paid_at > 0),
    CONSTRAINT award_posted CHECK ((state = 'delivered') = (transfer > 0)),
    CONSTRAINT award_default_bars CHECK ((state = 'defaulted') = (barred_until > 0) AND (state = 'defaulted' OR forfeited = 0)),
    CONSTRAINT award_ended_with_reason CHECK (state NOT IN ('defaulted', 'revoked') OR reason <> '')
);
CREATE UNIQUE INDEX award_proof_unique ON award (proof) WHERE proof <> '';
CREATE UNIQUE INDEX award_notice_unique ON award (notice) WHERE notice > 0;
CREATE INDEX award_by_offer ON award (offer, id);
CREATE INDEX award_by_party ON award (party, barred_until);
CREATE INDEX award_by_state ON award (state, id);

INSERT INTO posting_reason (reason, name) VALUES (41, 'bid_forfeit'), (42, 'auction_buy_back');

-- Payment notices ask for what was won by auction, too. SQLite cannot change a CHECK: a wider table takes the place of the old.
DROP VIEW v_sale;
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
    CONSTRAINT sale_of_known_kind CHECK (kind IN ('agreement', 'fixed_price', 'simplified', 'auction', 'renewal')),
    CONSTRAINT sale_listing_by_kind CHECK ((kind IN ('fixed_price', 'simplified')) = (listing > 0)),
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

CREATE VIEW v_award AS
SELECT a.id, a.offer, a.party, a.region, CASE WHEN a.quantity < 0 THEN '-' ELSE '' END || (abs(a.quantity) / 1000000) || '.' || substr('000000' || (abs(a.quantity) % 1000000), -6) AS quantity, CASE WHEN a.price < 0 THEN '-' ELSE '' END || (abs(a.price) / 10000) || '.' || substr('0000' || (abs(a.price) % 10000), -4) AS price,
       CASE WHEN a.amount < 0 THEN '-' ELSE '' END || (abs(a.amount) / 100) || '.' || substr('00' || (abs(a.amount) % 100), -2) AS amount, a.state, a.contract_by, a.contract, a.pay_by, a.notice, a.certify_by,
       CASE WHEN a.forfeited < 0 THEN '-' ELSE '' END || (abs(a.forfeited) / 100) || '.' || substr('00' || (abs(a.forfeited) % 100), -2) AS forfeited, a.barred_until, a.reason, a.command
  FROM award a;
