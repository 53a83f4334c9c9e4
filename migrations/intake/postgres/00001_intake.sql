-- The intake of carbon-inclusive schemes: activities, each counted once, and what they come to. It is a registry of its
-- own: on PostgreSQL a schema, on SQLite a file. Amounts are kgCO2e in 10⁻⁶; days are yyyymmdd, months yyyymm; instants are
-- microseconds since 1970. The activities of each month have a table of their own, activity_yyyymm, which the writer makes.

-- +goose Up
CREATE TABLE registry (
    id          INTEGER NOT NULL CONSTRAINT registry_pkey PRIMARY KEY,
    epoch       BIGINT  NOT NULL,
    batch       BIGINT  NOT NULL,
    length      BIGINT  NOT NULL,
    head        BYTEA NOT NULL,
    last_at     BIGINT  NOT NULL,
    activity    BIGINT  NOT NULL,
    participant BIGINT  NOT NULL,
    outbox      BIGINT  NOT NULL,
    CONSTRAINT registry_one CHECK (id = 1)
);
INSERT INTO registry (id, epoch, batch, length, head, last_at, activity, participant, outbox) VALUES (1, 0, 0, 0, '', 0, 0, 0, 0);

CREATE TABLE journal (
    number     BIGINT  NOT NULL CONSTRAINT journal_pkey PRIMARY KEY,
    at         BIGINT  NOT NULL,
    kind       TEXT    NOT NULL,
    actor      BIGINT  NOT NULL,
    key        TEXT    NOT NULL,
    payload    BYTEA NOT NULL,
    accepted   INTEGER NOT NULL,
    duplicates INTEGER NOT NULL,
    refused    INTEGER NOT NULL,
    amount     BIGINT  NOT NULL,
    answer     BYTEA NOT NULL,
    rows       BYTEA NOT NULL,
    hash       BYTEA NOT NULL,
    CONSTRAINT journal_key_unique UNIQUE (actor, key),
    CONSTRAINT journal_kind_known CHECK (kind IN ('activity_batch', 'pool_close', 'participant_erase', 'outbox_sent')),
    CONSTRAINT journal_counts CHECK (accepted >= 0 AND duplicates >= 0 AND refused >= 0)
);

-- The proof of what a batch wrote of a month, which stays when the month's table is taken away.
CREATE TABLE batch_month (
    batch      BIGINT  NOT NULL,
    month      INTEGER NOT NULL,
    activities INTEGER NOT NULL,
    amount     BIGINT  NOT NULL,
    digest     BYTEA NOT NULL,
    CONSTRAINT batch_month_pkey PRIMARY KEY (batch, month),
    CONSTRAINT batch_month_some CHECK (activities > 0)
);

-- What is counted: one key an activity, over all months.
CREATE TABLE activity_key (
    key      BYTEA NOT NULL CONSTRAINT activity_key_pkey PRIMARY KEY,
    activity BIGINT  NOT NULL,
    month    INTEGER NOT NULL
);

CREATE TABLE participant (
    id         BIGINT  NOT NULL CONSTRAINT participant_pkey PRIMARY KEY,
    scheme     BIGINT  NOT NULL,
    pseudonym  BYTEA,
    amount     BIGINT  NOT NULL,
    activities BIGINT  NOT NULL,
    batch      BIGINT  NOT NULL,
    CONSTRAINT participant_pseudonym_unique UNIQUE (pseudonym),
    CONSTRAINT participant_amount_not_negative CHECK (amount >= 0 AND activities >= 0)
) WITH (fillfactor = 50);

CREATE TABLE participant_day (
    scenario    BIGINT  NOT NULL,
    day         INTEGER NOT NULL,
    participant BIGINT  NOT NULL,
    amount      BIGINT  NOT NULL,
    spans       BYTEA NOT NULL,
    batch       BIGINT  NOT NULL,
    CONSTRAINT participant_day_pkey PRIMARY KEY (scenario, day, participant),
    CONSTRAINT participant_day_amount_not_negative CHECK (amount >= 0)
) WITH (fillfactor = 80);

CREATE TABLE day_total (
    scheme      BIGINT  NOT NULL,
    scenario    BIGINT  NOT NULL,
    methodology BIGINT  NOT NULL,
    day         INTEGER NOT NULL,
    amount      BIGINT  NOT NULL,
    activities  BIGINT  NOT NULL,
    batch       BIGINT  NOT NULL,
    CONSTRAINT day_total_pkey PRIMARY KEY (scheme, scenario, methodology, day),
    CONSTRAINT day_total_not_negative CHECK (amount >= 0 AND activities >= 0)
);

CREATE TABLE pool (
    scheme   BIGINT  NOT NULL,
    month    INTEGER NOT NULL,
    credited BIGINT  NOT NULL,
    carried  BIGINT  NOT NULL,
    units    BIGINT  NOT NULL,
    unit     BIGINT  NOT NULL,
    closed   BOOLEAN NOT NULL,
    batch    BIGINT  NOT NULL,
    CONSTRAINT pool_pkey PRIMARY KEY (scheme, month),
    CONSTRAINT pool_closed_units CHECK ((closed AND unit > 0) OR (NOT closed AND units = 0 AND unit = 0)),
    CONSTRAINT pool_units_covered CHECK (units >= 0 AND (units = 0 OR units * unit <= credited + carried))
);

-- Messages to the trading registry: units to be issued, each number once.
CREATE TABLE outbox (
    number BIGINT  NOT NULL CONSTRAINT outbox_pkey PRIMARY KEY,
    scheme BIGINT  NOT NULL,
    month  INTEGER NOT NULL,
    units  BIGINT  NOT NULL,
    unit   BIGINT  NOT NULL,
    sent   BOOLEAN NOT NULL,
    batch  BIGINT  NOT NULL,
    CONSTRAINT outbox_pool_unique UNIQUE (scheme, month),
    CONSTRAINT outbox_units_positive CHECK (units > 0 AND unit > 0)
);
CREATE INDEX outbox_waiting ON outbox (number) WHERE NOT sent;
