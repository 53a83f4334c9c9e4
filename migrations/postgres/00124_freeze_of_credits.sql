-- Credits are frozen as permits are, and sold by a court (I-130). A freeze is of a holding, of a party's credits or of its funds.

-- +goose Up
ALTER TABLE freeze_order ADD COLUMN series BIGINT NOT NULL DEFAULT 0;
ALTER TABLE judicial_sale ADD COLUMN series BIGINT NOT NULL DEFAULT 0;

ALTER TABLE freeze_order
    DROP CONSTRAINT freeze_order_of_holding_or_funds,
    ADD CONSTRAINT freeze_order_of_holding_credits_or_funds CHECK ((licence > 0) = (instrument > 0) AND (licence > 0) = (origin > 0) AND (licence > 0 OR series > 0) = (pollutant <> '') AND (licence = 0 OR series = 0));
ALTER TABLE judicial_sale
    DROP CONSTRAINT judicial_sale_licences_differ,
    ADD CONSTRAINT judicial_sale_to_another CHECK (series = 0 AND licence > 0 AND buyer_licence > 0 AND licence <> buyer_licence OR series > 0 AND licence = 0 AND buyer_licence = 0 AND instrument = 0 AND party <> buyer_party);
