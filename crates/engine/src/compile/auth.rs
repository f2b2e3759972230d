//! A connection's authentication: where each secret is, and what is asked of whom when there is none.

mod oauth;
mod signed;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tombolo_model::{Id, Kind, Problem, excerpt};
use tombolo_template::{Target, uri_component};

use super::{template, text_at, whole_at};
use crate::bundle::Bundle;
use crate::path::Path;
use crate::plan::auth::{Ask, Auth, Content, From, Login, Place, Refusals, TOKEN, TokenAuth};
use crate::secret::{Masked, Secret};

pub(crate) use signed::percent;

/// A connection's own encrypted fields.
const ENCRYPTED: &str = "/http/encrypted";

/// Where problems of a connection are shown: at the export or import that uses it.
const AT: &str = "/_connectionId";

/// What authentication is read from.
pub(super) struct Source<'b> {
    bundle: &'b Bundle,
    id: Id,
    connection: &'b Value,
    /// The client that the connection names.
    client: Option<(Id, &'b Value)>,
}

impl<'b> Source<'b> {
    pub(super) fn new(bundle: &'b Bundle, id: Id, connection: &'b Value) -> Self {
        let client = text_at(connection, "/http/_iClientId").and_then(|id| id.parse().ok());
        let client = client.and_then(|id| Some((id, bundle.get(id, Kind::IClient)?)));
        Self { bundle, id, connection, client }
    }

    /// The client that the connection names.
    pub(super) fn client(&self) -> Option<(Id, &'b Value)> {
        self.client
    }

    pub(super) fn compile(&self) -> Result<Auth, Vec<Problem>> {
        match text_at(self.connection, "/http/auth/type") {
            None | Some("none" | "custom") => Ok(Auth::None),
            Some("basic") => {
                let value = self.password()?.map(|password| STANDARD.encode(format!("{}:{password}", self.username())));
                Ok(Auth::Header { name: "Authorization".to_owned(), value: Masked::plain("Basic ").and_secret(value) })
            }
            Some("token") => self.token(),
            Some("oauth") => self.oauth2(),
            Some("jwtbearer" | "jwt") => self.jwt(),
            Some("oauth1") => self.oauth1(),
            Some("digest") => Ok(Auth::Digest { username: self.username().to_owned(), password: self.password()? }),
            Some("wsse") => {
                let header = text_at(self.connection, "/http/auth/token/headerName").unwrap_or("X-WSSE");
                let (username, password) = (self.username().to_owned(), self.password()?);
                Ok(Auth::Wsse { header: header.to_owned(), username, password })
            }
            Some("cookie") => self.cookie(),
            Some(other) => {
                let other = excerpt(other);
                Err(problem("unsupported", &format!("This version does not know the authentication “{other}”.")))
            }
        }
    }

    /// Which answers say that the credentials were refused.
    pub(super) fn refusals(&self) -> Result<Refusals, Vec<Problem>> {
        let places = [(Some(self.connection), "/http/auth"), (self.client.map(|(_, value)| value), "/oauth2")];
        let mut refusals = Refusals::default();
        for (value, below) in places.into_iter().filter_map(|(value, below)| Some((value?, below))) {
            let failures = value.pointer(&format!("{below}/failures")).and_then(Value::as_array).into_iter().flatten();
            let listed = failures.filter_map(|failure| whole_at(failure, "/statusCode"));
            let own = whole_at(value, &format!("{below}/failStatusCode"));
            refusals.statuses.extend(own.into_iter().chain(listed).filter_map(|status| u16::try_from(status).ok()));
            if refusals.path.is_none()
                && let Some(path) = text_at(value, &format!("{below}/failPath"))
            {
                let values = value.pointer(&format!("{below}/failValues")).and_then(Value::as_array);
                let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
                refusals.path = Some((dotted(path)?, values.into_iter().flatten().map(text).collect()));
            }
        }
        refusals.named = !refusals.statuses.is_empty();
        if !refusals.named {
            refusals.statuses = vec![401, 403];
        }
        Ok(refusals)
    }

