-- Carbon-inclusive credits in the one ledger: projects, issuances, serial ranges, retirements, obligations, debts.
-- Amounts are in 10⁻⁶ kgCO2e, units are whole serial units; 0 and '' are "none".

-- +goose Up
-- Kinds of accounts: credits are new.
ALTER TABLE account DROP CONSTRAINT account_kind_known;
ALTER TABLE account ADD CONSTRAINT account_kind_known CHECK (kind BETWEEN 1 AND 15);
ALTER TABLE account DROP CONSTRAINT account_asset;
ALTER TABLE account ADD CONSTRAINT account_asset CHECK ((kind <= 6 OR kind >= 13) = (region <> '' AND pollutant <> ''));

-- A firm's project, whose reductions a methodology computes.
CREATE TABLE credit_project (
    id          BIGINT  NOT NULL CONSTRAINT credit_project_pkey PRIMARY KEY,
    code        TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    scheme      BIGINT  NOT NULL,
    methodology TEXT    NOT NULL,
    party       BIGINT  NOT NULL,
    region      TEXT    NOT NULL,
    identifier  TEXT    NOT NULL,
    document    TEXT    NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT credit_project_code_unique UNIQUE (scheme, code),
    CONSTRAINT credit_project_named CHECK (code <> '' AND identifier <> '' AND document <> '')
);

-- Reductions on their way to credits. An outbox number brings one issuance, once (I-67).
CREATE TABLE issuance (
    id              BIGINT  NOT NULL CONSTRAINT issuance_pkey PRIMARY KEY,
    scheme          BIGINT  NOT NULL,
    methodology     TEXT    NOT NULL,
    project         BIGINT  NOT NULL,
    source          TEXT    NOT NULL,
    vintage         INTEGER NOT NULL,
    period_from     INTEGER NOT NULL,
    period_to       INTEGER NOT NULL,
    party           BIGINT  NOT NULL,
    region          TEXT    NOT NULL,
    reduced         BIGINT  NOT NULL,
    units           BIGINT  NOT NULL,
    revoked_units   BIGINT  NOT NULL,
    first_unit      BIGINT  NOT NULL,
    last_unit       BIGINT  NOT NULL,
    evidence_digest TEXT    NOT NULL,
    items           INTEGER NOT NULL,
    sample          TEXT    NOT NULL,
    outbox          BIGINT  NOT NULL,
    state           TEXT    NOT NULL,
    document        TEXT    NOT NULL,
    declared_by     BIGINT  NOT NULL,
    verified_by     BIGINT  NOT NULL,
    declared_at     BIGINT  NOT NULL,
    issued_at       BIGINT  NOT NULL,
    command         BIGINT  NOT NULL,
    CONSTRAINT issuance_state_known CHECK (state IN ('computed', 'checked', 'verified', 'issued', 'rejected', 'revoked')),
    CONSTRAINT issuance_pool_or_project CHECK ((project = 0) = (outbox > 0)),
    CONSTRAINT issuance_units_within CHECK (units > 0 AND reduced > 0 AND revoked_units BETWEEN 0 AND units),
    CONSTRAINT issuance_numbered CHECK (state IN ('issued', 'revoked') AND first_unit > 0 AND last_unit = first_unit + units - 1
        OR state NOT IN ('issued', 'revoked') AND first_unit = 0 AND last_unit = 0 AND revoked_units = 0),
    CONSTRAINT issuance_revoked_wholly CHECK ((state = 'revoked') = (revoked_units = units)),
    CONSTRAINT issuance_verified_by_another CHECK (state NOT IN ('verified', 'issued', 'revoked') OR verified_by > 0 AND verified_by <> declared_by AND document <> ''),
    CONSTRAINT issuance_period CHECK (period_from > 0 AND period_to >= period_from AND period_from / 10000 = vintage AND period_to / 10000 = vintage)
);
CREATE UNIQUE INDEX issuance_outbox_unique ON issuance (outbox) WHERE outbox > 0;
CREATE UNIQUE INDEX issuance_evidence_unique ON issuance (evidence_digest) WHERE state NOT IN ('rejected', 'revoked');

