-- Statistics of trades, official figures beside them, and closes of periods. Amounts, dates
-- and instants are as in 00001; 0 and '' are "none".

-- +goose Up
-- A reversal counts with the opposite sign on its own day: a total may be negative.
CREATE TABLE trade_total (
    id            BIGINT  NOT NULL CONSTRAINT trade_total_pkey PRIMARY KEY,
    span          TEXT    NOT NULL,
    starts_on     INTEGER NOT NULL,
    seller_region TEXT    NOT NULL,
    buyer_region  TEXT    NOT NULL,
    pollutant     TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    trades        BIGINT  NOT NULL,
    quantity      BIGINT  NOT NULL,
    amount        BIGINT  NOT NULL,
    annual        BIGINT  NOT NULL,
    command       BIGINT  NOT NULL,
    CONSTRAINT trade_total_unique UNIQUE (span, starts_on, seller_region, buyer_region, pollutant, kind),
    CONSTRAINT trade_total_span_known CHECK (span IN ('day', 'month')),
    CONSTRAINT trade_total_month_first CHECK (span = 'day' OR starts_on % 100 = 1),
    CONSTRAINT trade_total_kind_known CHECK (kind IN ('primary_sale', 'market', 'deal_local', 'deal_cross_region', 'judicial_sale', 'buy_back'))
);
CREATE INDEX trade_total_by_start ON trade_total (starts_on);

CREATE TABLE trade_roll (
    id      BIGINT  NOT NULL CONSTRAINT trade_roll_pkey PRIMARY KEY,
    through INTEGER NOT NULL,
    trade   BIGINT  NOT NULL,
    until   INTEGER NOT NULL,
    source  INTEGER NOT NULL,
    after   BIGINT  NOT NULL,
    fill    BIGINT  NOT NULL,
    command BIGINT  NOT NULL,
    CONSTRAINT trade_roll_one_row CHECK (id = 1),
    CONSTRAINT trade_roll_forward CHECK (fill >= trade AND (until = 0 OR until > through))
);
-- A registry that has begun adds up what it has traded so far.
INSERT INTO trade_roll SELECT 1, 0, 0, 0, 0, 0, 0, 0 FROM registry WHERE length > 0;
INSERT INTO timer (id, due_at, purpose, reference, state, command)
SELECT (SELECT coalesce(max(id), 0) + 1 FROM timer), r.last_at, 'statistics.count', 0, 'pending', 0 FROM registry r WHERE r.length > 0;

CREATE TABLE official_figure (
    id           BIGINT  NOT NULL CONSTRAINT official_figure_pkey PRIMARY KEY,
    region       TEXT    NOT NULL,
    pollutant    TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    cycle        TEXT    NOT NULL,
    starts_on    INTEGER NOT NULL,
    measure      TEXT    NOT NULL,
    unit         TEXT    NOT NULL,
    total        TEXT    NOT NULL,
    change       TEXT    NOT NULL,
    document     TEXT    NOT NULL,
    published_on INTEGER NOT NULL,
    recorded_by  BIGINT  NOT NULL,
    recorded_at  BIGINT  NOT NULL,
    command      BIGINT  NOT NULL,
    CONSTRAINT official_figure_once UNIQUE (region, cycle, starts_on, document, pollutant, kind, measure, unit),
    CONSTRAINT official_figure_cycle_known CHECK (cycle IN ('month', 'quarter', 'year')),
    CONSTRAINT official_figure_measure_known CHECK (measure IN ('trades', 'quantity', 'amount', 'mean_price', 'index')),
    CONSTRAINT official_figure_printed CHECK (total <> '' AND document <> '' AND published_on > 0)
);

CREATE TABLE official_part (
    id        BIGINT  NOT NULL CONSTRAINT official_part_pkey PRIMARY KEY,
    figure    BIGINT NOT NULL,
    name      TEXT   NOT NULL,
    region    TEXT   NOT NULL,
    pollutant TEXT   NOT NULL,
    kind      TEXT   NOT NULL,
    published TEXT   NOT NULL,
    command   BIGINT NOT NULL,
    CONSTRAINT official_part_printed CHECK (name <> '' AND published <> '')
);
CREATE INDEX official_part_by_figure ON official_part (figure);

