//! Hashes and signatures.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};
use tombolo_model::excerpt;

use super::{Args, Inline, Made, made, sign};

pub(super) const ALL: &[Inline] = &[
    Inline {
        name: "hash",
        arguments: "algorithm encoding text",
        least: 3,
        help: "The hash of a text: md5, sha1, sha224, sha256, sha384 or sha512, in hex or base64.",
        example: ("{{hash \"md5\" \"hex\" \"HelloWorld\"}}", "68e109f0f40ca72a15e05cc22786f8e6"),
        run: |args| {
            let hash = hash(&args.text(0), args.text(2).as_bytes())?;
            made(encoded(&hash, &args.text(1))?)
        },
    },
    Inline {
        name: "hmac",
        arguments: "algorithm key encoding text keyEncoding?",
        least: 4,
        help: "The signature of a text with a key, which is a text or base64 or hex.",
        example: ("{{hmac \"md5\" \"key\" \"hex\" \"text\"}}", "d0ca6177c61c975fd2f8c07d8c6528c6"),
        run: hmac_of,
    },
    Inline {
        name: "aws4",
        arguments: "accessKey secretKey sessionToken region service",
        least: 5,
        help: "The Authorization header of a request by AWS Signature Version 4.",
        example: (
            "{{#contains (aws4 \"AK\" \"SK\" null \"us-west-2\" \"s3\") \"20250420/us-west-2/s3/aws4_request\"}}yes{{/contains}}",
            "yes",
        ),
        run: sign::aws4,
    },
];

fn unknown(algorithm: &str) -> String {
    format!(
        "it knows md5, sha1, sha224, sha256, sha384 and sha512, and not “{algorithm}”",
        algorithm = excerpt(&algorithm)
    )
}

fn name(algorithm: &str) -> String {
    algorithm.to_ascii_lowercase().replace('-', "")
}

/// The hash of bytes; `algorithm` as the helper `hash` knows it.
///
/// # Errors
///
/// Returns a sentence when there is no such algorithm.
pub fn hash(algorithm: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    Ok(match name(algorithm).as_str() {
        "md5" => Md5::digest(bytes).to_vec(),
        "sha1" => Sha1::digest(bytes).to_vec(),
        "sha224" => Sha224::digest(bytes).to_vec(),
        "sha256" => Sha256::digest(bytes).to_vec(),
        "sha384" => Sha384::digest(bytes).to_vec(),
        "sha512" => Sha512::digest(bytes).to_vec(),
        _ => return Err(unknown(algorithm)),
    })
}

/// The signature of bytes with a key; `algorithm` as the helper `hmac` knows it.
///
/// # Errors
///
/// Returns a sentence when there is no such algorithm.
pub fn hmac(algorithm: &str, key: &[u8], bytes: &[u8]) -> Result<Vec<u8>, String> {
    fn with<M: Mac + KeyInit>(key: &[u8], bytes: &[u8]) -> Result<Vec<u8>, String> {
        let mut mac = <M as KeyInit>::new_from_slice(key).map_err(|_| "the key has the wrong length".to_owned())?;
        mac.update(bytes);
        Ok(mac.finalize().into_bytes().to_vec())
    }
    match name(algorithm).as_str() {
        "md5" => with::<Hmac<Md5>>(key, bytes),
        "sha1" => with::<Hmac<Sha1>>(key, bytes),
        "sha224" => with::<Hmac<Sha224>>(key, bytes),
        "sha256" => with::<Hmac<Sha256>>(key, bytes),
        "sha384" => with::<Hmac<Sha384>>(key, bytes),
        "sha512" => with::<Hmac<Sha512>>(key, bytes),
        _ => Err(unknown(algorithm)),
    }
}

fn encoded(bytes: &[u8], encoding: &str) -> Result<String, String> {
    match encoding.to_ascii_lowercase().as_str() {
        "hex" => Ok(hex::encode(bytes)),
        "base64" => Ok(STANDARD.encode(bytes)),
        "base64url" => Ok(URL_SAFE_NO_PAD.encode(bytes)),
        _ => Err(format!("it writes hex, base64 or base64url, and not “{encoding}”", encoding = excerpt(&encoding))),
    }
}

fn hmac_of(args: &Args<'_>) -> Made {
    let key = args.text(1);
    let key = match args.optional(4).unwrap_or("utf8".into()).to_ascii_lowercase().as_str() {
        "utf8" | "utf-8" => key.as_bytes().to_vec(),
        "base64" => super::encode::lenient_base64(&key),
        "hex" => hex::decode(&*key).map_err(|_| "the key is not hex".to_owned())?,
        other => return Err(format!("a key is utf8, base64 or hex, and not “{other}”", other = excerpt(&other))),
    };
    let signature = hmac(&args.text(0), &key, args.text(3).as_bytes())?;
    made(encoded(&signature, &args.text(2))?)
}

#[cfg(test)]
mod tests {
    use super::hmac;
    use crate::helpers::checks;

    /// Every case of RFC 4231 (SHA-2) and of RFC 2202 (SHA-1, MD5): case, hash, key, text, signature. The fifth of RFC 4231 is cut
    /// to 128 bits.
    #[test]
    fn an_hmac_is_that_of_the_standards() {
        let vectors: Vec<&str> = include_str!("crypto/vectors.txt").lines().collect();
        assert_eq!(vectors.len(), 7 * 4 + 7 * 2);
        for vector in vectors {
            let parts: Vec<&str> = vector.split(' ').collect();
            let bytes = |at: usize| hex::decode(parts[at]).unwrap();
            let made = hmac(parts[1], &bytes(2), &bytes(3)).unwrap();
            let whole = if parts[0] == "RFC-4231/5" { 16 } else { made.len() };
            assert_eq!(made[..whole], bytes(4), "{vector}");
        }
    }

    #[test]
    fn hashes_and_signatures_are_those_of_their_standards() {
        checks::all(
            r#"{"fox":"The quick brown fox jumps over the lazy dog"}"#,
            &[
                ("{{hash \"sha1\" \"hex\" fox}}", "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"),
                (
                    "{{hash \"SHA-256\" \"hex\" \"\"}}",
                    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                ),
                ("{{{hash \"md5\" \"base64\" fox}}}", "nhB9nTcrtoJr2B01QqQZ1g=="),
                ("{{hmac \"md5\" \"key\" \"hex\" fox}}", "80070713463e7749b90c2dc24911e275"),
                ("{{hmac \"sha1\" \"key\" \"hex\" fox}}", "de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9"),
                (
                    "{{hmac \"sha256\" \"a2V5\" \"hex\" fox \"base64\"}}",
                    "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8",
                ),
                (
                    "{{hmac \"sha256\" \"6b6579\" \"hex\" fox \"hex\"}}",
                    "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8",
                ),
                ("{{hash \"rot13\" \"hex\" fox}}", "!rot13"),
                ("{{hash \"md5\" \"base32\" fox}}", "!base32"),
                ("{{hmac \"md5\" \"zz\" \"hex\" fox \"hex\"}}", "!not hex"),
            ],
        );
    }
}
