-- Auctions of the government: what is offered or sought, who may bid, the sealed quotes, what they
-- said and what came of it. Amounts, dates and instants are as in 00001; 0 and '' are "none".

-- +goose Up
CREATE TABLE offer (
    id                BIGINT  NOT NULL CONSTRAINT offer_pkey PRIMARY KEY,
    region            TEXT    NOT NULL,
    pollutant         TEXT    NOT NULL,
    instrument        BIGINT  NOT NULL,
    format            TEXT    NOT NULL,
    quantity          BIGINT  NOT NULL,
    reserve_price     BIGINT  NOT NULL,
    lot_size          BIGINT  NOT NULL,
    tick              BIGINT  NOT NULL,
    quota             BIGINT  NOT NULL,
    months            INTEGER NOT NULL,
    budget            BIGINT  NOT NULL,
    committed         BIGINT  NOT NULL,
    collateral        TEXT    NOT NULL,
    deposit           BIGINT  NOT NULL,
    tie               TEXT    NOT NULL,
    undersubscribed   TEXT    NOT NULL,
    win_share         BIGINT  NOT NULL,
    fit               TEXT    NOT NULL,
    bidders_min       INTEGER NOT NULL,
    quotes_most       INTEGER NOT NULL,
    confirm_factor    BIGINT  NOT NULL,
    sight             TEXT    NOT NULL,
    step              BIGINT  NOT NULL,
    free_seconds      INTEGER NOT NULL,
    clock_seconds     INTEGER NOT NULL,
    interruption_most INTEGER NOT NULL,
    interruption_rule TEXT    NOT NULL,
    register_from     BIGINT  NOT NULL,
    register_until    BIGINT  NOT NULL,
    opens_at          BIGINT  NOT NULL,
    closes_at         BIGINT  NOT NULL,
    seen_at           BIGINT  NOT NULL,
    seal_name         TEXT    NOT NULL,
    key_digest        TEXT    NOT NULL,
    seed_digest       TEXT    NOT NULL,
    seal_key          TEXT    NOT NULL,
    state             TEXT    NOT NULL,
    document          TEXT    NOT NULL,
    announced_by      BIGINT  NOT NULL,
    announced_at      BIGINT  NOT NULL,
    notice            BIGINT  NOT NULL,
    reason            TEXT    NOT NULL,
    closed_at         BIGINT  NOT NULL,
    close_row         BIGINT  NOT NULL,
    close_head        TEXT    NOT NULL,
    quotes            INTEGER NOT NULL,
    opened            BIGINT  NOT NULL,
    bids              INTEGER NOT NULL,
    result_status     TEXT    NOT NULL,
    clearing_price    BIGINT  NOT NULL,
    volume            BIGINT  NOT NULL,
    result_digest     TEXT    NOT NULL,
    applied           BIGINT  NOT NULL,
    applied_digest    TEXT    NOT NULL,
    certify_by        INTEGER NOT NULL,
    certified_by      BIGINT  NOT NULL,
    certified_at      BIGINT  NOT NULL,
    awarded           BIGINT  NOT NULL,
    releasing         BOOLEAN NOT NULL,
    command           BIGINT  NOT NULL,
    CONSTRAINT offer_format_known CHECK (format IN ('uniform', 'pay_as_bid', 'pay_as_bid_share', 'ascending', 'reverse_uniform')),
    CONSTRAINT offer_state_known CHECK (state IN ('announced', 'registering', 'prepared', 'bidding', 'closed', 'opened', 'ranking', 'ranked',
        'certifying', 'certified', 'cancelled', 'void', 'failed')),
    CONSTRAINT offer_collateral_known CHECK (collateral IN ('deposit', 'full')),
    CONSTRAINT offer_sight_known CHECK (sight IN ('nothing', 'own_rank', 'highest_price', 'cut_off')),
    CONSTRAINT offer_interruption_known CHECK (interruption_rule IN ('extend', 'void')),
    CONSTRAINT offer_amounts_positive CHECK (quantity > 0 AND reserve_price > 0 AND lot_size > 0 AND tick > 0 AND months > 0 AND quota BETWEEN 0 AND quantity),
    CONSTRAINT offer_budget_of_reverse CHECK ((format = 'reverse_uniform') = (budget > 0) AND committed >= 0),
    CONSTRAINT offer_times_ordered CHECK (register_from < register_until AND register_until <= opens_at AND opens_at < closes_at),
    CONSTRAINT offer_volume_within CHECK (volume BETWEEN 0 AND quantity),
    CONSTRAINT offer_sealed_until_close CHECK (seal_key = '' OR state NOT IN ('announced', 'registering', 'prepared', 'bidding', 'cancelled')),
    CONSTRAINT offer_ranked_as_computed CHECK (state NOT IN ('ranked', 'certifying', 'certified') OR applied_digest = result_digest AND result_digest <> ''),
    CONSTRAINT offer_certified_by_somebody CHECK ((state IN ('certifying', 'certified')) = (certified_at > 0 AND certified_by > 0)),
    CONSTRAINT offer_ended_with_reason CHECK (state NOT IN ('cancelled', 'void', 'failed') OR reason <> ''),
    CONSTRAINT offer_document_named CHECK (document <> '')
);
CREATE INDEX offer_by_account ON offer (region, pollutant);

