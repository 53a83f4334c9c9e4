-- Surplus that was verified of permits goes back with them where their instalments are not paid.

-- +goose Up
ALTER TABLE surplus_loss DROP CONSTRAINT surplus_loss_kind_known;
ALTER TABLE surplus_loss ADD CONSTRAINT surplus_loss_kind_known CHECK (kind IN ('judicial_sale', 'pledge_sale', 'correction', 'discharge', 'revocation'));
