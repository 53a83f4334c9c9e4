-- A market closes by itself when its last day is over (I-137): those that have one get the timer of their end, and those that
-- are over are closed by the first command.

-- +goose Up
INSERT INTO timer (id, due_at, purpose, reference, state, command)
SELECT (SELECT coalesce(max(id), 0) FROM timer) + (SELECT count(*) FROM market n WHERE n.valid_to > 0 AND n.state <> 'closed' AND n.id <= m.id),
       r.last_at, 'market.end', m.id, 'pending', 0
  FROM market m, registry r WHERE m.valid_to > 0 AND m.state <> 'closed';
