-- What is written once stays as it was. SQLite has no roles, so triggers keep it; on
-- PostgreSQL the service's role lacks the privilege (permitx migrate --service-role).
-- A journal payload may be deleted (archived or erased), never changed.

-- +goose Up
-- +goose StatementBegin
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'a row of journal is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'a row of journal is never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER account_no_update BEFORE UPDATE ON account BEGIN SELECT RAISE(ABORT, 'a row of account is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER account_no_delete BEFORE DELETE ON account BEGIN SELECT RAISE(ABORT, 'a row of account is never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER posting_no_update BEFORE UPDATE ON posting BEGIN SELECT RAISE(ABORT, 'a row of posting is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER posting_no_delete BEFORE DELETE ON posting BEGIN SELECT RAISE(ABORT, 'a row of posting is never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER trade_no_update BEFORE UPDATE ON trade BEGIN SELECT RAISE(ABORT, 'a row of trade is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER trade_no_delete BEFORE DELETE ON trade BEGIN SELECT RAISE(ABORT, 'a row of trade is never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER journal_payload_no_update BEFORE UPDATE ON journal_payload BEGIN SELECT RAISE(ABORT, 'a row of journal_payload is never changed'); END;
-- +goose StatementEnd
