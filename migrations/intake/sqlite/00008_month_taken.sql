-- Months whose activities were taken away into an archive, with the digest of their keys. And the last activity whose key may be
-- that of a reversal by the rule of before, which an activity called "reversal of …" could have, too.

-- +goose Up
CREATE TABLE month_taken (
    month INTEGER NOT NULL CONSTRAINT month_taken_pkey PRIMARY KEY,
    at    BIGINT  NOT NULL,
    keys  BLOB    NOT NULL
);

ALTER TABLE registry ADD COLUMN plain_reversals BIGINT NOT NULL DEFAULT 0;
UPDATE registry SET plain_reversals = activity;

-- What is only ever added is never changed (I-74, I-75). On PostgreSQL the service's role may not.
-- +goose StatementBegin
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'a row of journal is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'a row of journal is never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER batch_month_no_update BEFORE UPDATE ON batch_month BEGIN SELECT RAISE(ABORT, 'a row of batch_month is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER batch_month_no_delete BEFORE DELETE ON batch_month BEGIN SELECT RAISE(ABORT, 'a row of batch_month is never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER pool_part_no_update BEFORE UPDATE ON pool_part BEGIN SELECT RAISE(ABORT, 'a row of pool_part is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER pool_part_no_delete BEFORE DELETE ON pool_part BEGIN SELECT RAISE(ABORT, 'a row of pool_part is never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER activity_key_no_update BEFORE UPDATE ON activity_key BEGIN SELECT RAISE(ABORT, 'a row of activity_key is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER activity_key_no_delete BEFORE DELETE ON activity_key BEGIN SELECT RAISE(ABORT, 'a row of activity_key is never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER month_taken_no_update BEFORE UPDATE ON month_taken BEGIN SELECT RAISE(ABORT, 'a row of month_taken is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER month_taken_no_delete BEFORE DELETE ON month_taken BEGIN SELECT RAISE(ABORT, 'a row of month_taken is never deleted'); END;
-- +goose StatementEnd
