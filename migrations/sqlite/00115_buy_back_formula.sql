-- A buy-back is priced by the formula that the parameter buy_back.price names on its day (I-125).

-- +goose Up
ALTER TABLE buy_back ADD COLUMN formula TEXT NOT NULL DEFAULT '';
ALTER TABLE buy_back ADD COLUMN formula_document TEXT NOT NULL DEFAULT ''
    CONSTRAINT buy_back_formula_sourced CHECK ((formula = '') = (formula_document = ''));
-- SQLite cannot change a CHECK: its words are changed where they stand (sqlite.org/lang_altertable.html, section 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'CONSTRAINT buy_back_price_lower CHECK (price >= 0 AND price <= price_paid AND amount >= 0)', 'CONSTRAINT buy_back_price_not_negative CHECK (price >= 0 AND amount >= 0)') WHERE type = 'table' AND name = 'buy_back_price';
PRAGMA writable_schema = RESET;
INSERT INTO parameter (id, key, region, pollutant, industry, value, valid_from, valid_to, document, words, command)
SELECT (SELECT coalesce(max(id), 0) FROM parameter) + 1, 'buy_back.price', '', '', '', 'lower_of_paid_and_base', 20200101, 0, 'project default', '', 0;
