-- Credits are frozen as permits are, and sold by a court (I-130). A freeze is of a holding, of a party's credits or of its funds.

-- +goose Up
ALTER TABLE freeze_order ADD COLUMN series BIGINT NOT NULL DEFAULT 0;
ALTER TABLE judicial_sale ADD COLUMN series BIGINT NOT NULL DEFAULT 0;

-- SQLite cannot change a CHECK; its text is replaced where the schema lies (sqlite.org/lang_altertable.html, section 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'CONSTRAINT freeze_order_of_holding_or_funds CHECK ((licence > 0) = (instrument > 0) AND (licence > 0) = (origin > 0) AND (licence > 0) = (pollutant <> ''''))',
    'CONSTRAINT freeze_order_of_holding_credits_or_funds CHECK ((licence > 0) = (instrument > 0) AND (licence > 0) = (origin > 0) AND (licence > 0 OR series > 0) = (pollutant <> '''') AND (licence = 0 OR series = 0))') WHERE type = 'table' AND name = 'freeze_order';
UPDATE sqlite_schema SET sql = replace(sql, 'CONSTRAINT judicial_sale_licences_differ CHECK (licence <> buyer_licence)',
    'CONSTRAINT judicial_sale_to_another CHECK (series = 0 AND licence > 0 AND buyer_licence > 0 AND licence <> buyer_licence OR series > 0 AND licence = 0 AND buyer_licence = 0 AND instrument = 0 AND party <> buyer_party)') WHERE type = 'table' AND name = 'judicial_sale';
PRAGMA writable_schema = RESET;