    fn token(&self) -> Result<Auth, Vec<Problem>> {
        let place = self.place()?;
        let Some(uri) = text_at(self.connection, "/http/auth/token/refreshRelativeURI") else {
            let token = self.secret(TOKEN, "token")?;
            return Ok(match place {
                Place::Header { name, scheme } => Auth::Header { name, value: Masked::plain(scheme).and_secret(token) },
                Place::Parameter { name } => Auth::Parameter { name, value: token.map(uri_component) },
                Place::Body { .. } => Auth::Token(Box::new(TokenAuth { place, from: From::Kept })),
            });
        };
        let method = text_at(self.connection, "/http/auth/token/refreshMethod").unwrap_or("POST");
        let body = text_at(self.connection, "/http/auth/token/refreshBody").filter(|_| method != "GET");
        let media_type = text_at(self.connection, "/http/auth/token/refreshMediaType").unwrap_or("urlencoded");
        let ask = Ask {
            method: method.to_owned(),
            uri: template(uri, Target::Uri, AT)?,
            headers: self.headers("/http/auth/token/refreshHeaders")?,
            body: body.map(|body| template(body, Target::Plain, AT).map(Content::Template)).transpose()?,
            media_type: media(media_type)?,
            base: self.base()?,
            xml: text_at(self.connection, "/http/auth/token/refreshResponseMediaType") == Some("xml"),
        };
        let also = self.token_paths()?;
        let own = text_at(self.connection, "/http/auth/token/refreshTokenPath").map(dotted).transpose()?;
        let token_path = match (own, also.first()) {
            (Some(own), _) => own,
            (None, Some((_, first))) => first.clone(),
            (None, None) => dotted("access_token")?,
        };
        let from = From::Refresh { ask: Box::new(ask), token_path, also };
        Ok(Auth::Token(Box::new(TokenAuth { place, from })))
    }

    /// The tokens that a renewal brings, each as an encrypted field for the templates of the connection.
    fn token_paths(&self) -> Result<Vec<(String, Path)>, Vec<Problem>> {
        let paths = self.connection.pointer("/http/auth/token/tokenPaths").and_then(Value::as_array);
        let paths = paths.into_iter().flatten().filter_map(Value::as_str).filter(|path| !path.is_empty());
        paths.map(|path| Ok((token_field(path), dotted(path)?))).collect()
    }

    /// Where the token goes: by the connection, else by its client.
    fn place(&self) -> Result<Place, Vec<Problem>> {
        let pick = |own: &str, of_client: &str| self.pick(&format!("/http/auth/token/{own}"), of_client);
        match pick("location", "/oauth2/accessTokenLocation").unwrap_or("header") {
            "header" => {
                let scheme = pick("scheme", "/oauth2/scheme").unwrap_or("Bearer").trim();
                Ok(Place::Header {
                    name: pick("headerName", "/oauth2/accessTokenHeaderName").unwrap_or("Authorization").to_owned(),
                    scheme: if matches!(scheme, "" | "none") { String::new() } else { format!("{scheme} ") },
                })
            }
            place @ ("url" | "body") => {
                let name = pick("paramName", "/oauth2/accessTokenParamName").unwrap_or("access_token").to_owned();
                Ok(if place == "url" { Place::Parameter { name } } else { Place::Body { name } })
            }
            other => Err(problem(
                "unsupported",
                &format!("A token goes into a header, the address or the body, not the {}.", excerpt(other)),
            )),
        }
    }

