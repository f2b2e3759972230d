-- From version 9. A new database takes this step too.

-- Addresses of which the provider says nothing are taken as their owners'.
ALTER TABLE sso_clients ADD COLUMN trusts_addresses INTEGER NOT NULL DEFAULT 0;
-- When the provider last vouched for the identity.
ALTER TABLE sso_links ADD COLUMN vouched_ms INTEGER NOT NULL DEFAULT 0;
UPDATE sso_links SET vouched_ms = created_ms;
-- Whoever made the token had shown no password, only what a provider said of them.
ALTER TABLE tokens ADD COLUMN sso INTEGER NOT NULL DEFAULT 0;
