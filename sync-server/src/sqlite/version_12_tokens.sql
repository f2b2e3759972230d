-- From version 11. A new database takes this step too.

-- A deleted token lies in the recycle bin: since when, and who put it there.
ALTER TABLE tokens ADD COLUMN deleted_ms INTEGER;
ALTER TABLE tokens ADD COLUMN deleted_by TEXT;
