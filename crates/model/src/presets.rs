//! Well-known applications: where their API is, how one signs in, and what tells that it works.
//!
//! Facts of their public documentation, kept as data, so that a new connection is a name and a credential. What is
//! written here is only what a new connection begins with; of it the connection keeps the key (`assistant`), for its name in
//! lists.

use serde_json::{Value, json};

/// An application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// Stable, for addresses and tests.
    pub key: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Where all requests begin. A word in capitals is the person's to replace.
    pub base: &'static str,
    /// How one signs in.
    pub sign_in: SignIn,
    /// The headers that each request needs.
    pub headers: &'static [(&'static str, &'static str)],
    /// What bodies are, where that is not JSON.
    pub media: &'static str,
    /// The request that only somebody signed in may make.
    pub ping: Ping,
}

/// How one signs in to an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    /// A token in a header, after a word.
    Token {
        /// The header.
        header: &'static str,
        /// What stands before the token; `none` for nothing.
        scheme: &'static str,
        /// What people call the token.
        secret: &'static str,
    },
    /// A name and a password, or what the application takes for them.
    Basic {
        /// What the name is.
        user: &'static str,
        /// What the password is.
        secret: &'static str,
    },
    /// OAuth 2.0 with the credentials of a client alone.
    Client {
        /// Where tokens are.
        token: &'static str,
        /// What is asked for.
        scope: &'static [&'static str],
    },
    /// OAuth 2.0 with a person who allows it.
    Code {
        /// Where the person is sent.
        auth: &'static str,
        /// Where tokens are.
        token: &'static str,
        /// What is asked for.
        scope: &'static [&'static str],
    },
}

/// A request that changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ping {
    method: &'static str,
    uri: &'static str,
    body: &'static str,
    /// A path of the answer that has to be there, for applications that answer 200 in any case.
    success: &'static str,
    /// The value that it has to have; any when empty.
    value: &'static str,
}

const fn get(uri: &'static str) -> Ping {
    Ping { method: "GET", uri, body: "", success: "", value: "" }
}

const fn post(uri: &'static str, body: &'static str, success: &'static str) -> Ping {
    Ping { method: "POST", uri, body, success, value: "" }
}

const BEARER: SignIn = SignIn::Token { header: "Authorization", scheme: "Bearer", secret: "Access token" };

const fn key(header: &'static str, scheme: &'static str) -> SignIn {
    SignIn::Token { header, scheme, secret: "API key" }
}

const fn preset(key: &'static str, name: &'static str, base: &'static str, sign_in: SignIn, ping: Ping) -> Preset {
    Preset { key, name, base, sign_in, headers: &[], media: "json", ping }
}

impl Preset {
    const fn headers(self, headers: &'static [(&'static str, &'static str)]) -> Self {
        Self { headers, ..self }
    }

    const fn media(self, media: &'static str) -> Self {
        Self { media, ..self }
    }

    /// The word of the base address that the person replaces, if there is one.
    #[must_use]
    pub fn to_replace(&self) -> Option<&'static str> {
        let words = self.base.split(|c: char| !(c.is_ascii_uppercase() || c == '-'));
        words.map(|word| word.trim_matches('-')).find(|word| word.len() > 2)
    }

    /// The kind of authentication, as a connection names it.
    #[must_use]
    pub const fn auth_kind(&self) -> &'static str {
        match self.sign_in {
            SignIn::Token { .. } => "token",
            SignIn::Basic { .. } => "basic",
            SignIn::Client { .. } | SignIn::Code { .. } => "oauth",
        }
    }

    /// What a new connection to it says, but for its name and its address.
    #[must_use]
    pub fn http(&self) -> Value {
        let auth = match self.sign_in {
            SignIn::Token { header, scheme, .. } => {
                json!({"type": "token", "token": {"location": "header", "headerName": header, "scheme": scheme}})
            }
            SignIn::Basic { .. } => json!({"type": "basic", "basic": {}}),
            SignIn::Client { token, scope } => {
                json!({"type": "oauth", "oauth": {"grantType": "clientcredentials", "tokenURI": token, "scope": scope},
                    "token": {"location": "header", "headerName": "Authorization", "scheme": "Bearer"}})
            }
            SignIn::Code { auth, token, scope } => {
                json!({"type": "oauth", "oauth": {"grantType": "authorizecode", "authURI": auth, "tokenURI": token, "scope": scope},
                    "token": {"location": "header", "headerName": "Authorization", "scheme": "Bearer"}})
            }
        };
        let mut ping = json!({"method": self.ping.method, "relativeURI": self.ping.uri});
        for (name, text) in [("body", self.ping.body), ("successPath", self.ping.success)] {
            if !text.is_empty() {
                ping[name] = text.into();
            }
        }
        if !self.ping.value.is_empty() {
            ping["successValues"] = json!([self.ping.value]);
        }
        let mut http = json!({"mediaType": self.media, "auth": auth, "ping": ping});
        if self.media != "json" {
            http["successMediaType"] = "json".into();
        }
        if !self.headers.is_empty() {
            http["headers"] = self.headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        }
        http
    }
}

