//! Authentication that signs: tokens of one's own (RFC 7519), OAuth 1.0a (RFC 5849).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tombolo_model::{Problem, excerpt};
use tombolo_template::{Target, uri_component};

use super::{AT, Source, problem};
use crate::compile::{template, text_at};
use crate::plan::auth::{Auth, Claims, From, Jwt, OAuth1, OAuth1Key, TokenAuth};
use crate::secret::{Masked, Secret};
use crate::sign::{Hash, SignError, Signing};

impl Source<'_> {
    pub(super) fn jwt(&self) -> Result<Auth, Vec<Problem>> {
        let place = self.place()?;
        let payload = self.connection.pointer("/http/auth/jwt/payload").filter(|payload| payload.is_object());
        let Some(payload) = payload else {
            // A token that was made elsewhere and does not end. The form asks for none, so that what is missing is said in
            // the form's words.
            let Some(token) = self.kept("/http/auth/jwt/token") else {
                return Err(problem(
                    "missing_required_field",
                    "The JSON Web Token has no payload. Enter its claims in the connection, as a JSON object.",
                ));
            };
            let value = Masked::plain("Bearer ").and_secret(token);
            return Ok(Auth::Header { name: "Authorization".to_owned(), value });
        };
        let method = text_at(self.connection, "/http/auth/jwt/signatureMethod").unwrap_or("rsa-sha256");
        let (algorithm, signing) = self.jwt_key(method)?;
        let headers = self.connection.pointer("/http/auth/jwt/headers").filter(|headers| headers.is_object());
        let jwt = Jwt {
            algorithm,
            signing,
            headers: headers.map_or(Ok(Claims::Map(Vec::new())), claims)?,
            payload: claims(payload)?,
        };
        Ok(Auth::Token(Box::new(TokenAuth { place, from: From::Jwt(Box::new(jwt)) })))
    }

    fn jwt_key(&self, method: &str) -> Result<(&'static str, Signing), Vec<Problem>> {
        let hmac = |hash: &'static str| -> Result<Signing, Vec<Problem>> {
            let secret = self.secret("/http/auth/jwt/secret", "signing secret")?;
            let encoded = self.connection.pointer("/http/auth/jwt/isSecretBase64Encoded").and_then(Value::as_bool);
            if encoded != Some(true) {
                return Ok(Signing::Hmac(hash, secret.value().as_bytes().to_vec()));
            }
            let key = STANDARD.decode(secret.value().trim());
            let key = key.map_err(|_| {
                problem(
                    "invalid_secret",
                    "The signing secret is not base64. Enter it again, or switch “The secret is base64” off.",
                )
            })?;
            Ok(Signing::Hmac(hash, key))
        };
        let key = || self.secret("/http/auth/jwt/privateKey", "private key");
        let rsa = |hash: Hash| Signing::rsa(hash, key()?.value()).map_err(bad_key);
        Ok(match method {
            "hmac-sha256" => ("HS256", hmac("sha256")?),
            "hmac-sha384" => ("HS384", hmac("sha384")?),
            "hmac-sha512" => ("HS512", hmac("sha512")?),
            "rsa-sha256" => ("RS256", rsa(Hash::Sha256)?),
            "rsa-sha384" => ("RS384", rsa(Hash::Sha384)?),
            "rsa-sha512" => ("RS512", rsa(Hash::Sha512)?),
            "es256" => ("ES256", Signing::es256(key()?.value()).map_err(bad_key)?),
            other => {
                let message = format!(
                    "This version signs tokens by HMAC, RSA and ES256, not by “{other}”.",
                    other = excerpt(&other)
                );
                return Err(problem("unsupported", &message));
            }
        })
    }

    pub(super) fn oauth1(&self) -> Result<Auth, Vec<Problem>> {
        const BELOW: &str = "/http/auth/oauth/oauth1";
        let field = |name: &str| text_at(self.connection, &format!("{BELOW}/{name}"));
        let secret = |name: &str, what: &str| self.secret(&format!("{BELOW}/{name}"), what);
        let consumer = field("consumerKey").ok_or_else(|| {
            problem(
                "missing_required_field",
                "The connection signs by OAuth 1.0a and needs the consumer key: enter it.",
            )
        })?;
        let joined = || -> Result<Secret, Vec<Problem>> {
            let token = secret("tokenSecret", "token secret")?;
            let consumer = secret("consumerSecret", "consumer secret")?;
            Ok(token.map(|token| format!("{}&{}", percent(consumer.value()), percent(token))))
        };
        let rsa = |hash: Hash| -> Result<OAuth1Key, Vec<Problem>> {
            let key = secret("consumerPrivateKey", "private key")?;
            Ok(OAuth1Key::Rsa(Signing::rsa(hash, key.value()).map_err(bad_key)?))
        };
        let (method, by) = match field("signatureMethod").unwrap_or("hmac-sha1") {
            "hmac-sha1" => ("HMAC-SHA1", OAuth1Key::Hmac("sha1", joined()?)),
            "hmac-sha256" => ("HMAC-SHA256", OAuth1Key::Hmac("sha256", joined()?)),
            "hmac-sha512" => ("HMAC-SHA512", OAuth1Key::Hmac("sha512", joined()?)),
            "rsa-sha1" => ("RSA-SHA1", rsa(Hash::Sha1)?),
            "rsa-sha256" => ("RSA-SHA256", rsa(Hash::Sha256)?),
            "rsa-sha512" => ("RSA-SHA512", rsa(Hash::Sha512)?),
            "plaintext" => ("PLAINTEXT", OAuth1Key::Plain(joined()?)),
            other => {
                return Err(problem(
                    "unsupported",
                    &format!("This version does not know the signature “{other}”.", other = excerpt(&other)),
                ));
            }
        };
        Ok(Auth::OAuth1(Box::new(OAuth1 {
            consumer: consumer.to_owned(),
            token: secret("accessToken", "access token")?,
            method,
            by,
            realm: field("realm").map(|realm| template(realm, Target::Plain, AT)).transpose()?,
        })))
    }
}

/// As RFC 5849, 3.6 encodes: everything but letters, digits and `-._~`.
pub(crate) fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in uri_component(text).chars() {
        match character {
            '!' => out.push_str("%21"),
            '*' => out.push_str("%2A"),
            '\'' => out.push_str("%27"),
            '(' => out.push_str("%28"),
            ')' => out.push_str("%29"),
            other => out.push(other),
        }
    }
    out
}

fn claims(value: &Value) -> Result<Claims, Vec<Problem>> {
    Ok(match value {
        Value::String(text) if text.contains("{{") => Claims::Text(template(text, Target::Plain, AT)?),
        Value::Array(items) => Claims::List(items.iter().map(claims).collect::<Result<_, _>>()?),
        Value::Object(fields) => {
            let named = fields.iter().map(|(name, value)| Ok((name.clone(), claims(value)?)));
            Claims::Map(named.collect::<Result<_, Vec<Problem>>>()?)
        }
        other => Claims::Plain(other.clone()),
    })
}

fn bad_key(error: SignError) -> Vec<Problem> {
    let error = error.to_string();
    let first = error.chars().next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    problem("invalid_secret", &format!("{first}{}: enter it again.", error.get(1..).unwrap_or_default()))
}
