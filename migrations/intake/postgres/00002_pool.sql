-- Pools by methodology, because serial numbers name one, and what each batch put into which pool, so that a verifier's sample
-- leads to activities. No message was delivered before this migration, so months that were closed are open again and are
-- closed anew, by methodology; what was taken in before stands under the version that computed it, and its pieces of
-- evidence have no numbers. Numbers of the outbox go on.

-- +goose Up
DROP TABLE outbox;
DROP TABLE pool;

CREATE TABLE pool (
    scheme      BIGINT  NOT NULL,
    methodology BIGINT  NOT NULL,
    month       INTEGER NOT NULL,
    credited    BIGINT  NOT NULL,
    carried     BIGINT  NOT NULL,
    items       BIGINT  NOT NULL,
    unnumbered  BIGINT  NOT NULL,
    evidence    BYTEA   NOT NULL,
    units       BIGINT  NOT NULL,
    unit        BIGINT  NOT NULL,
    closed      BOOLEAN NOT NULL,
    batch       BIGINT  NOT NULL,
    CONSTRAINT pool_pkey PRIMARY KEY (scheme, methodology, month),
    CONSTRAINT pool_items_not_negative CHECK (unnumbered >= 0 AND items >= unnumbered),
    CONSTRAINT pool_closed_units CHECK ((closed AND unit > 0) OR (NOT closed AND units = 0 AND unit = 0)),
    CONSTRAINT pool_units_covered CHECK (units >= 0 AND (units = 0 OR units * unit <= credited + carried))
);
INSERT INTO pool (scheme, methodology, month, credited, carried, items, unnumbered, evidence, units, unit, closed, batch)
SELECT scheme, methodology, day / 100, sum(amount), 0, sum(activities), sum(activities), '', 0, 0, FALSE, max(batch)
  FROM day_total GROUP BY scheme, methodology, day / 100;

CREATE TABLE pool_part (
    batch       BIGINT  NOT NULL,
    of          INTEGER NOT NULL,
    scheme      BIGINT  NOT NULL,
    methodology BIGINT  NOT NULL,
    month       INTEGER NOT NULL,
    first       BIGINT  NOT NULL,
    last        BIGINT  NOT NULL,
    activities  INTEGER NOT NULL,
    amount      BIGINT  NOT NULL,
    digest      BYTEA   NOT NULL,
    CONSTRAINT pool_part_pkey PRIMARY KEY (batch, of, scheme, methodology),
    CONSTRAINT pool_part_pool_unique UNIQUE (scheme, methodology, month, batch, of),
    CONSTRAINT pool_part_some CHECK (activities > 0 AND first > 0 AND last >= first AND month >= of)
);

-- Messages to the trading registry: units to be issued, each number once.
CREATE TABLE outbox (
    number      BIGINT  NOT NULL CONSTRAINT outbox_pkey PRIMARY KEY,
    scheme      BIGINT  NOT NULL,
    methodology BIGINT  NOT NULL,
    month       INTEGER NOT NULL,
    units       BIGINT  NOT NULL,
    unit        BIGINT  NOT NULL,
    items       BIGINT  NOT NULL,
    evidence    BYTEA   NOT NULL,
    sent        BOOLEAN NOT NULL,
    batch       BIGINT  NOT NULL,
    CONSTRAINT outbox_pool_unique UNIQUE (scheme, methodology, month),
    CONSTRAINT outbox_evidence_unique UNIQUE (evidence),
    CONSTRAINT outbox_units_positive CHECK (units > 0 AND unit > 0)
);
CREATE INDEX outbox_waiting ON outbox (number) WHERE NOT sent;
