-- Freezes by courts and bureaus, judicial sales. Amounts, dates and instants are as
-- in 00001; 0 and '' are "none".

-- +goose Up
-- A freeze is its own hold: frozen is a part of its account's held amount.

CREATE TABLE freeze_order (
    id           INTEGER  NOT NULL CONSTRAINT freeze_order_pkey PRIMARY KEY,
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
    id            INTEGER NOT NULL CONSTRAINT judicial_sale_pkey PRIMARY KEY,
    freeze_order  BIGINT  NOT NULL,
    party         BIGINT  NOT NULL,
    licence       BIGINT  NOT NULL,
    region        TEXT    NOT NULL,
    buyer_party   BIGINT  NOT NULL,
    buyer_licence BIGINT  NOT NULL,
    instrument    BIGINT  NOT NULL,
    quantity      BIGINT  NOT NULL,
    amount        BIGINT  NOT NULL,
    document      TEXT    NOT NULL,
    transfer      BIGINT  NOT NULL,
    recorded_at   BIGINT  NOT NULL,
    command       BIGINT  NOT NULL,
    CONSTRAINT judicial_sale_amounts CHECK (quantity > 0 AND amount >= 0),
    CONSTRAINT judicial_sale_licences_differ CHECK (licence <> buyer_licence),
    CONSTRAINT judicial_sale_posted CHECK (transfer > 0)
);
CREATE INDEX judicial_sale_by_freeze ON judicial_sale (freeze_order);

-- Successions: permits that followed a site or an enterprise to others.
CREATE TABLE succession (
    id           INTEGER NOT NULL CONSTRAINT succession_pkey PRIMARY KEY,
    kind         TEXT    NOT NULL,
    party        BIGINT  NOT NULL,
    licence      BIGINT  NOT NULL,
    region       TEXT    NOT NULL,
    document     TEXT    NOT NULL,
    effective_on INTEGER NOT NULL,
    closed       BOOLEAN NOT NULL,
    transfer     BIGINT  NOT NULL,
    recorded_at  BIGINT  NOT NULL,
    command      BIGINT  NOT NULL,
    CONSTRAINT succession_kind_known CHECK (kind IN ('merger', 'division', 'new_holder')),
    CONSTRAINT succession_moved_or_stayed CHECK (transfer > 0 OR NOT closed)
);
CREATE INDEX succession_by_licence ON succession (licence);

CREATE TABLE succession_part (
    id         INTEGER  NOT NULL CONSTRAINT succession_part_pkey PRIMARY KEY,
    succession BIGINT   NOT NULL,
    to_party   BIGINT   NOT NULL,
    to_licence BIGINT   NOT NULL,
    instrument BIGINT   NOT NULL,
    pollutant  TEXT     NOT NULL,
    origin     SMALLINT NOT NULL,
    quantity   BIGINT   NOT NULL,
    surplus    BIGINT   NOT NULL,
    command    BIGINT   NOT NULL,
    CONSTRAINT succession_part_amounts CHECK (quantity > 0 AND surplus >= 0 AND surplus <= quantity),
    CONSTRAINT succession_part_surplus_of_paid CHECK (surplus = 0 OR origin = 1),
    CONSTRAINT succession_part_unique UNIQUE (succession, to_licence, instrument, origin)
);

CREATE TABLE party_rename (
    id           INTEGER NOT NULL CONSTRAINT party_rename_pkey PRIMARY KEY,
    party        BIGINT  NOT NULL,
    region       TEXT    NOT NULL,
    old_name     TEXT    NOT NULL,
    new_name     TEXT    NOT NULL,
    old_uscc     TEXT    NOT NULL,
    new_uscc     TEXT    NOT NULL,
    document     TEXT    NOT NULL,
    effective_on INTEGER NOT NULL,
    recorded_at  BIGINT  NOT NULL,
    command      BIGINT  NOT NULL,
    CONSTRAINT party_rename_changes CHECK (old_name <> new_name OR old_uscc <> new_uscc)
);
CREATE INDEX party_rename_by_party ON party_rename (party);

