-- What came back of messages whose issuance was rejected, into the pool that was open then.

-- +goose Up
CREATE TABLE pool_return (
    batch       BIGINT  NOT NULL CONSTRAINT pool_return_pkey PRIMARY KEY,
    message     BIGINT  NOT NULL,
    of          INTEGER NOT NULL,
    scheme      BIGINT  NOT NULL,
    methodology BIGINT  NOT NULL,
    month       INTEGER NOT NULL,
    items       BIGINT  NOT NULL,
    amount      BIGINT  NOT NULL,
    digest      BYTEA   NOT NULL,
    CONSTRAINT pool_return_once UNIQUE (message),
    CONSTRAINT pool_return_some CHECK (amount > 0 AND items > 0 AND month > of)
);

-- The kinds of the journal, with one more.
-- +goose StatementBegin
DO $$
DECLARE kinds TEXT;
BEGIN
    SELECT replace(pg_get_constraintdef(oid), '''outbox_sent''::text', '''outbox_sent''::text, ''units_return''::text') INTO STRICT kinds
      FROM pg_constraint WHERE conname = 'journal_kind_known' AND conrelid = 'journal'::regclass;
    ALTER TABLE journal DROP CONSTRAINT journal_kind_known;
    EXECUTE 'ALTER TABLE journal ADD CONSTRAINT journal_kind_known ' || kinds;
END $$;
-- +goose StatementEnd
