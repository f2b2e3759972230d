//! Signatures of requests and tokens: HMAC, RSA (PKCS #1 v1.5) and ECDSA over P-256.
//!
//! A key is read once, when the flow is compiled, and is never printed.

use std::fmt;

use p256::ecdsa::signature::Signer;
use p256::pkcs8::DecodePrivateKey;
use rsa::PrivateKey;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::signature::SignatureEncoding;
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use tombolo_template::hmac;

/// A key and what is done with it.
#[derive(Clone)]
pub(crate) enum Signing {
    /// The hash's name and the key.
    Hmac(&'static str, Vec<u8>),
    Rsa(Hash, Box<PrivateKey>),
    Es256(Box<p256::ecdsa::SigningKey>),
}

/// The hash that an RSA signature is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// Why nothing can be signed: a clause without a full stop, and without the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignError {
    #[error("the private key is not an RSA key in PEM")]
    NotRsa,
    #[error("the private key is not a P-256 key in PEM (PKCS #8)")]
    NotP256,
    #[error("the key cannot sign: it is too short for the hash, or damaged")]
    Failed,
}

impl Signing {
    /// Reads an RSA key, as PKCS #8 or PKCS #1.
    pub(crate) fn rsa(hash: Hash, pem: &str) -> Result<Self, SignError> {
        let pem = lines(pem);
        let key = PrivateKey::from_pkcs8_pem(&pem).ok().or_else(|| PrivateKey::from_pkcs1_pem(&pem).ok());
        key.map(|key| Self::Rsa(hash, Box::new(key))).ok_or(SignError::NotRsa)
    }

    /// Reads a P-256 key.
    pub(crate) fn es256(pem: &str) -> Result<Self, SignError> {
        let key = p256::ecdsa::SigningKey::from_pkcs8_pem(&lines(pem)).map_err(|_| SignError::NotP256)?;
        Ok(Self::Es256(Box::new(key)))
    }

    /// The signature of bytes.
    pub(crate) fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, SignError> {
        match self {
            Self::Hmac(hash, key) => hmac(hash, key, bytes).map_err(|_| SignError::Failed),
            Self::Rsa(hash, key) => {
                let key = key.as_ref().clone();
                let made = match hash {
                    Hash::Sha1 => SigningKey::<Sha1>::new(key).try_sign(bytes),
                    Hash::Sha256 => SigningKey::<Sha256>::new(key).try_sign(bytes),
                    Hash::Sha384 => SigningKey::<Sha384>::new(key).try_sign(bytes),
                    Hash::Sha512 => SigningKey::<Sha512>::new(key).try_sign(bytes),
                };
                made.map(|signature| signature.to_vec()).map_err(|_| SignError::Failed)
            }
            Self::Es256(key) => {
                let made: Result<p256::ecdsa::Signature, _> = key.try_sign(bytes);
                made.map(|signature| signature.to_bytes().to_vec()).map_err(|_| SignError::Failed)
            }
        }
    }
}

/// A key that was pasted into one line has `\n` written out.
fn lines(pem: &str) -> String {
    pem.trim().replace("\\n", "\n")
}

impl fmt::Debug for Signing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hmac(..) => "HMAC",
            Self::Rsa(..) => "RSA",
            Self::Es256(_) => "ES256",
        })
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::*;

    /// RFC 7515, appendix A.1.
    #[test]
    fn an_hmac_signature_is_that_of_the_jws_standard() {
        let text = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
        let key = decode(key);
        let made = Signing::Hmac("sha256", key).sign(text.as_bytes()).unwrap();
        assert_eq!(made, decode("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
    }

    fn decode(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    /// The signature is that of OpenSSL, which this kind leaves no choice.
    #[test]
    fn an_rsa_signature_is_the_one_that_others_make() {
        const SHA256: &str = "WfChvP0QGLCt38yRTtPTsQQBNY3RYn3ceYx0ea2RVzua12LOSGzdKJ0RdH3YmrWaaoC9Rlg9Rb07PdEPl+5Avfmss94+J0mCrolPsBrYDlYSi08jk6UkvJ5r068wvzUzF3AtoK62vu/IuGRZA2nxpIOhOrsS64+0tdR3J4d4ZDeJLUavEUYBtecACaPPZ/WN9boX9LZTdh+uFEclR5A7lZsFecpwSNxInl88wDSHiQEWm24RluK0zHM4hg7qXWKQ8WxtOow84SoL7qD8LJBP/pJdt5LhAIoHnWGSj/X3GFxiSzTpGcdH8QQ811zoJTlMJqQUmSH1LwDj4wbaH6ibAA==";
        const SHA1: &str = "YvSD8rcxecS1+6k0laSbz0V7gXIjx5edWnUtra09W6QNlmBRtrVPiVw9fsk1R9f2fwqlHC4E5wBh/JV0Fmr53Y84iF6OB3rwFCm27NtLB9awFiLC1ghm9n4Zqb9l/f3YnduTXysuIjQiDrdi+DG0fZKKWKnLFns0CCGgS92oZx4i27QPTzCIuRs0kqSz6VFdfmftWNRg7tAdg84X+3G9rJsipADMFNFIM/SvtM6ICQG3uPHs9DoP23BtLO4uX/KqOB6mvH1ExgScP5bPDeI2u7aqKkQ6HYzsUejSQxel6H3zCfLPi9/bKIhMyt4dvQM2rgsI2+R8aTI1WmBp9AfPTA==";
        for pem in [include_str!("../tests/keys/rsa-pkcs8.pem"), include_str!("../tests/keys/rsa-pkcs1.pem")] {
            for (hash, want) in [(Hash::Sha256, SHA256), (Hash::Sha1, SHA1)] {
                // Also when its lines were joined on the way.
                for pem in [pem.to_owned(), pem.trim().replace('\n', "\\n")] {
                    assert_eq!(STANDARD.encode(Signing::rsa(hash, &pem).unwrap().sign(b"hello").unwrap()), want);
                }
            }
        }
    }

    /// RFC 6979, A.2.5.
    #[test]
    fn an_es256_signature_is_that_of_the_standard() {
        let key = Signing::es256(include_str!("../tests/keys/p256-pkcs8.pem")).unwrap();
        let want = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716\
                    f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
        assert_eq!(hex::encode(key.sign(b"sample").unwrap()), want);
    }

    #[test]
    fn a_key_that_is_none_is_refused_without_repeating_it() {
        for pem in ["", "hush", "-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----"] {
            let errors = [Signing::rsa(Hash::Sha256, pem).unwrap_err(), Signing::es256(pem).unwrap_err()];
            assert!(!format!("{errors:?}{}{}", errors[0], errors[1]).contains("hush"));
        }
    }
}
