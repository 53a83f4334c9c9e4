-- A market order waits only for a call that collects it: then it is immediate (I-96). Every other order that waits is a limit
-- order that may rest. SQLite cannot change a CHECK; its text is replaced where the schema lies, because all rows that are there
-- satisfy the new one.
-- +goose Up
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'CONSTRAINT market_order_side_known',
    'CONSTRAINT market_order_waits CHECK (state <> 1 OR kind = 0 AND time_in_force IN (1, 3) OR kind = 1 AND time_in_force = 2),
    CONSTRAINT market_order_side_known') WHERE type = 'table' AND name = 'market_order';
PRAGMA writable_schema = RESET;
