-- A buy-back is priced by the formula that the parameter buy_back.price names on its day (I-125).

-- +goose Up
ALTER TABLE buy_back ADD COLUMN formula TEXT NOT NULL DEFAULT '';
ALTER TABLE buy_back ADD COLUMN formula_document TEXT NOT NULL DEFAULT ''
    CONSTRAINT buy_back_formula_sourced CHECK ((formula = '') = (formula_document = ''));
ALTER TABLE buy_back_price DROP CONSTRAINT buy_back_price_lower;
ALTER TABLE buy_back_price ADD CONSTRAINT buy_back_price_not_negative CHECK (price >= 0 AND amount >= 0);
INSERT INTO parameter (id, key, region, pollutant, industry, value, valid_from, valid_to, document, words, command)
SELECT (SELECT coalesce(max(id), 0) FROM parameter) + 1, 'buy_back.price', '', '', '', 'lower_of_paid_and_base', 20200101, 0, 'project default', '', 0;
