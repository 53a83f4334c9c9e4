-- +goose Up
-- Types of orders, their fees and what cancels many of them. Amounts are in fen, prices in 10⁻⁴ CNY, quantities and rates in
-- 10⁻⁶; days are yyyymmdd, instants µs. 0 is "none".
ALTER TABLE market_order
    ADD COLUMN queued   BIGINT   NOT NULL DEFAULT 0,
    ADD COLUMN kind     SMALLINT NOT NULL DEFAULT 0,
    ADD COLUMN schedule BIGINT   NOT NULL DEFAULT 0,
    ADD COLUMN amount   BIGINT   NOT NULL DEFAULT 0,
    ADD COLUMN fee      BIGINT   NOT NULL DEFAULT 0,
    ADD COLUMN ending   SMALLINT NOT NULL DEFAULT 0,
    DROP CONSTRAINT market_order_state_known,
    ADD CONSTRAINT market_order_state_known CHECK (state IN (1, 2, 3, 4)),
    ADD CONSTRAINT market_order_time_in_force_known CHECK (time_in_force IN (1, 2, 3, 4)),
    ADD CONSTRAINT market_order_kind_known CHECK (kind = 0 OR kind = 1 AND time_in_force IN (2, 4)),
    ADD CONSTRAINT market_order_fee CHECK (fee >= 0 AND amount >= 0 AND (schedule > 0 OR fee = 0 AND amount = 0)),
    ADD CONSTRAINT market_order_ending CHECK (ending >= 0 AND (state IN (3, 4) OR ending = 0) AND (state <> 4 OR time_in_force = 3));
DROP VIEW v_market_order;
CREATE VIEW v_market_order AS
SELECT o.id, m.code AS market, i.code AS instrument, o.party, o.licence, CASE o.side WHEN 1 THEN 'buy' WHEN 2 THEN 'sell' END AS side,
       CASE o.kind WHEN 0 THEN 'limit' WHEN 1 THEN 'market' END AS kind, CASE o.time_in_force WHEN 1 THEN 'gtc' WHEN 2 THEN 'ioc' WHEN 3 THEN 'day' WHEN 4 THEN 'fok' END AS time_in_force,
       CASE o.state WHEN 1 THEN 'open' WHEN 2 THEN 'filled' WHEN 3 THEN 'cancelled' WHEN 4 THEN 'expired' END AS state,
       (o.price::numeric / 10000)::numeric(24,4) AS price, (o.quantity::numeric / 1000000)::numeric(24,6) AS quantity, (o.remaining::numeric / 1000000)::numeric(24,6) AS remaining,
       CASE WHEN o.side = 1 THEN (o.hold::numeric / 100)::numeric(24,2) ELSE (o.hold::numeric / 1000000)::numeric(24,6) END AS hold,
       (o.fee::numeric / 100)::numeric(24,2) AS fee, o.ending, to_timestamp(o.placed_at / 1000000.0) AS placed_at, o.command
  FROM market_order o LEFT JOIN market m ON m.id = o.market LEFT JOIN instrument i ON i.id = o.instrument;

ALTER TABLE trade
    ADD COLUMN buyer_fee  BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN seller_fee BIGINT NOT NULL DEFAULT 0,
    ADD CONSTRAINT trade_buyer_fee_not_negative CHECK (buyer_fee >= 0),
    ADD CONSTRAINT trade_seller_fee_covered CHECK (seller_fee >= 0 AND seller_fee <= amount);
CREATE INDEX trade_by_fee ON trade (at) WHERE buyer_fee > 0 OR seller_fee > 0;
DROP VIEW v_trade;
CREATE VIEW v_trade AS
SELECT t.id, m.code AS market, i.code AS instrument, t.buy_order, t.sell_order, CASE t.taker WHEN 1 THEN 'buy' WHEN 2 THEN 'sell' END AS taker,
       (t.price::numeric / 10000)::numeric(24,4) AS price, (t.quantity::numeric / 1000000)::numeric(24,6) AS quantity, t.months, (t.amount::numeric / 100)::numeric(24,2) AS amount,
       (t.buyer_fee::numeric / 100)::numeric(24,2) AS buyer_fee, (t.seller_fee::numeric / 100)::numeric(24,2) AS seller_fee,
       t.buyer_region, t.seller_region, to_timestamp(t.at / 1000000.0) AS at, t.command
  FROM trade t LEFT JOIN market m ON m.id = t.market LEFT JOIN instrument i ON i.id = t.instrument;

ALTER TABLE market ADD COLUMN resale_next_day BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE party ADD COLUMN owner_group TEXT NOT NULL DEFAULT '';

CREATE TABLE order_sweep (
    id           BIGINT   NOT NULL CONSTRAINT order_sweep_pkey PRIMARY KEY,
    party        BIGINT   NOT NULL,
    licence      BIGINT   NOT NULL,
    market       BIGINT   NOT NULL,
    instrument   BIGINT   NOT NULL,
    side         SMALLINT NOT NULL,
    ending       SMALLINT NOT NULL,
    state        TEXT     NOT NULL,
    matched      BIGINT   NOT NULL,
    cancelled    BIGINT   NOT NULL,
    requested_by BIGINT   NOT NULL,
    requested_at BIGINT   NOT NULL,
    command      BIGINT   NOT NULL,
    CONSTRAINT order_sweep_state_known CHECK (state IN ('running', 'done')),
    CONSTRAINT order_sweep_side_known CHECK (side IN (0, 1, 2)),
    CONSTRAINT order_sweep_of_somebody CHECK (party > 0 OR licence > 0),
    CONSTRAINT order_sweep_within CHECK (cancelled >= 0 AND cancelled <= matched)
);
CREATE INDEX order_sweep_by_party ON order_sweep (party, id);

CREATE TABLE fee_schedule (
    id            BIGINT  NOT NULL CONSTRAINT fee_schedule_pkey PRIMARY KEY,
    market        BIGINT  NOT NULL,
    scheme        TEXT    NOT NULL,
    progressive   BOOLEAN NOT NULL,
    minimum       BIGINT  NOT NULL,
    waived_below  BIGINT  NOT NULL,
    single_bidder BIGINT  NOT NULL,
    valid_from    INTEGER NOT NULL,
    document      TEXT    NOT NULL,
    command       BIGINT  NOT NULL,
    CONSTRAINT fee_schedule_once UNIQUE (market, valid_from),
    CONSTRAINT fee_schedule_scheme_known CHECK (scheme IN ('none', 'chengdu', 'guangdong', 'own')),
    CONSTRAINT fee_schedule_not_negative CHECK (minimum >= 0 AND waived_below >= 0 AND single_bidder > 0 AND single_bidder <= 1000000),
    CONSTRAINT fee_schedule_document_named CHECK (document <> '')
);

CREATE TABLE fee_tier (
    id       BIGINT  NOT NULL CONSTRAINT fee_tier_pkey PRIMARY KEY,
    schedule BIGINT  NOT NULL,
    through  BIGINT  NOT NULL,
    buyer    BIGINT  NOT NULL,
    seller   BIGINT  NOT NULL,
    command  BIGINT  NOT NULL,
    CONSTRAINT fee_tier_once UNIQUE (schedule, through),
    CONSTRAINT fee_tier_rate CHECK (through >= 0 AND buyer >= 0 AND buyer < 1000000 AND seller >= 0 AND seller < 1000000)
);

INSERT INTO posting_reason (reason, name) VALUES (27, 'fee');
