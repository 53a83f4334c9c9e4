-- Sessions, bands, closing prices, calls and block trades of the markets. Amounts, dates and instants are as in
-- 00001; ratios are 10⁻⁶; 0 and '' are "none".

-- +goose Up
CREATE TABLE market_terms (
    id INTEGER NOT NULL CONSTRAINT market_terms_pkey PRIMARY KEY,
    market        BIGINT  NOT NULL,
    valid_from    INTEGER NOT NULL,
    timetable     TEXT    NOT NULL,
    band          BIGINT  NOT NULL,
    block_band    BIGINT  NOT NULL,
    block_least   BIGINT  NOT NULL,
    block_officer BOOLEAN NOT NULL,
    median_price  BOOLEAN NOT NULL,
    source        TEXT    NOT NULL,
    command       BIGINT  NOT NULL,
    CONSTRAINT market_terms_unique UNIQUE (market, valid_from),
    CONSTRAINT market_terms_bands_within CHECK (band >= 0 AND band < 1000000 AND block_band >= 0 AND block_band < 1000000),
    CONSTRAINT market_terms_block_least CHECK (block_least >= 0),
    CONSTRAINT market_terms_source_named CHECK (source <> '')
);
CREATE TABLE market_session (
    id INTEGER NOT NULL CONSTRAINT market_session_pkey PRIMARY KEY,
    market  BIGINT  NOT NULL,
    phase   TEXT    NOT NULL,
    follows TEXT    NOT NULL,
    day     INTEGER NOT NULL,
    since   BIGINT  NOT NULL,
    next_at BIGINT  NOT NULL,
    closing INTEGER NOT NULL,
    closed  INTEGER NOT NULL,
    command BIGINT  NOT NULL,
    CONSTRAINT market_session_unique UNIQUE (market),
    CONSTRAINT market_session_phase_known CHECK (phase IN ('closed', 'call', 'uncrossing', 'continuous')),
    CONSTRAINT market_session_then CHECK ((phase = 'uncrossing') = (follows <> '')),
    CONSTRAINT market_session_forward CHECK (next_at > since)
);
CREATE TABLE market_quote (
    id INTEGER NOT NULL CONSTRAINT market_quote_pkey PRIMARY KEY,
    market     BIGINT  NOT NULL,
    instrument BIGINT  NOT NULL,
    close      BIGINT  NOT NULL,
    closed_on  INTEGER NOT NULL,
    last       BIGINT  NOT NULL,
    last_trade BIGINT  NOT NULL,
    day        INTEGER NOT NULL,
    trades     INTEGER NOT NULL,
    price1     BIGINT  NOT NULL,
    price2     BIGINT  NOT NULL,
    price3     BIGINT  NOT NULL,
    price4     BIGINT  NOT NULL,
    price5     BIGINT  NOT NULL,
    quantity1  BIGINT  NOT NULL,
    quantity2  BIGINT  NOT NULL,
    quantity3  BIGINT  NOT NULL,
    quantity4  BIGINT  NOT NULL,
    quantity5  BIGINT  NOT NULL,
    command    BIGINT  NOT NULL,
    CONSTRAINT market_quote_unique UNIQUE (market, instrument),
    CONSTRAINT market_quote_trades CHECK (trades BETWEEN 0 AND 5)
);
CREATE TABLE market_close (
    id INTEGER NOT NULL CONSTRAINT market_close_pkey PRIMARY KEY,
    market     BIGINT  NOT NULL,
    instrument BIGINT  NOT NULL,
    day        INTEGER NOT NULL,
    price      BIGINT  NOT NULL,
    previous   BIGINT  NOT NULL,
    trades     INTEGER NOT NULL,
    volume     BIGINT  NOT NULL,
    last_trade BIGINT  NOT NULL,
    command    BIGINT  NOT NULL,
    CONSTRAINT market_close_once UNIQUE (market, instrument, day),
    CONSTRAINT market_close_price_positive CHECK (price > 0),
    CONSTRAINT market_close_trades CHECK (trades BETWEEN 0 AND 5 AND (trades = 0) = (volume = 0) AND (trades > 0 OR price = previous))
);
CREATE TABLE market_call (
    id INTEGER NOT NULL CONSTRAINT market_call_pkey PRIMARY KEY,
    market     BIGINT  NOT NULL,
    instrument BIGINT  NOT NULL,
    day        INTEGER NOT NULL,
    state      TEXT    NOT NULL,
    price      BIGINT  NOT NULL,
    volume     BIGINT  NOT NULL,
    traded     BIGINT  NOT NULL,
    surplus    BIGINT  NOT NULL,
    reference  BIGINT  NOT NULL,
    trades     BIGINT  NOT NULL,
    started_at BIGINT  NOT NULL,
    ended_at   BIGINT  NOT NULL,
    command    BIGINT  NOT NULL,
    CONSTRAINT market_call_state_known CHECK (state IN ('clearing', 'done')),
    CONSTRAINT market_call_traded_within CHECK (price > 0 AND volume > 0 AND traded >= 0 AND traded <= volume),
    CONSTRAINT market_call_ended CHECK ((state = 'done') = (ended_at > 0))
);
CREATE TABLE market_change (
    id INTEGER NOT NULL CONSTRAINT market_change_pkey PRIMARY KEY,
    market  BIGINT NOT NULL,
    state   TEXT   NOT NULL,
    reason  TEXT   NOT NULL,
    person  BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    command BIGINT NOT NULL,
    CONSTRAINT market_change_reason_given CHECK (reason <> '')
);
CREATE TABLE block_trade (
    id INTEGER NOT NULL CONSTRAINT block_trade_pkey PRIMARY KEY,
    market         BIGINT  NOT NULL,
    instrument     BIGINT  NOT NULL,
    state          TEXT    NOT NULL,
    proposer       SMALLINT NOT NULL,
    seller_party   BIGINT  NOT NULL,
    seller_licence BIGINT  NOT NULL,
    seller_region  TEXT    NOT NULL,
    buyer_party    BIGINT  NOT NULL,
    buyer_licence  BIGINT  NOT NULL,
    buyer_region   TEXT    NOT NULL,
    quantity       BIGINT  NOT NULL,
    price          BIGINT  NOT NULL,
    months         INTEGER NOT NULL,
    amount         BIGINT  NOT NULL,
    needs_officer  BOOLEAN NOT NULL,
    permit_hold    BIGINT  NOT NULL,
    money_hold     BIGINT  NOT NULL,
    document       TEXT    NOT NULL,
    reason         TEXT    NOT NULL,
    trade          BIGINT  NOT NULL,
    proposed_by    BIGINT  NOT NULL,
    confirmed_by   BIGINT  NOT NULL,
    approved_by    BIGINT  NOT NULL,
    proposed_at    BIGINT  NOT NULL,
    lapses_at      BIGINT  NOT NULL,
    command        BIGINT  NOT NULL,
    CONSTRAINT block_trade_state_known CHECK (state IN ('proposed', 'confirmed', 'settled', 'rejected', 'withdrawn', 'lapsed')),
    CONSTRAINT block_trade_proposer_known CHECK (proposer IN (1, 2)),
    CONSTRAINT block_trade_positive CHECK (quantity > 0 AND price > 0 AND amount >= 0 AND months >= 0),
    CONSTRAINT block_trade_settled CHECK ((state = 'settled') = (trade > 0)),
    CONSTRAINT block_trade_two_persons CHECK (confirmed_by <> proposed_by AND (approved_by = 0 OR approved_by NOT IN (proposed_by, confirmed_by)))
);
CREATE INDEX market_call_by_day ON market_call (market, day);
CREATE INDEX market_change_by_market ON market_change (market, id);
CREATE INDEX block_trade_by_seller ON block_trade (seller_party, id);
CREATE INDEX block_trade_by_buyer ON block_trade (buyer_party, id);