CREATE TABLE period_close (
    id         BIGINT  NOT NULL CONSTRAINT period_close_pkey PRIMARY KEY,
    region     TEXT    NOT NULL,
    month      INTEGER NOT NULL,
    state      TEXT    NOT NULL,
    digest     TEXT    NOT NULL,
    opened_by  BIGINT  NOT NULL,
    opened_at  BIGINT  NOT NULL,
    centre_by  BIGINT  NOT NULL,
    centre_at  BIGINT  NOT NULL,
    finance_by BIGINT  NOT NULL,
    finance_at BIGINT  NOT NULL,
    frozen_at  BIGINT  NOT NULL,
    reason     TEXT    NOT NULL,
    command    BIGINT  NOT NULL,
    CONSTRAINT period_close_month_first CHECK (month % 100 = 1),
    CONSTRAINT period_close_state_known CHECK (state IN ('open', 'centre_signed', 'finance_signed', 'frozen', 'withdrawn')),
    CONSTRAINT period_close_two_signers CHECK (centre_by <> finance_by OR centre_by = 0),
    CONSTRAINT period_close_frozen_signed CHECK ((state = 'frozen') = (frozen_at > 0) AND (state <> 'frozen' OR centre_by > 0 AND finance_by > 0 AND length(digest) = 64))
);
CREATE UNIQUE INDEX period_close_once ON period_close (region, month) WHERE state <> 'withdrawn';

CREATE TABLE close_difference (
    id           BIGINT  NOT NULL CONSTRAINT close_difference_pkey PRIMARY KEY,
    close        BIGINT NOT NULL,
    kind         TEXT   NOT NULL,
    reference    BIGINT NOT NULL,
    detail       TEXT   NOT NULL,
    explanation  TEXT   NOT NULL,
    explained_by BIGINT NOT NULL,
    explained_at BIGINT NOT NULL,
    command      BIGINT NOT NULL,
    CONSTRAINT close_difference_kind_known CHECK (kind IN ('bank_entry_unmatched', 'bank_entry_in_suspense', 'payment_notice_unmatched',
        'payment_notice_past_due', 'deal_past_due', 'objection_unanswered', 'official_figure_mismatch')),
    CONSTRAINT close_difference_explained CHECK ((explanation <> '') = (explained_by > 0))
);
CREATE INDEX close_difference_by_close ON close_difference (close);

CREATE TABLE close_file (
    id      BIGINT  NOT NULL CONSTRAINT close_file_pkey PRIMARY KEY,
    close   BIGINT NOT NULL,
    name    TEXT   NOT NULL,
    content TEXT   NOT NULL,
    digest  TEXT   NOT NULL,
    command BIGINT NOT NULL,
    CONSTRAINT close_file_unique UNIQUE (close, name),
    CONSTRAINT close_file_digest_form CHECK (length(digest) = 64)
);

-- What a close and an auditor look for.
CREATE INDEX deal_by_settlement ON deal (settled_at);
CREATE INDEX deal_by_proposal ON deal (proposed_at);
CREATE INDEX deal_by_due ON deal (due_on);
CREATE INDEX deal_step_by_event ON deal_step (event, at);
CREATE INDEX payment_notice_by_delivery ON payment_notice (delivered_at);
CREATE INDEX payment_notice_by_state ON payment_notice (state, due_on);
CREATE INDEX judicial_sale_by_record ON judicial_sale (recorded_at);
CREATE INDEX bank_entry_by_state ON bank_entry (state, booked_on);
CREATE INDEX allocation_by_record ON allocation (recorded_at);

CREATE VIEW v_trade_total AS
SELECT t.id, t.span, t.starts_on, t.seller_region, t.buyer_region, t.pollutant, t.kind, t.trades,
       (t.quantity::numeric / 1000000)::numeric(24,6) AS quantity, (t.amount::numeric / 100)::numeric(24,2) AS amount, (t.annual::numeric / 100)::numeric(24,2) AS annual, t.command
  FROM trade_total t;

-- What is written once stays as it was.
REVOKE UPDATE, DELETE, TRUNCATE ON official_figure, official_part, close_file FROM CURRENT_USER;
