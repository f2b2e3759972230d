//! ID tokens: signed JSON in compact form (RFC 7515, RFC 7519), read as narrowly as `OpenID` Connect allows.
//!
//! Two algorithms, RS256 and ES256, each with a key of its own type: what a token says of itself never decides how it is
//! looked at. So there is no `none`, no HMAC with a public key, no key that comes along in a header. What must hold of
//! its content is `OpenID Connect Core`, section 3.1.3.7.
//!
//! Invariant: no claim is read before the signature was checked.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;
use thiserror::Error;

/// The longest token.
const LONGEST: usize = 64 * 1024;
/// The most keys of a provider.
const MOST_KEYS: usize = 100;
/// How much two clocks may differ, in seconds.
const SKEW_S: f64 = 60.0;
/// How old a token may be that was asked for just now, in seconds.
const OLDEST_S: f64 = 600.0;

/// Why a token lets nobody in. Its words are for the administrator who set the provider up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum TokenError {
    /// Not three parts of base 64, or not JSON inside.
    #[error("the ID token cannot be read")]
    Shape,
    /// `none`, HMAC, or anything else that is not taken.
    #[error("the ID token is signed by a method other than RS256 or ES256")]
    Algorithm,
    /// It wants something to be understood that is not.
    #[error("the ID token has critical extensions")]
    Critical,
    /// No key of the provider fits.
    #[error("the ID token is signed with a key that the provider does not publish")]
    Key,
    /// The signature is another's.
    #[error("the signature of the ID token is wrong")]
    Signature,
    /// `iss`
    #[error("the ID token is of another issuer")]
    Issuer,
    /// `aud`
    #[error("the ID token is for another client")]
    Audience,
    /// `azp`
    #[error("the ID token was issued to another client")]
    Party,
    /// `exp`
    #[error("the ID token has expired. Look whether the clocks of both servers are right")]
    Expired,
    /// `iat`, `nbf`
    #[error("the ID token is not of this moment. Look whether the clocks of both servers are right")]
    Time,
    /// `nonce`
    #[error("the ID token belongs to another sign-in")]
    Nonce,
    /// `sub`
    #[error("the ID token names nobody")]
    Subject,
}

/// What a token must say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) now_ms: i64,
}

/// Somebody, as the provider knows them. The address is worth nothing unless it says that it is theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Never reassigned at this provider.
    pub(crate) subject: String,
    /// The address, where the token has one.
    pub(crate) email: Option<String>,
    /// Whether the provider has made sure that it is theirs; absent where it says nothing of it.
    pub(crate) verified: Option<bool>,
}

/// The keys that a provider publishes.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Keys {
    keys: Vec<serde_json::Value>,
}

/// A key of a provider (RFC 7517), as far as one of the two algorithms has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Key {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Rs256,
    Es256,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    #[serde(default)]
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    nonce: Option<String>,
    email: Option<String>,
    email_verified: Option<serde_json::Value>,
}

/// The person a token names.
///
/// # Errors
///
/// Returns the first thing about it that does not hold; [`TokenError::Key`] when newer keys may know more.
pub(crate) fn checked(token: &str, keys: &Keys, expected: Expected<'_>) -> Result<Identity, TokenError> {
    let payload = opened(token, keys)?;
    let claims: Claims = serde_json::from_slice(&payload).map_err(|_| TokenError::Shape)?;
    if claims.iss != expected.issuer {
        return Err(TokenError::Issuer);
    }
    let (named, alone) = match &claims.aud {
        Audience::One(one) => (one == expected.client, true),
        Audience::Many(many) => (many.iter().any(|one| one == expected.client), many.len() == 1),
    };
    if !named {
        return Err(TokenError::Audience);
    }
    match &claims.azp {
        Some(party) if party != expected.client => return Err(TokenError::Party),
        None if !alone => return Err(TokenError::Party),
        _ => {}
    }
    let now = seconds(expected.now_ms);
    if claims.exp <= now - SKEW_S {
        return Err(TokenError::Expired);
    }
    let early = claims.nbf.is_some_and(|from| from > now + SKEW_S);
    if early || claims.iat > now + SKEW_S || claims.iat < now - OLDEST_S - SKEW_S {
        return Err(TokenError::Time);
    }
    if claims.nonce.as_deref() != Some(expected.nonce) {
        return Err(TokenError::Nonce);
    }
    if claims.sub.is_empty() || claims.sub.len() > 255 {
        return Err(TokenError::Subject);
    }
    let verified = is_verified(claims.email_verified.as_ref());
    Ok(Identity { subject: claims.sub, email: claims.email, verified })
}

/// What a provider says of an address. Some write "true"; that is a text, and no yes.
pub(crate) fn is_verified(said: Option<&serde_json::Value>) -> Option<bool> {
    said.filter(|said| !said.is_null()).map(|said| *said == serde_json::Value::Bool(true))
}