    fn cookie(&self) -> Result<Auth, Vec<Problem>> {
        let uri = text_at(self.connection, "/http/auth/cookie/uri").ok_or_else(|| {
            problem(
                "missing_required_field",
                "The connection signs in for cookies, but says not where: enter the address.",
            )
        })?;
        let body = match self.bundle.secret(self.id, "/http/auth/cookie/body") {
            Some(body) if body.contains("{{") => Some(Content::Template(template(body, Target::Plain, AT)?)),
            Some(body) => Some(Content::Secret(Secret::new(self.id, body))),
            None => match text_at(self.connection, "/http/auth/cookie/body") {
                Some(body) => Some(Content::Template(template(body, Target::Plain, AT)?)),
                None => None,
            },
        };
        let usual = if body.is_some() { "POST" } else { "GET" };
        let method = text_at(self.connection, "/http/auth/cookie/method").unwrap_or(usual);
        let json =
            body.as_ref().is_some_and(|_| text_at(self.connection, "/http/mediaType").unwrap_or("json") == "json");
        let ask = Ask {
            method: method.to_ascii_uppercase(),
            base: self.base()?,
            uri: template(uri, Target::Uri, AT)?,
            headers: self.headers("/http/headers")?,
            body: body.filter(|_| !method.eq_ignore_ascii_case("GET")),
            media_type: media(if json { "json" } else { "urlencoded" })?,
            xml: false,
        };
        let status = whole_at(self.connection, "/http/auth/cookie/successStatusCode");
        Ok(Auth::Cookie(Box::new(Login { ask, status: status.and_then(|status| u16::try_from(status).ok()) })))
    }

    fn base(&self) -> Result<tombolo_template::Template, Vec<Problem>> {
        template(text_at(self.connection, "/http/baseURI").unwrap_or_default(), Target::Plain, AT)
    }

    fn username(&self) -> &'b str {
        text_at(self.connection, "/http/auth/basic/username").unwrap_or_default()
    }

    fn password(&self) -> Result<Secret, Vec<Problem>> {
        self.secret("/http/auth/basic/password", "password")
    }

    /// A field of the connection, else of its client.
    fn pick(&self, own: &str, of_client: &str) -> Option<&'b str> {
        text_at(self.connection, own).or_else(|| text_at(self.client?.1, of_client))
    }

    fn headers(&self, pointer: &str) -> Result<Vec<(String, tombolo_template::Template)>, Vec<Problem>> {
        headers(self.connection, pointer)
    }

    /// A secret of the connection, which must be here.
    fn secret(&self, path: &str, what: &str) -> Result<Secret, Vec<Problem>> {
        self.kept(path).ok_or_else(|| {
            let name = text_at(self.connection, "/name").unwrap_or_default();
            problem(
                "missing_secret",
                &format!("The {what} of the connection “{name}” is not here. Enter it in the connection and keep it."),
            )
        })
    }

    fn kept(&self, path: &str) -> Option<Secret> {
        self.bundle.secret(self.id, path).map(|value| Secret::new(self.id, value))
    }
}

/// The place of a token that stands at a path of the answer: `data.session` is `{{connection.http.encrypted.session}}`.
fn token_field(path: &str) -> String {
    format!("{ENCRYPTED}/{}", path.rsplit('.').next().unwrap_or(path))
}

/// Headers as pairs of name and value.
fn headers(value: &Value, pointer: &str) -> Result<Vec<(String, tombolo_template::Template)>, Vec<Problem>> {
    let rows = value.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
    let pairs = rows.filter_map(|row| Some((text_at(row, "/name")?, text_at(row, "/value").unwrap_or_default())));
    pairs.map(|(name, value)| Ok((name.to_owned(), template(value, Target::Plain, AT)?))).collect()
}

fn media(kind: &str) -> Result<&'static str, Vec<Problem>> {
    match kind {
        "json" => Ok("application/json"),
        "urlencoded" => Ok("application/x-www-form-urlencoded"),
        "xml" => Ok("application/xml"),
        "plaintext" => Ok("text/plain;charset=utf-8"),
        other => {
            let other = excerpt(other);
            Err(problem("unsupported", &format!("This version asks for no tokens with bodies of the type “{other}”.")))
        }
    }
}

fn dotted(path: &str) -> Result<Path, Vec<Problem>> {
    Path::dotted(path).map_err(|error| problem("invalid_path", &format!("{error}.")))
}

fn problem(code: &str, message: &str) -> Vec<Problem> {
    vec![Problem::new(AT, code, message)]
}
