-- Credits are traded in the book, too: an instrument is permits of a pollutant and term, or a series of credits; a market
-- is of a pollutant or of a scheme; an order of credits is of a party and of no licence. 0 and '' are "none".

-- +goose Up
ALTER TABLE instrument
    ADD COLUMN scheme BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN series BIGINT NOT NULL DEFAULT 0,
    DROP CONSTRAINT instrument_term_end_set,
    ADD CONSTRAINT instrument_term_end_set CHECK ((term_end > 0) = (series = 0) AND term_end >= 0),
    ADD CONSTRAINT instrument_of_permits_or_credits CHECK ((series > 0) = (scheme > 0) AND (series = 0 OR pollutant = code));
CREATE UNIQUE INDEX instrument_series_unique ON instrument (series) WHERE series > 0;
ALTER TABLE market
    ADD COLUMN scheme BIGINT NOT NULL DEFAULT 0,
    ADD CONSTRAINT market_of_permits_or_credits CHECK ((scheme > 0) = (pollutant = '')
        AND (scheme = 0 OR price_basis = 'outright' AND NOT project_required AND NOT resale_next_day AND lot_size % 1000000 = 0));

-- Whole tonnes for no project (I-85); an open sell holds aside what it has left, 1000 atoms of its account (10⁻⁶ kgCO2e) for
-- one of its own (10⁻⁶ t) (I-84).
ALTER TABLE market_order
    ADD CONSTRAINT market_order_credits_whole CHECK (licence > 0 OR party > 0 AND project = 0 AND quantity % 1000000 = 0 AND remaining % 1000000 = 0),
    ADD CONSTRAINT market_order_credits_held CHECK (licence > 0 OR side = 1 OR state <> 1 OR hold = remaining * 1000);

INSERT INTO posting_reason (reason, name) VALUES (56, 'credit_fill');