CREATE TABLE departure (
    id           INTEGER NOT NULL CONSTRAINT departure_pkey PRIMARY KEY,
    kind         TEXT    NOT NULL,
    party        BIGINT  NOT NULL,
    licence      BIGINT  NOT NULL,
    region       TEXT    NOT NULL,
    document     TEXT    NOT NULL,
    effective_on INTEGER NOT NULL,
    reclaimed    BIGINT  NOT NULL,
    transfer     BIGINT  NOT NULL,
    state        TEXT    NOT NULL,
    end_document TEXT    NOT NULL,
    recorded_at  BIGINT  NOT NULL,
    ended_at     BIGINT  NOT NULL,
    command      BIGINT  NOT NULL,
    CONSTRAINT departure_kind_known CHECK (kind IN ('relocation', 'closure', 'bankruptcy')),
    CONSTRAINT departure_state_known CHECK (state IN ('open', 'completed', 'withdrawn')),
    CONSTRAINT departure_reclaimed_posted CHECK (reclaimed >= 0 AND (reclaimed > 0) = (transfer > 0)),
    CONSTRAINT departure_ended CHECK ((state = 'open') = (ended_at = 0))
);
CREATE UNIQUE INDEX departure_once ON departure (licence) WHERE state = 'open';

-- Corrections of wrong allocations, and what is owed for them.
CREATE TABLE allocation_correction (
    id          INTEGER  NOT NULL CONSTRAINT allocation_correction_pkey PRIMARY KEY,
    allocation  BIGINT   NOT NULL,
    party       BIGINT   NOT NULL,
    licence     BIGINT   NOT NULL,
    region      TEXT     NOT NULL,
    instrument  BIGINT   NOT NULL,
    pollutant   TEXT     NOT NULL,
    origin      SMALLINT NOT NULL,
    quantity    BIGINT   NOT NULL,
    reversed    BIGINT   NOT NULL,
    finding     TEXT     NOT NULL,
    document    TEXT     NOT NULL,
    decided_on  INTEGER  NOT NULL,
    debt        BIGINT   NOT NULL,
    transfer    BIGINT   NOT NULL,
    recorded_at BIGINT   NOT NULL,
    command     BIGINT   NOT NULL,
    CONSTRAINT allocation_correction_amounts CHECK (quantity > 0 AND reversed >= 0 AND reversed <= quantity),
    CONSTRAINT allocation_correction_rest_owed CHECK ((reversed < quantity) = (debt > 0)),
    CONSTRAINT allocation_correction_reversed_posted CHECK ((reversed > 0) = (transfer > 0))
);
CREATE INDEX allocation_correction_by_allocation ON allocation_correction (allocation);

CREATE TABLE permit_debt (
    id          INTEGER NOT NULL CONSTRAINT permit_debt_pkey PRIMARY KEY,
    correction  BIGINT  NOT NULL,
    party       BIGINT  NOT NULL,
    licence     BIGINT  NOT NULL,
    region      TEXT    NOT NULL,
    pollutant   TEXT    NOT NULL,
    quantity    BIGINT  NOT NULL,
    settled     BIGINT  NOT NULL,
    recorded_at BIGINT  NOT NULL,
    settled_at  BIGINT  NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT permit_debt_amounts CHECK (quantity > 0 AND settled >= 0 AND settled <= quantity),
    CONSTRAINT permit_debt_closed CHECK ((settled = quantity) = (settled_at > 0)),
    CONSTRAINT permit_debt_correction_unique UNIQUE (correction)
);