/// The application of a key.
#[must_use]
pub fn named(key: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.key == key)
}

/// All of them, by name.
pub const PRESETS: &[Preset] = &[
    preset("airtable", "Airtable", "https://api.airtable.com/v0", BEARER, get("/meta/whoami")),
    preset("anthropic", "Anthropic", "https://api.anthropic.com/v1", key("x-api-key", "none"), get("/models"))
        .headers(&[("anthropic-version", "2023-06-01")]),
    preset("asana", "Asana", "https://app.asana.com/api/1.0", BEARER, get("/users/me")),
    preset(
        "bigcommerce",
        "BigCommerce",
        "https://api.bigcommerce.com/stores/STORE-HASH",
        key("X-Auth-Token", "none"),
        get("/v2/time"),
    ),
    preset("clickup", "ClickUp", "https://api.clickup.com/api/v2", key("Authorization", "none"), get("/user")),
    preset("cloudflare", "Cloudflare", "https://api.cloudflare.com/client/v4", BEARER, get("/user/tokens/verify")),
    preset("digitalocean", "DigitalOcean", "https://api.digitalocean.com/v2", BEARER, get("/account")),
    preset(
        "discord",
        "Discord",
        "https://discord.com/api/v10",
        SignIn::Token { header: "Authorization", scheme: "Bot", secret: "Bot token" },
        get("/users/@me"),
    ),
    preset(
        "dropbox",
        "Dropbox",
        "https://api.dropboxapi.com/2",
        BEARER,
        post("/users/get_current_account", "null", "account_id"),
    ),
    preset(
        "freshdesk",
        "Freshdesk",
        "https://DOMAIN.freshdesk.com/api/v2",
        SignIn::Basic { user: "API key", secret: "Password (any letter)" },
        get("/agents/me"),
    ),
    preset("github", "GitHub", "https://api.github.com", BEARER, get("/user"))
        .headers(&[("Accept", "application/vnd.github+json"), ("X-GitHub-Api-Version", "2022-11-28")]),
    preset("gitlab", "GitLab", "https://gitlab.com/api/v4", key("PRIVATE-TOKEN", "none"), get("/user")),
    preset(
        "google-drive",
        "Google Drive",
        "https://www.googleapis.com/drive/v3",
        SignIn::Code {
            auth: "https://accounts.google.com/o/oauth2/v2/auth",
            token: "https://oauth2.googleapis.com/token",
            scope: &["https://www.googleapis.com/auth/drive.readonly"],
        },
        get("/about?fields=user"),
    ),
    preset("hubspot", "HubSpot", "https://api.hubapi.com", BEARER, get("/account-info/v3/details")),
    preset("intercom", "Intercom", "https://api.intercom.io", BEARER, get("/me"))
        .headers(&[("Intercom-Version", "2.11")]),
    preset(
        "jira",
        "Jira",
        "https://SITE.atlassian.net/rest/api/3",
        SignIn::Basic { user: "E-mail", secret: "API token" },
        get("/myself"),
    ),
    preset(
        "klaviyo",
        "Klaviyo",
        "https://a.klaviyo.com/api",
        key("Authorization", "Klaviyo-API-Key"),
        get("/accounts"),
    )
    .headers(&[("revision", "2024-10-15")]),
    preset(
        "linear",
        "Linear",
        "https://api.linear.app",
        key("Authorization", "none"),
        post("/graphql", "{\"query\": \"{ viewer { id } }\"}", "data.viewer.id"),
    ),
    preset(
        "mailchimp",
        "Mailchimp",
        "https://DATACENTER.api.mailchimp.com/3.0",
        SignIn::Basic { user: "User name (any)", secret: "API key" },
        get("/ping"),
    ),
    preset(
        "microsoft-graph",
        "Microsoft Graph",
        "https://graph.microsoft.com/v1.0",
        SignIn::Client {
            token: "https://login.microsoftonline.com/TENANT/oauth2/v2.0/token",
            scope: &["https://graph.microsoft.com/.default"],
        },
        get("/organization"),
    ),
    preset(
        "monday",
        "monday.com",
        "https://api.monday.com",
        key("Authorization", "none"),
        post("/v2", "{\"query\": \"{ me { id } }\"}", "data.me.id"),
    ),
    preset("notion", "Notion", "https://api.notion.com/v1", BEARER, get("/users/me"))
        .headers(&[("Notion-Version", "2022-06-28")]),
    preset("openai", "OpenAI", "https://api.openai.com/v1", key("Authorization", "Bearer"), get("/models")),
    preset("pipedrive", "Pipedrive", "https://api.pipedrive.com/v1", key("x-api-token", "none"), get("/users/me")),
    preset(
        "salesforce",
        "Salesforce",
        "https://MY-DOMAIN.my.salesforce.com",
        SignIn::Client { token: "https://MY-DOMAIN.my.salesforce.com/services/oauth2/token", scope: &[] },
        get("/services/data/v60.0/limits"),
    ),
    preset("sendgrid", "SendGrid", "https://api.sendgrid.com/v3", key("Authorization", "Bearer"), get("/scopes")),
    preset(
        "shopify",
        "Shopify",
        "https://SHOP.myshopify.com/admin/api/2025-01",
        SignIn::Token { header: "X-Shopify-Access-Token", scheme: "none", secret: "Admin API access token" },
        get("/shop.json"),
    ),
    preset(
        "slack",
        "Slack",
        "https://slack.com/api",
        BEARER,
        Ping { success: "ok", value: "true", ..get("/auth.test") },
    ),
    preset("square", "Square", "https://connect.squareup.com/v2", BEARER, get("/locations")),
    preset(
        "stripe",
        "Stripe",
        "https://api.stripe.com/v1",
        SignIn::Token { header: "Authorization", scheme: "Bearer", secret: "Secret key" },
        get("/balance"),
    )
    .media("urlencoded"),
    preset("todoist", "Todoist", "https://api.todoist.com/api/v1", BEARER, get("/projects")),
    preset(
        "twilio",
        "Twilio",
        "https://api.twilio.com/2010-04-01",
        SignIn::Basic { user: "Account SID", secret: "Auth token" },
        get("/Accounts.json"),
    )
    .media("urlencoded"),
    preset(
        "woocommerce",
        "WooCommerce",
        "https://SHOP/wp-json/wc/v3",
        SignIn::Basic { user: "Consumer key", secret: "Consumer secret" },
        get("/products?per_page=1"),
    ),
    preset(
        "zendesk",
        "Zendesk",
        "https://SUBDOMAIN.zendesk.com/api/v2",
        SignIn::Basic { user: "E-mail/token", secret: "API token" },
        get("/tickets/count.json"),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, validate};

    #[test]
    fn every_preset_is_a_connection_without_a_problem_and_keys_are_unique() {
        assert!(PRESETS.len() >= 20);
        for (at, preset) in PRESETS.iter().enumerate() {
            assert!(
                PRESETS[..at]
                    .iter()
                    .all(|before| before.key != preset.key && before.name.to_lowercase() < preset.name.to_lowercase()),
                "{}",
                preset.key
            );
            let mut http = preset.http();
            http["baseURI"] = preset.base.into();
            let value = json!({"name": preset.name, "type": "http", "http": http});
            assert_eq!(validate(Kind::Connection, &value), [], "{}", preset.key);
            assert!(
                preset.ping.uri.starts_with('/') && preset.base.starts_with("https://") && !preset.base.ends_with('/')
            );
            assert!(crate::forms::SIGN_INS.iter().any(|(key, _)| *key == preset.auth_kind()));
        }
    }

    #[test]
    fn what_a_person_has_to_replace_in_an_address_is_named() {
        assert_eq!(named("github").and_then(Preset::to_replace), None);
        assert_eq!(named("shopify").and_then(Preset::to_replace), Some("SHOP"));
        assert_eq!(named("bigcommerce").and_then(Preset::to_replace), Some("STORE-HASH"));
        assert_eq!(named("salesforce").and_then(Preset::to_replace), Some("MY-DOMAIN"));
    }
}
