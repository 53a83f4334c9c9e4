-- A deposit is of each bidder (''), or of each lot size that he registers for (I-129).

-- +goose Up
ALTER TABLE offer ADD COLUMN deposit_per TEXT NOT NULL DEFAULT ''
    CONSTRAINT offer_deposit_per_known CHECK (deposit_per = '' OR deposit_per = 'lot' AND collateral = 'deposit' AND deposit > 0 AND series = 0);
