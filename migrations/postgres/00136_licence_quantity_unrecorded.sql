-- What a licence permits is changed by what its holder sells, buys and gives back also where no decision says what it is (I-124). Until now such changes were not recorded.

-- +goose Up
ALTER TABLE licence_quantity DROP CONSTRAINT licence_quantity_rung_known;
ALTER TABLE licence_quantity ADD CONSTRAINT licence_quantity_rung_known CHECK (since = 0 AND rung = '' OR since > 0 AND rung IN ('licence_amount', 'eia_amount', 'emission_factor'));
ALTER TABLE licence_quantity_change ADD COLUMN unrecorded BOOLEAN NOT NULL DEFAULT FALSE
    CONSTRAINT licence_quantity_change_decided CHECK (NOT unrecorded OR kind <> 'decision');
INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-124 unrecorded', coalesce(max(length), 0), 0 FROM registry;

-- Trades from now on are booked each night.
INSERT INTO timer (id, due_at, purpose, reference, state, command)
SELECT (SELECT coalesce(max(id), 0) FROM timer) + 1, last_at, 'licence.book_fills', 1, 'pending', 0
  FROM registry WHERE length > 0 AND NOT EXISTS (SELECT 1 FROM licence_quantity_run);
INSERT INTO licence_quantity_run (id, trade, command)
SELECT 1, (SELECT coalesce(max(id), 0) FROM trade), 0 FROM registry WHERE length > 0 AND NOT EXISTS (SELECT 1 FROM licence_quantity_run);
