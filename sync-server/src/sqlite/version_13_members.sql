-- From version 12. A new database takes this step too.

-- When somebody's membership was changed last; as it was made where that is not known.
ALTER TABLE members ADD COLUMN modified_ms INTEGER;
-- Whoever comes by it enters with a second factor only.
ALTER TABLE invitations ADD COLUMN require_factor INTEGER NOT NULL DEFAULT 0;
