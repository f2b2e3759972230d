//! OAuth 2.0: from the connection's own fields, or those of the iClient that it names.

use serde_json::Value;
use tombolo_model::{Problem, excerpt};
use tombolo_template::{Target, Template};

use super::{AT, Source, dotted, headers, media, problem};
use crate::compile::{template, text_at};
use crate::plan::auth::{Ask, Auth, Content, From, Grant, OAuth2, TokenAuth};
use crate::secret::Secret;

impl Source<'_> {
    pub(super) fn oauth2(&self) -> Result<Auth, Vec<Problem>> {
        let grant = match self.pick("/http/auth/oauth/grantType", "/oauth2/grantType").unwrap_or("authorizecode") {
            "authorizecode" => Grant::Code,
            "clientcredentials" => Grant::Client,
            "password" => Grant::Password {
                username: self.needed("username", "user name")?.to_owned(),
                password: self.client_secret("password").ok_or_else(|| missing("password"))?,
            },
            other => {
                return Err(problem(
                    "unsupported",
                    &format!("This version does not know the grant “{other}”.", other = excerpt(&other)),
                ));
            }
        };
        let client_secret =
            self.client_secret("clientSecret").or_else(|| self.kept("/http/auth/oauth/clientCredentials/clientSecret"));
        if matches!(grant, Grant::Client) && client_secret.is_none() {
            return Err(missing("client secret"));
        }
        let token = self.ask("token", text_at(self.connection, "/http/auth/oauth/tokenURI"))?;
        let also = text_at(self.connection, "/http/auth/oauth/accessTokenBody");
        let token_path =
            self.pick("/http/auth/oauth/accessTokenPath", "/oauth2/accessTokenPath").unwrap_or("access_token");
        let refresh_path =
            self.pick("/http/auth/oauth/refreshTokenPath", "/oauth2/refreshTokenPath").unwrap_or("refresh_token");
        let location = self.pick("/http/auth/oauth/clientCredentialsLocation", "/oauth2/clientCredentialsLocation");
        let oauth = OAuth2 {
            grant,
            client_id: self.needed("clientId", "client id")?.to_owned(),
            client_secret,
            client_in_body: location == Some("body"),
            scope: self.scope(),
            auth_uri: self.pick("/http/auth/oauth/authURI", "/oauth2/auth/uri").map(ToOwned::to_owned),
            plain_proof: self.client.and_then(|(_, value)| text_at(value, "/oauth2/pkceCodeChallengeMethod"))
                == Some("plain"),
            refresh: match self.client.and_then(|(_, value)| text_at(value, "/oauth2/refresh/uri")) {
                Some(uri) => self.ask("refresh", Some(uri))?,
                None => Ask { body: self.written("refresh")?, ..token.clone() },
            },
            token,
            also: also.map(|body| template(body, Target::Plain, AT)).transpose()?,
            token_path: dotted(token_path)?,
            refresh_path: dotted(refresh_path)?,
        };
        Ok(Auth::Token(Box::new(TokenAuth { place: self.place()?, from: From::OAuth2(Box::new(oauth)) })))
    }

    /// A request to an endpoint of the server that gives tokens.
    fn ask(&self, which: &str, own: Option<&str>) -> Result<Ask, Vec<Problem>> {
        let client = self.client.map(|(_, value)| value);
        let field = |name: &str| client.and_then(|value| text_at(value, &format!("/oauth2/{which}/{name}")));
        let uri = own.or_else(|| field("uri")).ok_or_else(|| {
            problem(
                "missing_required_field",
                "The connection signs in by OAuth 2.0, but says not where: enter the token URL.",
            )
        })?;
        let mut all = self.headers("/http/auth/oauth/accessTokenHeaders")?;
        if let Some(client) = client {
            all.extend(headers(client, &format!("/oauth2/{which}/headers"))?);
        }
        Ok(Ask {
            method: field("method").unwrap_or("POST").to_ascii_uppercase(),
            base: self.base()?,
            uri: template(uri, Target::Plain, AT)?,
            headers: all,
            body: self.written(which)?,
            media_type: media("urlencoded")?,
            xml: false,
        })
    }

    /// The body that the client's author wrote.
    fn written(&self, which: &str) -> Result<Option<Content>, Vec<Problem>> {
        let body = self.client.and_then(|(_, value)| text_at(value, &format!("/oauth2/{which}/body")));
        let made: Option<Template> = body.map(|body| template(body, Target::Plain, AT)).transpose()?;
        Ok(made.map(Content::Template))
    }

    fn needed(&self, field: &str, what: &str) -> Result<&str, Vec<Problem>> {
        let found = self.pick(&format!("/http/auth/oauth/{field}"), &format!("/oauth2/{field}"));
        found.ok_or_else(|| {
            problem(
                "missing_required_field",
                &format!("The connection signs in by OAuth 2.0 and needs the {what}: enter it."),
            )
        })
    }

    /// A secret of the client, which may be the connection itself.
    fn client_secret(&self, field: &str) -> Option<Secret> {
        let of_client =
            self.client.and_then(|(id, _)| Some(Secret::new(id, self.bundle.secret(id, &format!("/oauth2/{field}"))?)));
        self.kept(&format!("/http/auth/oauth/{field}")).or(of_client)
    }

    fn scope(&self) -> String {
        let places = [(Some(self.connection), "/http/auth/oauth"), (self.client.map(|(_, value)| value), "/oauth2")];
        for (value, below) in places.into_iter().filter_map(|(value, below)| Some((value?, below))) {
            let delimiter = text_at(value, &format!("{below}/scopeDelimiter")).unwrap_or(" ");
            match value.pointer(&format!("{below}/scope")) {
                Some(Value::String(scope)) if !scope.is_empty() => return scope.clone(),
                Some(Value::Array(scopes)) if !scopes.is_empty() => {
                    let scopes: Vec<&str> = scopes.iter().filter_map(Value::as_str).collect();
                    return scopes.join(delimiter);
                }
                _ => {}
            }
        }
        String::new()
    }
}

fn missing(what: &str) -> Vec<Problem> {
    problem(
        "missing_secret",
        &format!("The {what} for OAuth 2.0 is not here. Enter it in the connection or its iClient and keep it."),
    )
}
