-- From version 9. A new database takes this step too.

-- Addresses of which the provider says nothing are taken as their owners'.
ALTER TABLE sso_clients ADD COLUMN trusts_addresses INTEGER NOT NULL DEFAULT 0;
-- When the provider last vouched for the identity. Of links from before nobody knows: counted from now, so that no token
-- stops at the upgrade.
ALTER TABLE sso_links ADD COLUMN vouched_ms INTEGER NOT NULL DEFAULT 0;
UPDATE sso_links SET vouched_ms = unixepoch() * 1000;
-- Whoever made the token had shown no password, only what a provider said of them.
ALTER TABLE tokens ADD COLUMN sso INTEGER NOT NULL DEFAULT 0;
