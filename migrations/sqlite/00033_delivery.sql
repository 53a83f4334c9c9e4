-- Numbers of messages that an operator brings, from an intake elsewhere, are apart from those of the registry's own intake,
-- which no person declares (I-67, I-76).

-- +goose Up
DROP INDEX issuance_outbox_unique;
CREATE UNIQUE INDEX issuance_outbox_unique ON issuance (outbox, declared_by = 0) WHERE outbox > 0;