CREATE TABLE debt_settlement (
    id          INTEGER  NOT NULL CONSTRAINT debt_settlement_pkey PRIMARY KEY,
    debt        BIGINT   NOT NULL,
    party       BIGINT   NOT NULL,
    region      TEXT     NOT NULL,
    way         TEXT     NOT NULL,
    instrument  BIGINT   NOT NULL,
    origin      SMALLINT NOT NULL,
    quantity    BIGINT   NOT NULL,
    document    TEXT     NOT NULL,
    transfer    BIGINT   NOT NULL,
    recorded_at BIGINT   NOT NULL,
    command     BIGINT   NOT NULL,
    CONSTRAINT debt_settlement_quantity_positive CHECK (quantity > 0),
    CONSTRAINT debt_settlement_way_known CHECK (way IN ('purchase', 'reserve', 'court')),
    CONSTRAINT debt_settlement_posted CHECK ((way = 'court') = (transfer = 0)),
    CONSTRAINT debt_settlement_of_holding CHECK ((way = 'purchase') = (instrument > 0))
);
CREATE INDEX debt_settlement_by_debt ON debt_settlement (debt);

-- What other platforms call the registry's objects, and deals that were made there.
CREATE TABLE outside_number (
    id          INTEGER NOT NULL CONSTRAINT outside_number_pkey PRIMARY KEY,
    system      TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    object      BIGINT  NOT NULL,
    number      TEXT    NOT NULL,
    party       BIGINT  NOT NULL,
    region      TEXT    NOT NULL,
    recorded_at BIGINT  NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT outside_number_number_unique UNIQUE (system, kind, number),
    CONSTRAINT outside_number_object_unique UNIQUE (system, kind, object),
    CONSTRAINT outside_number_system_known CHECK (system IN ('provincial', 'national_licence')),
    CONSTRAINT outside_number_number_named CHECK (number <> '')
);

CREATE TABLE mirrored_deal (
    id             INTEGER NOT NULL CONSTRAINT mirrored_deal_pkey PRIMARY KEY,
    system         TEXT    NOT NULL,
    number         TEXT    NOT NULL,
    region         TEXT    NOT NULL,
    seller_party   BIGINT  NOT NULL,
    seller_licence BIGINT  NOT NULL,
    buyer_party    BIGINT  NOT NULL,
    buyer_licence  BIGINT  NOT NULL,
    instrument     BIGINT  NOT NULL,
    pollutant      TEXT    NOT NULL,
    quantity       BIGINT  NOT NULL,
    price          BIGINT  NOT NULL,
    amount         BIGINT  NOT NULL,
    settled_on     INTEGER NOT NULL,
    document       TEXT    NOT NULL,
    transfer       BIGINT  NOT NULL,
    recorded_at    BIGINT  NOT NULL,
    command        BIGINT  NOT NULL,
    CONSTRAINT mirrored_deal_amounts CHECK (quantity > 0 AND price > 0 AND amount >= 0),
    CONSTRAINT mirrored_deal_licences_differ CHECK (seller_licence <> buyer_licence),
    CONSTRAINT mirrored_deal_posted CHECK (transfer > 0),
    CONSTRAINT mirrored_deal_number_unique UNIQUE (system, number)
);

CREATE VIEW v_freeze_order AS
SELECT f.id, f.account, f.party, f.region, f.licence, i.code AS instrument, CASE f.origin WHEN 1 THEN 'paid' WHEN 2 THEN 'free' WHEN 3 THEN 'unknown' END AS origin,
       CASE WHEN f.licence > 0 THEN CASE WHEN f.amount < 0 THEN '-' ELSE '' END || (abs(f.amount) / 1000000) || '.' || substr('000000' || (abs(f.amount) % 1000000), -6) ELSE CASE WHEN f.amount < 0 THEN '-' ELSE '' END || (abs(f.amount) / 100) || '.' || substr('00' || (abs(f.amount) % 100), -2) END AS amount, CASE WHEN f.licence > 0 THEN CASE WHEN f.frozen < 0 THEN '-' ELSE '' END || (abs(f.frozen) / 1000000) || '.' || substr('000000' || (abs(f.frozen) % 1000000), -6) ELSE CASE WHEN f.frozen < 0 THEN '-' ELSE '' END || (abs(f.frozen) / 100) || '.' || substr('00' || (abs(f.frozen) % 100), -2) END AS frozen, CASE WHEN f.licence > 0 THEN CASE WHEN f.taken < 0 THEN '-' ELSE '' END || (abs(f.taken) / 1000000) || '.' || substr('000000' || (abs(f.taken) % 1000000), -6) ELSE CASE WHEN f.taken < 0 THEN '-' ELSE '' END || (abs(f.taken) / 100) || '.' || substr('00' || (abs(f.taken) % 100), -2) END AS taken,
       f.issuer, f.issuer_name, f.order_number, f.reason, f.starts_on, f.ends_on, f.confirm_by, f.state, f.command
  FROM freeze_order f LEFT JOIN instrument i ON i.id = f.instrument;

