-- What is written once stays as it was: on PostgreSQL the service's role has no privilege to change or
-- delete it (permitx migrate --service-role), and where owner and service are one role, not even the
-- owner has it until he grants it to himself. No triggers: a schema must be placeable on a node as it is.

-- +goose Up
REVOKE UPDATE, DELETE, TRUNCATE ON journal, account, posting, trade FROM CURRENT_USER;
REVOKE UPDATE, TRUNCATE ON journal_payload FROM CURRENT_USER;
