-- Freezes by courts and bureaus, judicial sales. Amounts, dates and instants are as
-- in 00001; 0 and '' are "none".

-- +goose Up
-- A freeze is its own hold: frozen is a part of its account's held amount.

CREATE TABLE freeze_order (
    id           BIGINT   NOT NULL CONSTRAINT freeze_order_pkey PRIMARY KEY,
    account      BIGINT   NOT NULL,
    party        BIGINT   NOT NULL,
    region       TEXT     NOT NULL,
    licence      BIGINT   NOT NULL,
    instrument   BIGINT   NOT NULL,
    pollutant    TEXT     NOT NULL,
    origin       SMALLINT NOT NULL,
    amount       BIGINT   NOT NULL,
    frozen       BIGINT   NOT NULL,
    taken        BIGINT   NOT NULL,
    issuer       TEXT     NOT NULL,
    issuer_name  TEXT     NOT NULL,
    order_number TEXT     NOT NULL,
    reason       TEXT     NOT NULL,
    starts_on    INTEGER  NOT NULL,
    ends_on      INTEGER  NOT NULL,
    confirm_by   INTEGER  NOT NULL,
    state        TEXT     NOT NULL,
    placed_by    BIGINT   NOT NULL,
    confirmed_by BIGINT   NOT NULL,
    effective_at BIGINT   NOT NULL,
    ended_at     BIGINT   NOT NULL,
    end_document TEXT     NOT NULL,
    recorded_at  BIGINT   NOT NULL,
    command      BIGINT   NOT NULL,
    CONSTRAINT freeze_order_amounts_within CHECK (amount > 0 AND frozen >= 0 AND taken >= 0 AND frozen + taken <= amount),
    CONSTRAINT freeze_order_of_holding_or_funds CHECK ((licence > 0) = (instrument > 0) AND (licence > 0) = (origin > 0) AND (licence > 0) = (pollutant <> '')),
    CONSTRAINT freeze_order_issuer_known CHECK (issuer IN ('court', 'bureau')),
    CONSTRAINT freeze_order_period CHECK (starts_on > 0 AND (ends_on = 0 OR ends_on >= starts_on)),
    CONSTRAINT freeze_order_state_known CHECK (state IN ('pending', 'emergency', 'active', 'released', 'expired', 'lapsed', 'enforced', 'ended')),
    CONSTRAINT freeze_order_frozen_in_effect CHECK (frozen = 0 OR state IN ('emergency', 'active')),
    CONSTRAINT freeze_order_ended CHECK ((state IN ('pending', 'emergency', 'active')) = (ended_at = 0)),
    CONSTRAINT freeze_order_confirmed_by_another CHECK (confirmed_by <> placed_by OR confirmed_by = 0)
);
CREATE INDEX freeze_order_by_account ON freeze_order (account);
CREATE INDEX freeze_order_by_party ON freeze_order (party);
CREATE UNIQUE INDEX freeze_order_once ON freeze_order (account, issuer_name, order_number) WHERE state IN ('pending', 'emergency', 'active');

CREATE TABLE judicial_sale (
    id            BIGINT NOT NULL CONSTRAINT judicial_sale_pkey PRIMARY KEY,
    freeze_order  BIGINT NOT NULL,
    party         BIGINT NOT NULL,
    licence       BIGINT NOT NULL,
    region        TEXT   NOT NULL,
    buyer_party   BIGINT NOT NULL,
    buyer_licence BIGINT NOT NULL,
    instrument    BIGINT NOT NULL,
    quantity      BIGINT NOT NULL,
    amount        BIGINT NOT NULL,
    document      TEXT   NOT NULL,
    transfer      BIGINT NOT NULL,
    recorded_at   BIGINT NOT NULL,
    command       BIGINT NOT NULL,
    CONSTRAINT judicial_sale_amounts CHECK (quantity > 0 AND amount >= 0),
    CONSTRAINT judicial_sale_licences_differ CHECK (licence <> buyer_licence),
    CONSTRAINT judicial_sale_posted CHECK (transfer > 0)
);
CREATE INDEX judicial_sale_by_freeze ON judicial_sale (freeze_order);

CREATE VIEW v_freeze_order AS
SELECT f.id, f.account, f.party, f.region, f.licence, i.code AS instrument, CASE f.origin WHEN 1 THEN 'paid' WHEN 2 THEN 'free' WHEN 3 THEN 'unknown' END AS origin,
       CASE WHEN f.licence > 0 THEN ((f.amount)::numeric / 1000000)::numeric(24,6) ELSE ((f.amount)::numeric / 100)::numeric(24,2) END AS amount, CASE WHEN f.licence > 0 THEN ((f.frozen)::numeric / 1000000)::numeric(24,6) ELSE ((f.frozen)::numeric / 100)::numeric(24,2) END AS frozen, CASE WHEN f.licence > 0 THEN ((f.taken)::numeric / 1000000)::numeric(24,6) ELSE ((f.taken)::numeric / 100)::numeric(24,2) END AS taken,
       f.issuer, f.issuer_name, f.order_number, f.reason, f.starts_on, f.ends_on, f.confirm_by, f.state, f.command
  FROM freeze_order f LEFT JOIN instrument i ON i.id = f.instrument;

CREATE VIEW v_judicial_sale AS
SELECT s.id, s.freeze_order, s.party, s.licence, s.region, s.buyer_party, s.buyer_licence, i.code AS instrument,
       ((s.quantity)::numeric / 1000000)::numeric(24,6) AS quantity, ((s.amount)::numeric / 100)::numeric(24,2) AS amount, s.document, s.transfer, s.command
  FROM judicial_sale s LEFT JOIN instrument i ON i.id = s.instrument;
