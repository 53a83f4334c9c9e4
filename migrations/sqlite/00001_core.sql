-- The writer's tables. Amounts are integers: fen for money, 10⁻⁶ t/a for
-- permits, 10⁻⁴ CNY for prices; instants are µs since 1970 UTC; dates yyyymmdd.
-- No foreign keys: the writer makes every id, and permitx check walks them.

-- +goose Up
CREATE TABLE registry (
    id      INTEGER NOT NULL CONSTRAINT registry_pkey PRIMARY KEY,
    epoch   BIGINT   NOT NULL,
    batch   BIGINT   NOT NULL,
    length  BIGINT   NOT NULL,
    head    BLOB    NOT NULL,
    last_at BIGINT   NOT NULL,
    beat_at BIGINT   NOT NULL,
    CONSTRAINT registry_one_row CHECK (id = 1),
    CONSTRAINT registry_not_negative CHECK (epoch >= 0 AND batch >= 0 AND length >= 0)
);
INSERT INTO registry (id, epoch, batch, length, head, last_at, beat_at) VALUES (1, 0, 0, 0, x'', 0, 0);

CREATE TABLE journal (
    number  INTEGER   NOT NULL CONSTRAINT journal_pkey PRIMARY KEY,
    at      BIGINT   NOT NULL,
    actor   BIGINT   NOT NULL,
    kind    TEXT     NOT NULL,
    key     TEXT     NOT NULL,
    payload BLOB    NOT NULL,
    status  INTEGER  NOT NULL,
    result  BLOB    NOT NULL,
    changes BLOB    NOT NULL,
    digest  BLOB    NOT NULL,
    hash    BLOB    NOT NULL,
    build   TEXT     NOT NULL,
    CONSTRAINT journal_number_positive CHECK (number > 0)
);

CREATE TABLE journal_payload (
    number  INTEGER NOT NULL CONSTRAINT journal_payload_pkey PRIMARY KEY,
    payload BLOB  NOT NULL
);

CREATE TABLE account (
    id         INTEGER   NOT NULL CONSTRAINT account_pkey PRIMARY KEY,
    kind       SMALLINT NOT NULL,
    origin     SMALLINT NOT NULL,
    region     TEXT     NOT NULL,
    pollutant  TEXT     NOT NULL,
    party      BIGINT   NOT NULL,
    licence    BIGINT   NOT NULL,
    instrument BIGINT   NOT NULL,
    command    BIGINT   NOT NULL,
    CONSTRAINT account_key_unique UNIQUE (kind, origin, region, pollutant, party, licence, instrument),
    CONSTRAINT account_kind_known CHECK (kind BETWEEN 1 AND 12),
    CONSTRAINT account_origin_of_holding CHECK ((kind = 4) = (origin IN (1, 2, 3))),
    CONSTRAINT account_asset CHECK ((kind <= 6) = (region <> '' AND pollutant <> ''))
);

CREATE TABLE balance (
    id           INTEGER NOT NULL CONSTRAINT balance_pkey PRIMARY KEY,
    balance      BIGINT NOT NULL,
    held         BIGINT NOT NULL,
    last_posting BIGINT NOT NULL,
    command      BIGINT NOT NULL,
    CONSTRAINT balance_not_negative CHECK (balance >= 0),
    CONSTRAINT balance_held_within CHECK (held >= 0 AND held <= balance)
);

CREATE TABLE posting (
    id              INTEGER   NOT NULL CONSTRAINT posting_pkey PRIMARY KEY,
    transfer        BIGINT   NOT NULL,
    reason          SMALLINT NOT NULL,
    reference       BIGINT   NOT NULL,
    debit           BIGINT   NOT NULL,
    credit          BIGINT   NOT NULL,
    amount          BIGINT   NOT NULL,
    debit_after     BIGINT   NOT NULL,
    credit_after    BIGINT   NOT NULL,
    debit_previous  BIGINT   NOT NULL,
    credit_previous BIGINT   NOT NULL,
    command         BIGINT   NOT NULL,
    CONSTRAINT posting_amount_positive CHECK (amount > 0),
    CONSTRAINT posting_accounts_differ CHECK (debit <> credit),
    CONSTRAINT posting_after_not_negative CHECK (debit_after >= 0 AND credit_after >= 0)
);

