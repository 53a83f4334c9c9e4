-- What becomes of what was won: contracts, payments by numbered notices, deliveries, defaults. Amounts, dates and
-- instants are as in 00001; 0 and '' are "none". It has this number because it widens what 00026 has widened.

-- +goose Up
CREATE TABLE award (
    id            BIGINT  NOT NULL CONSTRAINT award_pkey PRIMARY KEY,
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

-- Payment notices ask for what was won by auction, too.
ALTER TABLE sale DROP CONSTRAINT sale_kind_is_known;
ALTER TABLE sale ADD CONSTRAINT sale_of_known_kind CHECK (kind IN ('agreement', 'fixed_price', 'simplified', 'auction', 'renewal'));
ALTER TABLE sale DROP CONSTRAINT sale_listing_of_its_kind;
ALTER TABLE sale ADD CONSTRAINT sale_listing_by_kind CHECK ((kind IN ('fixed_price', 'simplified')) = (listing > 0));

CREATE VIEW v_award AS
SELECT a.id, a.offer, a.party, a.region, (a.quantity::numeric / 1000000)::numeric(24,6) AS quantity, (a.price::numeric / 10000)::numeric(24,4) AS price,
       (a.amount::numeric / 100)::numeric(24,2) AS amount, a.state, a.contract_by, a.contract, a.pay_by, a.notice, a.certify_by,
       (a.forfeited::numeric / 100)::numeric(24,2) AS forfeited, a.barred_until, a.reason, a.command
  FROM award a;
