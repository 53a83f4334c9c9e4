-- The lots of the reserve, who has a claim to a part of them, what moved in them, and
-- the totals of each day. Amounts, dates and instants are as in 00001; 0 and '' are "none".

-- +goose Up
CREATE TABLE lot (
    id               BIGINT  NOT NULL CONSTRAINT lot_pkey PRIMARY KEY,
    region           TEXT    NOT NULL,
    pollutant        TEXT    NOT NULL,
    provenance       TEXT    NOT NULL,
    acquired_on      INTEGER NOT NULL,
    document         TEXT    NOT NULL,
    price            BIGINT  NOT NULL,
    months           INTEGER NOT NULL,
    cost             BIGINT  NOT NULL,
    source           BIGINT  NOT NULL,
    quantity         BIGINT  NOT NULL,
    available        BIGINT  NOT NULL,
    earmarked        BIGINT  NOT NULL,
    listed           BIGINT  NOT NULL,
    reserved         BIGINT  NOT NULL,
    frozen_available BIGINT  NOT NULL,
    frozen_earmarked BIGINT  NOT NULL,
    transferred      BIGINT  NOT NULL,
    retired          BIGINT  NOT NULL,
    withdrawn        BIGINT  NOT NULL,
    open             BOOLEAN NOT NULL,
    added_on         INTEGER NOT NULL,
    closed_on        INTEGER NOT NULL,
    command          BIGINT  NOT NULL,
    CONSTRAINT lot_provenance_known CHECK (provenance IN
        ('pre_reserved', 'reclaimed_free', 'bought_back', 'government_reduction', 'unsold_return', 'swept_idle', 'opening')),
    CONSTRAINT lot_quantity_positive CHECK (quantity > 0),
    CONSTRAINT lot_buckets_not_negative CHECK (available >= 0 AND earmarked >= 0 AND listed >= 0 AND reserved >= 0
        AND frozen_available >= 0 AND frozen_earmarked >= 0 AND transferred >= 0 AND retired >= 0 AND withdrawn >= 0),
    CONSTRAINT lot_buckets_sum CHECK (quantity = available + earmarked + listed + reserved + frozen_available + frozen_earmarked
        + transferred + retired + withdrawn),
    CONSTRAINT lot_open_with_rest CHECK (open = (transferred + retired + withdrawn < quantity)),
    CONSTRAINT lot_closed_once CHECK (open = (closed_on = 0)),
    CONSTRAINT lot_cost_not_negative CHECK (price >= 0 AND months >= 0 AND cost >= 0),
    CONSTRAINT lot_free_has_no_cost CHECK (provenance NOT IN ('pre_reserved', 'reclaimed_free', 'swept_idle') OR cost = 0 AND price = 0),
    CONSTRAINT lot_document_named CHECK (document <> '')
);
CREATE INDEX lot_by_account ON lot (region, pollutant, id);
CREATE INDEX lot_by_open ON lot (id) WHERE open;

CREATE TABLE lot_claim (
    id        BIGINT  NOT NULL CONSTRAINT lot_claim_pkey PRIMARY KEY,
    lot       BIGINT  NOT NULL,
    owner     TEXT    NOT NULL,
    reference BIGINT  NOT NULL,
    quantity  BIGINT  NOT NULL,
    frozen    BIGINT  NOT NULL,
    open      BOOLEAN NOT NULL,
    command   BIGINT  NOT NULL,
    CONSTRAINT lot_claim_owner_known CHECK (owner IN ('earmark', 'listing', 'payment_notice')),
    CONSTRAINT lot_claim_not_negative CHECK (quantity >= 0 AND frozen >= 0),
    CONSTRAINT lot_claim_frozen_of_earmark CHECK (frozen = 0 OR owner = 'earmark'),
    CONSTRAINT lot_claim_open_with_rest CHECK (open = (quantity + frozen > 0))
);
CREATE INDEX lot_claim_by_open ON lot_claim (id) WHERE open;
CREATE INDEX lot_claim_by_owner ON lot_claim (owner, reference);

CREATE TABLE lot_movement (
    id          BIGINT  NOT NULL CONSTRAINT lot_movement_pkey PRIMARY KEY,
    lot         BIGINT  NOT NULL,
    region      TEXT    NOT NULL,
    pollutant   TEXT    NOT NULL,
    provenance  TEXT    NOT NULL,
    event       TEXT    NOT NULL,
    from_bucket TEXT    NOT NULL,
    to_bucket   TEXT    NOT NULL,
    quantity    BIGINT  NOT NULL,
    cost        BIGINT  NOT NULL,
    amount      BIGINT  NOT NULL,
    document    TEXT    NOT NULL,
    reference   BIGINT  NOT NULL,
    day         INTEGER NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT lot_movement_event_known CHECK (event IN ('add', 'receive', 'list', 'unlist', 'earmark', 'release', 'reserve', 'default',
        'deliver', 'allocate', 'freeze', 'unfreeze', 'retire', 'withdraw', 'give')),
    CONSTRAINT lot_movement_buckets_differ CHECK (from_bucket <> to_bucket),
    CONSTRAINT lot_movement_quantity_positive CHECK (quantity > 0),
    CONSTRAINT lot_movement_money_not_negative CHECK (cost >= 0 AND amount >= 0)
);
CREATE INDEX lot_movement_by_lot ON lot_movement (lot, day);
CREATE INDEX lot_movement_by_account ON lot_movement (region, pollutant, id);

