-- A block trade is of permits between two licences, or of credits between two parties (I-51).

-- +goose Up
-- SQLite cannot add a CHECK: its words are added where they stand (sqlite.org/lang_altertable.html, section 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'CONSTRAINT block_trade_settled CHECK', 'CONSTRAINT block_trade_of_permits_or_credits CHECK ((seller_licence > 0) = (buyer_licence > 0)),
    CONSTRAINT block_trade_settled CHECK') WHERE type = 'table' AND name = 'block_trade';
PRAGMA writable_schema = RESET;