CREATE TABLE market_order (
    id            INTEGER   NOT NULL CONSTRAINT market_order_pkey PRIMARY KEY,
    market        BIGINT   NOT NULL,
    instrument    BIGINT   NOT NULL,
    party         BIGINT   NOT NULL,
    licence       BIGINT   NOT NULL,
    side          SMALLINT NOT NULL,
    time_in_force SMALLINT NOT NULL,
    state         SMALLINT NOT NULL,
    price         BIGINT   NOT NULL,
    quantity      BIGINT   NOT NULL,
    remaining     BIGINT   NOT NULL,
    hold          BIGINT   NOT NULL,
    placed_at     BIGINT   NOT NULL,
    command       BIGINT   NOT NULL,
    CONSTRAINT market_order_side_known CHECK (side IN (1, 2)),
    CONSTRAINT market_order_state_known CHECK (state IN (1, 2, 3)),
    CONSTRAINT market_order_price_positive CHECK (price > 0),
    CONSTRAINT market_order_remaining_within CHECK (quantity > 0 AND remaining >= 0 AND remaining <= quantity),
    CONSTRAINT market_order_hold CHECK (hold >= 0 AND (state = 1 OR hold = 0)),
    CONSTRAINT market_order_filled CHECK ((state = 2) = (remaining = 0))
);

CREATE TABLE trade (
    id            INTEGER   NOT NULL CONSTRAINT trade_pkey PRIMARY KEY,
    market        BIGINT   NOT NULL,
    instrument    BIGINT   NOT NULL,
    buy_order     BIGINT   NOT NULL,
    sell_order    BIGINT   NOT NULL,
    taker         SMALLINT NOT NULL,
    price         BIGINT   NOT NULL,
    quantity      BIGINT   NOT NULL,
    months        INTEGER  NOT NULL,
    amount        BIGINT   NOT NULL,
    buyer_region  TEXT     NOT NULL,
    seller_region TEXT     NOT NULL,
    at            BIGINT   NOT NULL,
    command       BIGINT   NOT NULL,
    CONSTRAINT trade_positive CHECK (price > 0 AND quantity > 0 AND amount >= 0 AND months >= 0),
    CONSTRAINT trade_taker_known CHECK (taker IN (1, 2))
);

CREATE TABLE acquisition (
    id          INTEGER  NOT NULL CONSTRAINT acquisition_pkey PRIMARY KEY,
    account     BIGINT  NOT NULL,
    acquired_on INTEGER NOT NULL,
    price       BIGINT  NOT NULL,
    price_known BOOLEAN NOT NULL,
    document    TEXT    NOT NULL,
    trade       BIGINT  NOT NULL,
    deal        BIGINT  NOT NULL,
    quantity    BIGINT  NOT NULL,
    remaining   BIGINT  NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT acquisition_remaining_within CHECK (quantity > 0 AND remaining >= 0 AND remaining <= quantity),
    CONSTRAINT acquisition_price_not_negative CHECK (price >= 0)
);

CREATE TABLE surplus (
    id        INTEGER NOT NULL CONSTRAINT surplus_pkey PRIMARY KEY,
    licence   BIGINT NOT NULL,
    pollutant TEXT   NOT NULL,
    verified  BIGINT NOT NULL,
    used      BIGINT NOT NULL,
    held      BIGINT NOT NULL,
    command   BIGINT NOT NULL,
    CONSTRAINT surplus_key_unique UNIQUE (licence, pollutant),
    CONSTRAINT surplus_within CHECK (used >= 0 AND held >= 0 AND used + held <= verified)
);
