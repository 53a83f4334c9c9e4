-- What came back of messages whose issuance was rejected, into the pool that was open then.

-- +goose Up
CREATE TABLE pool_return (
    batch       INTEGER NOT NULL CONSTRAINT pool_return_pkey PRIMARY KEY,
    message     BIGINT  NOT NULL,
    of          INTEGER NOT NULL,
    scheme      BIGINT  NOT NULL,
    methodology BIGINT  NOT NULL,
    month       INTEGER NOT NULL,
    items       BIGINT  NOT NULL,
    amount      BIGINT  NOT NULL,
    digest      BLOB    NOT NULL,
    CONSTRAINT pool_return_once UNIQUE (message),
    CONSTRAINT pool_return_some CHECK (amount > 0 AND items > 0 AND month > of)
);

-- +goose StatementBegin
CREATE TRIGGER pool_return_no_update BEFORE UPDATE ON pool_return BEGIN SELECT RAISE(ABORT, 'a row of pool_return is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER pool_return_no_delete BEFORE DELETE ON pool_return BEGIN SELECT RAISE(ABORT, 'a row of pool_return is never deleted'); END;
-- +goose StatementEnd

-- The kinds of the journal, with one more, as in 00003.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''outbox_sent''', '''outbox_sent'', ''units_return''') WHERE type = 'table' AND name = 'journal';
PRAGMA writable_schema = RESET;
