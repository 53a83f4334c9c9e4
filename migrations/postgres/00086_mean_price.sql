-- Mean prices of a year are exact: what the roundings of the yearly costs have left, in 10⁻¹⁰ CNY, and the quantity that has a
-- price of a year. Totals that were added up before have neither: their mean prices stay as they were reported (I-112).

-- +goose Up
ALTER TABLE trade_total ADD COLUMN annual_rest BIGINT NOT NULL DEFAULT 0;
ALTER TABLE trade_total ADD COLUMN priced BIGINT NOT NULL DEFAULT 0;
INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-112', coalesce(max(length), 0), 0 FROM registry;
