//! Bundles: packages that are signed, so that whoever gets one knows that it is what was made and by which key, and
//! optionally closed with a password.
//!
//! A bundle is `TMBLBDL1`, the public key, the signature and an archive. The signature ([Ed25519](https://www.rfc-editor.org/rfc/rfc8032))
//! is over the whole archive; the manifest in it has the hash of each file, so that what was changed can be named. A closed
//! one is `TMBLSEA2`, a salt, a nonce and the bundle, encrypted by XChaCha20-Poly1305 under a key that Argon2id makes of the
//! password, and the SHA-256 of all that: it proves nothing, and tells a damaged file from a wrong password. `TMBLSEA1` has none.
//! The costs belong to the version: a file cannot ask its reader for more.
//!
//! Reads no randomness: the key's seed, salts and nonces come from the caller.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tombolo_formats::ZipArchive;
use tombolo_model::package::PackageSigned;

use crate::archive::{self, Files};
use crate::{Package, PackageError};

const BUNDLE: &[u8; 8] = b"TMBLBDL1";
const SEALED: &[u8; 8] = b"TMBLSEA2";
/// Without a hash at its end.
const SEALED_BEFORE: &[u8; 8] = b"TMBLSEA1";
/// The name of the manifest in the archive.
const MANIFEST: &str = "manifest.json";
/// 19 MiB, two passes, one lane: the least that OWASP recommends.
const COSTS: (u32, u32, u32) = (19 * 1024, 2, 1);

/// Who makes a bundle.
#[derive(Clone)]
pub struct Maker {
    /// The seed of the signing key.
    pub seed: [u8; 32],
    /// The account it comes from.
    pub account: String,
    /// The person.
    pub by: String,
    /// When, in milliseconds since 1970.
    pub made_ms: i64,
}

/// Makes a bundle.
#[must_use]
pub fn sign(package: &Package, maker: &Maker) -> Vec<u8> {
    let mut files = archive::files_of(package);
    let hashes: Map<String, Value> = files.iter().map(|(name, bytes)| (name.clone(), hash(bytes).into())).collect();
    let manifest = json!({
        "format": "tombolo-bundle", "version": 1, "account": maker.account, "by": maker.by, "madeMs": maker.made_ms,
        "files": hashes,
    });
    files.insert(MANIFEST.to_owned(), serde_json::to_vec_pretty(&manifest).unwrap_or_default());
    let zip = archive::write_files(&files);
    let key = SigningKey::from_bytes(&maker.seed);
    let signature = key.sign(&zip);
    [BUNDLE.as_slice(), key.verifying_key().as_bytes(), &signature.to_bytes(), &zip].concat()
}

/// Closes a bundle with a password.
///
/// # Errors
///
/// Returns [`PackageError::Password`] when nothing can be made of it.
pub fn seal(bundle: &[u8], password: &str, salt: [u8; 16], nonce: [u8; 24]) -> Result<Vec<u8>, PackageError> {
    let head = [SEALED.as_slice(), &salt, &nonce].concat();
    let payload = Payload { msg: bundle, aad: &head };
    let sealed = cipher(password, &salt)?.encrypt(&XNonce::from(nonce), payload).map_err(|_| PackageError::Password)?;
    let mut closed = [head, sealed].concat();
    closed.extend_from_slice(&Sha256::digest(&closed));
    Ok(closed)
}

/// Reads whatever it is: a zip, a bundle, or a bundle that is closed. Of a zip nothing says who made it.
///
/// # Errors
///
/// Returns [`PackageError::Locked`] when a password is needed, [`PackageError::Password`] when it is wrong (of an older file
/// also when that was changed), [`PackageError::Changed`] with the name of what was changed, [`PackageError::Forged`], and what
/// [`read`](crate::read) returns.
pub fn open(bytes: Vec<u8>, password: Option<&str>) -> Result<(Package, Option<PackageSigned>), PackageError> {
    if bytes.len() > archive::MOST_ARCHIVE_BYTES {
        return Err(PackageError::TooMuch { what: "bytes", most: archive::MOST_ARCHIVE_BYTES });
    }
    let closed = bytes.starts_with(SEALED) || bytes.starts_with(SEALED_BEFORE);
    let bytes = if closed { unseal(&bytes, password)? } else { bytes };
    if !bytes.starts_with(BUNDLE) {
        return Ok((archive::read(bytes)?, None));
    }
    let rest = &bytes[BUNDLE.len()..];
    let (key, rest) = rest.split_first_chunk::<32>().ok_or(PackageError::Forged)?;
    let (signature, zip) = rest.split_first_chunk::<64>().ok_or(PackageError::Forged)?;
    let verified = VerifyingKey::from_bytes(key)
        .is_ok_and(|key| key.verify_strict(zip, &Signature::from_bytes(signature)).is_ok());
    if !verified {
        return Err(changed(zip.to_vec()).unwrap_or(PackageError::Forged));
    }
    let mut files = archive::files(&ZipArchive::open(zip.to_vec())?)?;
    let manifest = files.remove(MANIFEST).and_then(|manifest| serde_json::from_slice::<Value>(&manifest).ok());
    let manifest = manifest.ok_or(PackageError::Forged)?;
    if let Some(name) = differing(&files, &manifest) {
        return Err(PackageError::Changed { name });
    }
    let text = |name: &str| manifest.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let signed = PackageSigned {
        account: text("account"),
        by: text("by"),
        made_ms: manifest.get("madeMs").and_then(Value::as_i64).unwrap_or_default(),
        key: fingerprint(key),
    };
    Ok((archive::read_files(&files)?, Some(signed)))
}

