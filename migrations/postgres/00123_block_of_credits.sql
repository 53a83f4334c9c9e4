-- A block trade is of permits between two licences, or of credits between two parties (I-51).

-- +goose Up
ALTER TABLE block_trade ADD CONSTRAINT block_trade_of_permits_or_credits CHECK ((seller_licence > 0) = (buyer_licence > 0));