CREATE TABLE reserve_day (
    id         BIGINT  NOT NULL CONSTRAINT reserve_day_pkey PRIMARY KEY,
    region     TEXT    NOT NULL,
    pollutant  TEXT    NOT NULL,
    day        INTEGER NOT NULL,
    event      TEXT    NOT NULL,
    provenance TEXT    NOT NULL,
    quantity   BIGINT  NOT NULL,
    cost       BIGINT  NOT NULL,
    amount     BIGINT  NOT NULL,
    movements  BIGINT  NOT NULL,
    latest     BOOLEAN NOT NULL,
    command    BIGINT  NOT NULL,
    CONSTRAINT reserve_day_unique UNIQUE (region, pollutant, day, event, provenance),
    CONSTRAINT reserve_day_positive CHECK (quantity > 0 AND movements > 0 AND cost >= 0 AND amount >= 0)
);
CREATE UNIQUE INDEX reserve_day_latest_unique ON reserve_day (region, pollutant, event, provenance) WHERE latest;

-- What lies in the reserve already becomes one lot an account, with the notices that wait as its claims.
INSERT INTO lot
SELECT row_number() OVER (ORDER BY a.id), a.region, a.pollutant, 'opening', r.day, 'reserve before lots', 0, 0, 0, 0, b.balance,
       b.balance - b.held, 0, 0, b.held, 0, 0, 0, 0, 0, TRUE, r.day, 0, 0
  FROM account a JOIN balance b ON b.id = a.id
  CROSS JOIN (SELECT CAST(to_char(to_timestamp(last_at / 1000000) AT TIME ZONE 'Asia/Shanghai', 'YYYYMMDD') AS INTEGER) AS day FROM registry) r
 WHERE a.kind = 3 AND b.balance > 0;
INSERT INTO lot_claim
SELECT row_number() OVER (ORDER BY n.id), l.id, 'payment_notice', n.id, h.amount, 0, TRUE, 0
  FROM hold h JOIN payment_notice n ON n.hold = h.id JOIN lot l ON l.region = n.region AND l.pollutant = n.pollutant
 WHERE h.state = 'active';
INSERT INTO lot_movement
SELECT row_number() OVER (ORDER BY m.step, m.reference, l.id), l.id, l.region, l.pollutant, l.provenance, m.event, m.from_bucket, m.to_bucket,
       m.quantity, 0, 0, l.document, m.reference, l.added_on, 0
  FROM lot l JOIN (
       SELECT 1 AS step, id AS lot, 'add' AS event, '' AS from_bucket, 'available' AS to_bucket, quantity, 0 AS reference FROM lot
       UNION ALL SELECT 2, lot, 'list', 'available', 'listed', quantity, reference FROM lot_claim
       UNION ALL SELECT 3, lot, 'reserve', 'listed', 'reserved', quantity, reference FROM lot_claim) m ON m.lot = l.id;
INSERT INTO reserve_day
SELECT row_number() OVER (ORDER BY min(id)), region, pollutant, day, event, provenance, sum(quantity), 0, 0, count(*), TRUE, 0
  FROM lot_movement GROUP BY region, pollutant, day, event, provenance;

CREATE VIEW v_lot AS
SELECT l.id, l.region, l.pollutant, l.provenance, l.acquired_on, l.document, (l.price::numeric / 10000)::numeric(24,4) AS price, l.months, (l.cost::numeric / 100)::numeric(24,2) AS cost, l.source,
       (l.quantity::numeric / 1000000)::numeric(24,6) AS quantity, (l.available::numeric / 1000000)::numeric(24,6) AS available, (l.earmarked::numeric / 1000000)::numeric(24,6) AS earmarked, (l.listed::numeric / 1000000)::numeric(24,6) AS listed, (l.reserved::numeric / 1000000)::numeric(24,6) AS reserved,
       (l.frozen_available::numeric / 1000000)::numeric(24,6) AS frozen_available, (l.frozen_earmarked::numeric / 1000000)::numeric(24,6) AS frozen_earmarked, (l.transferred::numeric / 1000000)::numeric(24,6) AS transferred, (l.retired::numeric / 1000000)::numeric(24,6) AS retired, (l.withdrawn::numeric / 1000000)::numeric(24,6) AS withdrawn,
       l.open, l.added_on, l.closed_on, l.command
  FROM lot l;

CREATE VIEW v_lot_movement AS
SELECT m.id, m.lot, m.region, m.pollutant, m.provenance, m.event, m.from_bucket, m.to_bucket, (m.quantity::numeric / 1000000)::numeric(24,6) AS quantity,
       (m.cost::numeric / 100)::numeric(24,2) AS cost, (m.amount::numeric / 100)::numeric(24,2) AS amount, m.document, m.reference, m.day, m.command
  FROM lot_movement m;

CREATE VIEW v_reserve_day AS
SELECT d.id, d.region, d.pollutant, d.day, d.event, d.provenance, (d.quantity::numeric / 1000000)::numeric(24,6) AS quantity, (d.cost::numeric / 100)::numeric(24,2) AS cost, (d.amount::numeric / 100)::numeric(24,2) AS amount, d.movements
  FROM reserve_day d;

-- What is written once stays as it was.
REVOKE UPDATE, DELETE, TRUNCATE ON lot_movement FROM CURRENT_USER;