/// What is inside a token, once its signature was checked.
fn opened(token: &str, keys: &Keys) -> Result<Vec<u8>, TokenError> {
    if token.len() > LONGEST {
        return Err(TokenError::Shape);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(TokenError::Shape)?;
    let (header, payload) = message.split_once('.').ok_or(TokenError::Shape)?;
    if payload.contains('.') {
        return Err(TokenError::Shape);
    }
    let header: Header = serde_json::from_slice(&decoded(header)?).map_err(|_| TokenError::Shape)?;
    let algorithm = match &*header.alg {
        "RS256" => Algorithm::Rs256,
        "ES256" => Algorithm::Es256,
        _ => return Err(TokenError::Algorithm),
    };
    if header.crit.is_some() {
        return Err(TokenError::Critical);
    }
    let signature = decoded(signature)?;
    let key = keys.the_one(algorithm, header.kid.as_deref())?;
    key.verify(algorithm, message.as_bytes(), &signature)?;
    decoded(payload)
}

impl Keys {
    /// The only key that can be meant. A token without a name of a key is fine where there is no choice.
    fn the_one(&self, algorithm: Algorithm, kid: Option<&str>) -> Result<Key, TokenError> {
        let read = self.keys.iter().take(MOST_KEYS).filter_map(|key| Key::deserialize(key).ok());
        let mut fit = read.filter(|key| key.fits(algorithm) && (kid.is_none() || key.kid.as_deref() == kid));
        match (fit.next(), fit.next()) {
            (Some(key), None) => Ok(key),
            _ => Err(TokenError::Key),
        }
    }
}

impl Key {
    fn fits(&self, algorithm: Algorithm) -> bool {
        let (kind, name) = match algorithm {
            Algorithm::Rs256 => (self.kty == "RSA", "RS256"),
            Algorithm::Es256 => (self.kty == "EC" && self.crv.as_deref() == Some("P-256"), "ES256"),
        };
        kind && self.alg.as_deref().is_none_or(|alg| alg == name)
            && self.usage.as_deref().is_none_or(|usage| usage == "sig")
    }

    fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), TokenError> {
        let part = |text: &Option<String>| decoded(text.as_deref().unwrap_or_default()).map_err(|_| TokenError::Key);
        let right = match algorithm {
            Algorithm::Rs256 => {
                let (n, e) = (part(&self.n)?, part(&self.e)?);
                let trimmed = |bytes: &[u8]| bytes.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<u8>>();
                let key = RsaPublicKeyComponents { n: trimmed(&n), e: trimmed(&e) };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
            Algorithm::Es256 => {
                let (x, y) = (part(&self.x)?, part(&self.y)?);
                // Each in full (RFC 7518, section 6.2.1.2): joined, two wrong lengths make a right one.
                if x.len() != 32 || y.len() != 32 {
                    return Err(TokenError::Signature);
                }
                let point = [vec![4], x, y].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
        };
        right.map_err(|_| TokenError::Signature)
    }
}

fn decoded(text: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError::Shape)
}

fn seconds(ms: i64) -> f64 {
    ms as f64 / 1_000.0
}

#[cfg(test)]
mod vectors;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn keys(keys: &serde_json::Value) -> Keys {
        serde_json::from_value(json!({ "keys": keys })).unwrap()
    }

    /// RFC 7515, appendix A.2.
    const RS256: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

    fn rsa() -> serde_json::Value {
        json!({
            "kty": "RSA",
            "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
            "e": "AQAB"
        })
    }

    /// RFC 7515, appendix A.3.
    const ES256: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    fn p256() -> serde_json::Value {
        json!({
            "kty": "EC",
            "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
        })
    }

    #[test]
    fn the_signatures_of_the_standard_are_right_and_one_changed_character_is_noticed() {
        for (token, key) in [(RS256, rsa()), (ES256, p256())] {
            let keys = keys(&json!([key]));
            let payload = opened(token, &keys).unwrap();
            assert!(payload.starts_with(br#"{"iss":"joe","#));
            let changed = token.replacen("eyJpc3MiOiJqb2Ui", "eyJpc3MiOiJqb2Uh", 1);
            assert_eq!(opened(&changed, &keys), Err(TokenError::Signature));
        }
    }

    #[test]
    fn a_token_is_looked_at_with_a_key_of_its_own_kind_and_the_only_one_that_can_be_meant() {
        assert_eq!(opened(RS256, &keys(&json!([p256()]))), Err(TokenError::Key));
        assert_eq!(opened(ES256, &keys(&json!([rsa()]))), Err(TokenError::Key));
        assert!(opened(ES256, &keys(&json!([rsa(), p256()]))).is_ok());
        // Two that fit, and the token says of neither that it is meant.
        assert_eq!(opened(ES256, &keys(&json!([p256(), p256()]))), Err(TokenError::Key));
        for (name, value) in [("use", "enc"), ("alg", "ES384"), ("crv", "P-384")] {
            let mut other = p256();
            other[name] = json!(value);
            assert_eq!(opened(ES256, &keys(&json!([other]))), Err(TokenError::Key), "{name}");
        }
    }

    #[test]
    fn what_is_no_token_is_refused_and_what_it_says_of_itself_chooses_nothing() {
        let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let body = RS256.split('.').nth(1).unwrap();
        let signature = RS256.rsplit('.').next().unwrap();
        let with = |header| format!("{}.{body}.{signature}", part(header));
        let keys = keys(&json!([rsa()]));
        for alg in ["none", "None", "HS256", "RS512", "PS256", "rs256", ""] {
            assert_eq!(opened(&with(json!({ "alg": alg })), &keys), Err(TokenError::Algorithm), "{alg}");
        }
        assert_eq!(
            opened(&with(json!({ "alg": "RS256", "crit": ["b64"], "b64": false })), &keys),
            Err(TokenError::Critical)
        );
        assert_eq!(opened(&with(json!({ "alg": "RS256", "jwk": rsa() })), &keys), Err(TokenError::Signature));
        for text in ["", "a", "a.b", "a.b.c", "..", "e30.e30.", &format!("{RS256}.x"), &"a".repeat(LONGEST + 1)] {
            assert_eq!(opened(text, &keys), Err(TokenError::Shape), "{text:.40}");
        }
    }
}