/// The fingerprint of the key of a seed, as people compare it.
#[must_use]
pub fn fingerprint_of(seed: &[u8; 32]) -> String {
    fingerprint(SigningKey::from_bytes(seed).verifying_key().as_bytes())
}

/// Sixteen digits in groups of four, of the key's hash.
fn fingerprint(key: &[u8; 32]) -> String {
    let hash = hash(key);
    let groups: Vec<&str> = (0..4).filter_map(|group| hash.get(group * 4..group * 4 + 4)).collect();
    groups.join(" ")
}

/// What was changed in an archive whose signature is wrong, as far as its manifest still tells.
fn changed(zip: Vec<u8>) -> Option<PackageError> {
    let files = match ZipArchive::open(zip).map_err(PackageError::from).and_then(|zip| archive::files(&zip)) {
        Ok(files) => files,
        Err(PackageError::Damaged { name, .. }) => return Some(PackageError::Changed { name }),
        Err(_) => return None,
    };
    let manifest: Value = serde_json::from_slice(files.get(MANIFEST)?).ok()?;
    let files = files.into_iter().filter(|(name, _)| name != MANIFEST).collect();
    differing(&files, &manifest).map(|name| PackageError::Changed { name })
}

/// The first file that is not as the manifest says or is missing, or else one that it does not name.
fn differing(files: &Files, manifest: &Value) -> Option<String> {
    let none = Map::new();
    let said = manifest.get("files").and_then(Value::as_object).unwrap_or(&none);
    let is_said = |(name, said): &(&String, &Value)| {
        files.get(*name).is_some_and(|bytes| said.as_str() == Some(hash(bytes).as_str()))
    };
    let wrong = said.iter().find(|entry| !is_said(entry)).map(|(name, _)| name);
    wrong.or_else(|| files.keys().find(|name| !said.contains_key(*name))).cloned()
}

fn unseal(mut bytes: &[u8], password: Option<&str>) -> Result<Vec<u8>, PackageError> {
    if bytes.starts_with(SEALED) {
        let (closed, said) = bytes.split_last_chunk::<32>().ok_or(PackageError::Forged)?;
        if Sha256::digest(closed).as_slice() != said {
            return Err(PackageError::Forged);
        }
        bytes = closed;
    }
    let password = password.filter(|password| !password.is_empty()).ok_or(PackageError::Locked)?;
    let rest = &bytes[SEALED.len()..];
    let (salt, rest) = rest.split_first_chunk::<16>().ok_or(PackageError::Password)?;
    let (nonce, sealed) = rest.split_first_chunk::<24>().ok_or(PackageError::Password)?;
    let aad = &bytes[..SEALED.len() + salt.len() + nonce.len()];
    let payload = Payload { msg: sealed, aad };
    cipher(password, salt)?.decrypt(&XNonce::from(*nonce), payload).map_err(|_| PackageError::Password)
}

fn cipher(password: &str, salt: &[u8]) -> Result<XChaCha20Poly1305, PackageError> {
    let (memory, passes, lanes) = COSTS;
    let params = Params::new(memory, passes, lanes, Some(32)).map_err(|_| PackageError::Password)?;
    let mut key = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.as_bytes(), salt, &mut key)
        .map_err(|_| PackageError::Password)?;
    Ok(XChaCha20Poly1305::new(&Key::from(key)))
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, section 7.1, tests 1 to 3, by the calls that sign and open a bundle.
    #[test]
    fn a_bundle_is_signed_as_the_standard_says() {
        for (seed, public, message, signature) in [
            (
                "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                "",
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
            ),
            (
                "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
                "72",
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
            ),
            (
                "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
                "af82",
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
            ),
        ] {
            let byte = |text: &str, n: usize| u8::from_str_radix(&text[2 * n..2 * n + 2], 16).unwrap();
            let bytes = |text: &str| (0..text.len() / 2).map(|n| byte(text, n)).collect::<Vec<u8>>();
            let key = SigningKey::from_bytes(&bytes(seed).try_into().unwrap());
            let message = bytes(message);
            assert_eq!(key.verifying_key().as_bytes().to_vec(), bytes(public));
            let made = key.sign(&message);
            assert_eq!(made.to_bytes().to_vec(), bytes(signature));
            assert!(key.verifying_key().verify_strict(&message, &made).is_ok());
            assert!(key.verifying_key().verify_strict(b"another", &made).is_err());
        }
    }
}
