-- What a licence permits is changed by the share that an assignment retires, by block trades and by correcting transfers (I-124). Those before changed nothing.

-- +goose Up
ALTER TABLE licence_quantity_change DROP CONSTRAINT licence_quantity_change_kind_known;
ALTER TABLE licence_quantity_change ADD CONSTRAINT licence_quantity_change_kind_known CHECK (kind IN ('decision', 'sale', 'purchase', 'primary_sale', 'buy_back',
    'fills', 'renewal', 'succession', 'correction', 'judicial_sale', 'offset', 'block_trade', 'transfer'));
INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-124', coalesce(max(length), 0), 0 FROM registry;