CREATE TABLE issuance_input (
    id       BIGINT  NOT NULL CONSTRAINT issuance_input_pkey PRIMARY KEY,
    issuance BIGINT  NOT NULL,
    name     TEXT    NOT NULL,
    unit     TEXT    NOT NULL,
    amount   BIGINT  NOT NULL,
    command  BIGINT  NOT NULL,
    CONSTRAINT issuance_input_name_unique UNIQUE (issuance, name)
);

-- What the ledger counts as one asset: the credits of a scheme and vintage.
CREATE TABLE credit_series (
    id      BIGINT  NOT NULL CONSTRAINT credit_series_pkey PRIMARY KEY,
    code    TEXT    NOT NULL,
    scheme  BIGINT  NOT NULL,
    vintage INTEGER NOT NULL,
    command BIGINT  NOT NULL,
    CONSTRAINT credit_series_code_unique UNIQUE (code),
    CONSTRAINT credit_series_vintage_unique UNIQUE (scheme, vintage)
);

-- Units that share their issuance, holder and fate. Units are numbered through the registry, so that one range
-- type keeps all of them apart (I-65).
CREATE TABLE credit_range (
    id         BIGINT  NOT NULL CONSTRAINT credit_range_pkey PRIMARY KEY,
    issuance   BIGINT  NOT NULL,
    series     BIGINT  NOT NULL,
    first_unit BIGINT  NOT NULL,
    last_unit  BIGINT  NOT NULL,
    party      BIGINT  NOT NULL,
    region     TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    retirement BIGINT  NOT NULL,
    command    BIGINT  NOT NULL,
    CONSTRAINT credit_range_state_known CHECK (state IN ('held', 'retired', 'revoked')),
    CONSTRAINT credit_range_retired_by CHECK ((state = 'retired') = (retirement > 0)),
    CONSTRAINT credit_range_held_by CHECK (party > 0),
    CONSTRAINT credit_range_numbered CHECK (first_unit > 0 AND last_unit >= first_unit),
    CONSTRAINT credit_range_no_overlap EXCLUDE USING gist (int8range(first_unit, last_unit, '[]') WITH &&)
);
CREATE INDEX credit_range_by_holder ON credit_range (party, series, id);
CREATE INDEX credit_range_by_issuance ON credit_range (issuance, id);
CREATE INDEX credit_range_by_retirement ON credit_range (retirement) WHERE retirement > 0;

CREATE TABLE retirement (
    id          BIGINT  NOT NULL CONSTRAINT retirement_pkey PRIMARY KEY,
    party       BIGINT  NOT NULL,
    region      TEXT    NOT NULL,
    series      BIGINT  NOT NULL,
    units       BIGINT  NOT NULL,
    amount      BIGINT  NOT NULL,
    purpose     TEXT    NOT NULL,
    beneficiary TEXT    NOT NULL,
    occasion    TEXT    NOT NULL,
    obligation  BIGINT  NOT NULL,
    retired_at  BIGINT  NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT retirement_amount_positive CHECK (units > 0 AND amount > 0),
    CONSTRAINT retirement_purpose_known CHECK (purpose IN ('voluntary', 'event_neutrality', 'damage_compensation', 'offset')),
    CONSTRAINT retirement_offset_of CHECK ((purpose = 'offset') = (obligation > 0))
);
CREATE INDEX retirement_by_obligation ON retirement (obligation) WHERE obligation > 0;

-- What a firm must surrender for a year, and how much of it credits have offset (I-68).
CREATE TABLE carbon_obligation (
    id       BIGINT  NOT NULL CONSTRAINT carbon_obligation_pkey PRIMARY KEY,
    party    BIGINT  NOT NULL,
    region   TEXT    NOT NULL,
    year     INTEGER NOT NULL,
    amount   BIGINT  NOT NULL,
    share    BIGINT  NOT NULL,
    outside  BIGINT  NOT NULL,
    used     BIGINT  NOT NULL,
    used_outside BIGINT NOT NULL,
    document TEXT    NOT NULL,
    command  BIGINT  NOT NULL,
    CONSTRAINT carbon_obligation_once UNIQUE (party, year),
    CONSTRAINT carbon_obligation_shares CHECK (amount > 0 AND share BETWEEN 0 AND 1000000 AND outside BETWEEN 0 AND 1000000),
    CONSTRAINT carbon_obligation_within CHECK (used_outside BETWEEN 0 AND used AND used <= amount)
);

