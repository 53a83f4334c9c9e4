-- What anybody has objected on paper or at the counter is entered by an officer, with the day on which it came and its
-- document. 0 and '' are "it was filed here", and of what was entered before "not recorded".

-- +goose Up
ALTER TABLE objection ADD COLUMN received_on INTEGER NOT NULL DEFAULT 0;
ALTER TABLE objection ADD COLUMN document TEXT NOT NULL DEFAULT '' CONSTRAINT objection_on_paper CHECK ((received_on = 0) = (document = ''));