-- A trade of a call (1) or a block trade (2); all others are of the continuous market (0).
ALTER TABLE trade ADD COLUMN kind SMALLINT NOT NULL DEFAULT 0 CONSTRAINT trade_kind_known CHECK (kind IN (0, 1, 2));
INSERT INTO posting_reason (reason, name) VALUES (28, 'block_trade');

-- A market may be one in which orders can only be cancelled.
-- SQLite cannot change a CHECK; its text is replaced where the schema lies, as SQLite's own documentation of ALTER
-- TABLE has it, because the new one accepts all that the old one does.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''open'', ''halted''', '''open'', ''cancel_only'', ''halted''') WHERE type = 'table' AND name = 'market';
PRAGMA writable_schema = RESET;

-- What is written once stays as it was.
-- +goose StatementBegin
CREATE TRIGGER market_terms_no_update BEFORE UPDATE ON market_terms BEGIN SELECT RAISE(ABORT, 'a row of market_terms is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER market_terms_no_delete BEFORE DELETE ON market_terms BEGIN SELECT RAISE(ABORT, 'a row of market_terms is never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER market_close_no_update BEFORE UPDATE ON market_close BEGIN SELECT RAISE(ABORT, 'a row of market_close is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER market_close_no_delete BEFORE DELETE ON market_close BEGIN SELECT RAISE(ABORT, 'a row of market_close is never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER market_change_no_update BEFORE UPDATE ON market_change BEGIN SELECT RAISE(ABORT, 'a row of market_change is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER market_change_no_delete BEFORE DELETE ON market_change BEGIN SELECT RAISE(ABORT, 'a row of market_change is never deleted'); END;
-- +goose StatementEnd