CREATE TABLE credit_debt (
    id       BIGINT  NOT NULL CONSTRAINT credit_debt_pkey PRIMARY KEY,
    issuance BIGINT  NOT NULL,
    scheme   BIGINT  NOT NULL,
    party    BIGINT  NOT NULL,
    region   TEXT    NOT NULL,
    units    BIGINT  NOT NULL,
    settled  BIGINT  NOT NULL,
    document TEXT    NOT NULL,
    command  BIGINT  NOT NULL,
    CONSTRAINT credit_debt_settled_within CHECK (units > 0 AND settled BETWEEN 0 AND units),
    CONSTRAINT credit_debt_document_named CHECK (document <> '')
);

INSERT INTO posting_reason (reason, name) VALUES (50, 'credit_issuance'), (51, 'credit_transfer'), (52, 'credit_retirement'),
    (53, 'credit_revocation'), (54, 'credit_repayment');

INSERT INTO parameter (id, key, region, pollutant, industry, value, valid_from, valid_to, document, words, command)
SELECT (SELECT coalesce(max(id), 0) FROM parameter) + n, key, '', '', '', value, 20200101, 0, document, '', 0
  FROM (SELECT 1 AS n, 'carbon.offset_cap' AS key, '0.05' AS value, '上海市碳排放管理试行办法' AS document
        UNION ALL SELECT 2, 'carbon.offset_outside', '1', 'project default') seed;

DROP VIEW v_account;
CREATE VIEW v_account AS
SELECT a.id, CASE a.kind WHEN 1 THEN 'cap' WHEN 2 THEN 'unallocated' WHEN 3 THEN 'reserve' WHEN 4 THEN 'holding' WHEN 5 THEN 'in_transit' WHEN 6 THEN 'retired' WHEN 7 THEN 'bank' WHEN 8 THEN 'funds' WHEN 9 THEN 'escrow' WHEN 10 THEN 'deposit' WHEN 11 THEN 'fee' WHEN 12 THEN 'suspense' WHEN 13 THEN 'credits_issued' WHEN 14 THEN 'credits' WHEN 15 THEN 'credits_retired' END AS kind, CASE a.origin WHEN 1 THEN 'paid' WHEN 2 THEN 'free' WHEN 3 THEN 'unknown' END AS origin,
       a.region, a.pollutant, a.party, a.licence, i.code AS instrument,
       CASE WHEN a.kind <= 6 OR a.kind >= 13 THEN (b.balance::numeric / 1000000)::numeric(24,6) ELSE (b.balance::numeric / 100)::numeric(24,2) END AS balance, CASE WHEN a.kind <= 6 OR a.kind >= 13 THEN (b.held::numeric / 1000000)::numeric(24,6) ELSE (b.held::numeric / 100)::numeric(24,2) END AS held, CASE WHEN a.kind <= 6 OR a.kind >= 13 THEN (b.balance - b.held::numeric / 1000000)::numeric(24,6) ELSE (b.balance - b.held::numeric / 100)::numeric(24,2) END AS available, b.last_posting, b.command
  FROM account a JOIN balance b ON b.id = a.id LEFT JOIN instrument i ON i.id = a.instrument;
DROP VIEW v_posting;
CREATE VIEW v_posting AS
SELECT p.id, p.transfer, r.name AS reason, p.reference, p.debit, p.credit,
       CASE WHEN a.kind <= 6 OR a.kind >= 13 THEN (p.amount::numeric / 1000000)::numeric(24,6) ELSE (p.amount::numeric / 100)::numeric(24,2) END AS amount, CASE WHEN a.kind <= 6 OR a.kind >= 13 THEN (p.debit_after::numeric / 1000000)::numeric(24,6) ELSE (p.debit_after::numeric / 100)::numeric(24,2) END AS debit_after, CASE WHEN a.kind <= 6 OR a.kind >= 13 THEN (p.credit_after::numeric / 1000000)::numeric(24,6) ELSE (p.credit_after::numeric / 100)::numeric(24,2) END AS credit_after,
       p.debit_previous, p.credit_previous, p.command, to_timestamp(j.at / 1000000.0) AS at
  FROM posting p JOIN account a ON a.id = p.debit LEFT JOIN posting_reason r ON r.reason = p.reason LEFT JOIN journal j ON j.number = p.command;
