-- By what road each change came, and the name of its API token: for the audit log. A new database takes this step too.
ALTER TABLE changes ADD COLUMN source TEXT NOT NULL DEFAULT 'ui';
ALTER TABLE changes ADD COLUMN token TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN token TEXT NOT NULL DEFAULT '';
-- The head is sealed with the server's key: rows cut off at the end do not go unnoticed.
ALTER TABLE audit_heads ADD COLUMN seal BLOB NOT NULL DEFAULT x'';
-- Every account has a head from its first day.
INSERT INTO audit_heads (account, n, hash) SELECT id, 0, zeroblob(32) FROM accounts WHERE true ON CONFLICT DO NOTHING;