CREATE VIEW v_judicial_sale AS
SELECT s.id, s.freeze_order, s.party, s.licence, s.region, s.buyer_party, s.buyer_licence, i.code AS instrument,
       CASE WHEN s.quantity < 0 THEN '-' ELSE '' END || (abs(s.quantity) / 1000000) || '.' || substr('000000' || (abs(s.quantity) % 1000000), -6) AS quantity, CASE WHEN s.amount < 0 THEN '-' ELSE '' END || (abs(s.amount) / 100) || '.' || substr('00' || (abs(s.amount) % 100), -2) AS amount, s.document, s.transfer, s.command
  FROM judicial_sale s LEFT JOIN instrument i ON i.id = s.instrument;

CREATE VIEW v_succession_part AS
SELECT p.id, p.succession, s.kind, s.licence AS from_licence, p.to_licence, p.to_party, i.code AS instrument, CASE p.origin WHEN 1 THEN 'paid' WHEN 2 THEN 'free' WHEN 3 THEN 'unknown' END AS origin,
       CASE WHEN p.quantity < 0 THEN '-' ELSE '' END || (abs(p.quantity) / 1000000) || '.' || substr('000000' || (abs(p.quantity) % 1000000), -6) AS quantity, CASE WHEN p.surplus < 0 THEN '-' ELSE '' END || (abs(p.surplus) / 1000000) || '.' || substr('000000' || (abs(p.surplus) % 1000000), -6) AS surplus, s.document, s.effective_on, p.command
  FROM succession_part p JOIN succession s ON s.id = p.succession LEFT JOIN instrument i ON i.id = p.instrument;

CREATE VIEW v_permit_debt AS
SELECT d.id, d.correction, d.party, d.licence, d.region, d.pollutant, CASE WHEN d.quantity < 0 THEN '-' ELSE '' END || (abs(d.quantity) / 1000000) || '.' || substr('000000' || (abs(d.quantity) % 1000000), -6) AS quantity, CASE WHEN d.settled < 0 THEN '-' ELSE '' END || (abs(d.settled) / 1000000) || '.' || substr('000000' || (abs(d.settled) % 1000000), -6) AS settled, d.command
  FROM permit_debt d;

CREATE VIEW v_mirrored_deal AS
SELECT m.id, m.system, m.number, m.region, m.seller_party, m.seller_licence, m.buyer_party, m.buyer_licence, i.code AS instrument,
       CASE WHEN m.quantity < 0 THEN '-' ELSE '' END || (abs(m.quantity) / 1000000) || '.' || substr('000000' || (abs(m.quantity) % 1000000), -6) AS quantity, CASE WHEN m.price < 0 THEN '-' ELSE '' END || (abs(m.price) / 10000) || '.' || substr('0000' || (abs(m.price) % 10000), -4) AS price, CASE WHEN m.amount < 0 THEN '-' ELSE '' END || (abs(m.amount) / 100) || '.' || substr('00' || (abs(m.amount) % 100), -2) AS amount, m.settled_on, m.document, m.transfer, m.command
  FROM mirrored_deal m LEFT JOIN instrument i ON i.id = m.instrument;

INSERT INTO posting_reason (reason, name) VALUES (40, 'mirrored_deal');
