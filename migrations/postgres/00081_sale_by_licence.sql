-- What a licence has bought in simplified sales is added up over all listings.

-- +goose Up
CREATE INDEX sale_by_licence ON sale (licence);
