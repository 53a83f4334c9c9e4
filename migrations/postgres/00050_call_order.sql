-- A market order waits only for a call that collects it: then it is immediate (I-96). Every other order that waits is a limit
-- order that may rest.
-- +goose Up
ALTER TABLE market_order
    ADD CONSTRAINT market_order_waits CHECK (state <> 1 OR kind = 0 AND time_in_force IN (1, 3) OR kind = 1 AND time_in_force = 2);