CREATE TABLE registration (
    id            BIGINT  NOT NULL CONSTRAINT registration_pkey PRIMARY KEY,
    offer         BIGINT  NOT NULL,
    party         BIGINT  NOT NULL,
    region        TEXT    NOT NULL,
    licence       BIGINT  NOT NULL,
    project       BIGINT  NOT NULL,
    quantity      BIGINT  NOT NULL,
    accepts_part  BOOLEAN NOT NULL,
    collateral    BIGINT  NOT NULL,
    hold          BIGINT  NOT NULL,
    state         TEXT    NOT NULL,
    registered_by BIGINT  NOT NULL,
    registered_at BIGINT  NOT NULL,
    place         INTEGER NOT NULL,
    won           BIGINT  NOT NULL,
    price         BIGINT  NOT NULL,
    command       BIGINT  NOT NULL,
    CONSTRAINT registration_state_known CHECK (state IN ('registered', 'withdrawn', 'won', 'lost', 'released')),
    CONSTRAINT registration_not_negative CHECK (quantity >= 0 AND collateral >= 0 AND hold >= 0 AND place >= 0),
    CONSTRAINT registration_won_something CHECK ((state = 'won') = (won > 0) AND (won > 0) = (price > 0)),
    CONSTRAINT registration_ended_holds_nothing CHECK (state NOT IN ('withdrawn', 'released') OR hold = 0)
);
CREATE UNIQUE INDEX registration_open_unique ON registration (offer, party) WHERE state = 'registered';
CREATE INDEX registration_by_offer ON registration (offer, id);
CREATE INDEX registration_by_party ON registration (party, id);

CREATE TABLE quote (
    id           BIGINT NOT NULL CONSTRAINT quote_pkey PRIMARY KEY,
    offer        BIGINT NOT NULL,
    registration BIGINT NOT NULL,
    party        BIGINT NOT NULL,
    person       BIGINT NOT NULL,
    sealed       TEXT   NOT NULL,
    digest       TEXT   NOT NULL,
    placed_at    BIGINT NOT NULL,
    command      BIGINT NOT NULL,
    CONSTRAINT quote_digest_given CHECK (length(digest) = 64)
);
CREATE INDEX quote_by_offer ON quote (offer, id);
CREATE INDEX quote_by_registration ON quote (registration, id);

CREATE TABLE opened_bid (
    id           BIGINT NOT NULL CONSTRAINT opened_bid_pkey PRIMARY KEY,
    offer        BIGINT NOT NULL,
    registration BIGINT NOT NULL,
    quote        BIGINT NOT NULL,
    price        BIGINT NOT NULL,
    quantity     BIGINT NOT NULL,
    placed_at    BIGINT NOT NULL,
    won          BIGINT NOT NULL,
    paid         BIGINT NOT NULL,
    command      BIGINT NOT NULL,
    CONSTRAINT opened_bid_positive CHECK (price > 0 AND quantity > 0),
    CONSTRAINT opened_bid_won_within CHECK (won BETWEEN 0 AND quantity AND (won > 0) = (paid > 0))
);
CREATE INDEX opened_bid_by_offer ON opened_bid (offer, id);

CREATE TABLE winner (
    id           BIGINT NOT NULL CONSTRAINT winner_pkey PRIMARY KEY,
    offer        BIGINT NOT NULL,
    registration BIGINT NOT NULL,
    party        BIGINT NOT NULL,
    region       TEXT   NOT NULL,
    licence      BIGINT NOT NULL,
    project      BIGINT NOT NULL,
    instrument   BIGINT NOT NULL,
    quantity     BIGINT NOT NULL,
    price        BIGINT NOT NULL,
    amount       BIGINT NOT NULL,
    collateral   BIGINT NOT NULL,
    command      BIGINT NOT NULL,
    CONSTRAINT winner_once UNIQUE (offer, registration),
    CONSTRAINT winner_positive CHECK (quantity > 0 AND price > 0 AND amount >= 0 AND collateral >= 0)
);
CREATE INDEX winner_by_party ON winner (party, id);

CREATE TABLE offer_incident (
    id      BIGINT NOT NULL CONSTRAINT offer_incident_pkey PRIMARY KEY,
    offer   BIGINT NOT NULL,
    kind    TEXT   NOT NULL,
    since   BIGINT NOT NULL,
    until   BIGINT NOT NULL,
    outcome TEXT   NOT NULL,
    command BIGINT NOT NULL,
    CONSTRAINT offer_incident_kind_known CHECK (kind IN ('interruption', 'key_missing')),
    CONSTRAINT offer_incident_outcome_known CHECK (outcome IN ('tolerated', 'extended', 'void', 'waits'))
);
CREATE INDEX offer_incident_by_offer ON offer_incident (offer, id);

INSERT INTO posting_reason (reason, name) VALUES (45, 'bid_collateral'), (46, 'bid_collateral_return');

-- Parts of lots are set aside for offers, too.
ALTER TABLE lot_claim DROP CONSTRAINT lot_claim_owner_known;
ALTER TABLE lot_claim ADD CONSTRAINT lot_claim_owner_known CHECK (owner IN ('earmark', 'listing', 'payment_notice', 'offer'));

CREATE VIEW v_offer AS
SELECT o.id, o.region, o.pollutant, o.instrument, o.format, (o.quantity::numeric / 1000000)::numeric(24,6) AS quantity, (o.reserve_price::numeric / 10000)::numeric(24,4) AS reserve_price,
       (o.clearing_price::numeric / 10000)::numeric(24,4) AS clearing_price, (o.volume::numeric / 1000000)::numeric(24,6) AS volume, o.state, o.opens_at, o.closes_at, o.result_status, o.command
  FROM offer o;

CREATE VIEW v_opened_bid AS
SELECT b.id, b.offer, b.registration, b.quote, (b.price::numeric / 10000)::numeric(24,4) AS price, (b.quantity::numeric / 1000000)::numeric(24,6) AS quantity,
       (b.won::numeric / 1000000)::numeric(24,6) AS won, (b.paid::numeric / 10000)::numeric(24,4) AS paid, b.placed_at, b.command
  FROM opened_bid b;

CREATE VIEW v_winner AS
SELECT w.id, w.offer, w.registration, w.party, w.region, w.licence, w.project, w.instrument, (w.quantity::numeric / 1000000)::numeric(24,6) AS quantity,
       (w.price::numeric / 10000)::numeric(24,4) AS price, (w.amount::numeric / 100)::numeric(24,2) AS amount, (w.collateral::numeric / 100)::numeric(24,2) AS collateral, w.command
  FROM winner w;

-- What is written once stays as it was.
REVOKE UPDATE, DELETE, TRUNCATE ON quote, offer_incident FROM CURRENT_USER;
