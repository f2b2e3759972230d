//! Seals secrets under a key that lies beside the database and never in it.
//!
//! XChaCha20-Poly1305 with a random nonce. What is authenticated with a secret is its place (account, connection,
//! path) and the hosts it may go to: a row copied to another place, or given other hosts, does not open.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use thiserror::Error;
use tombolo_model::Id;

use crate::fresh::{self, NoRandom};
use crate::private;
use crate::store::SealedSecret;

/// Why a key or a secret cannot be used.
#[derive(Debug, Error)]
pub(crate) enum VaultError {
    /// The key's file cannot be read or made.
    #[error("the key file {path} cannot be used")]
    KeyFile {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// The file has no key in it.
    #[error("{0} holds no key: put the right file back, for without it no secret opens")]
    NotAKey(PathBuf),
    /// Sealed under another key, or changed since.
    #[error("the secret {path} of connection {connection} does not open: enter it again")]
    Sealed { connection: Id, path: String },
    /// The machine gives no random bytes.
    #[error(transparent)]
    Random(#[from] NoRandom),
}

/// Where a secret belongs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SecretPlace<'a> {
    pub(crate) account: Id,
    pub(crate) connection: Id,
    pub(crate) path: &'a str,
}

/// The key.
pub(crate) struct VaultKey(XChaCha20Poly1305);

impl VaultKey {
    /// Reads the key, or makes one that only the server's user can read.
    ///
    /// # Errors
    ///
    /// Returns why there is no key.
    pub(crate) fn open(path: &Path) -> Result<Self, VaultError> {
        if let Some(key) = Self::read(path)? {
            return Ok(key);
        }
        let failed = |source| VaultError::KeyFile { path: path.to_path_buf(), source };
        let key = fresh::bytes::<32>()?;
        private::whole_file(path, format!("{}\n", hex::encode(key)).as_bytes()).map_err(failed)?;
        Ok(Self(XChaCha20Poly1305::new(&Key::from(key))))
    }

    /// Reads the key; absent when there is no such file.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be read.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, VaultError> {
        let failed = |source| VaultError::KeyFile { path: path.to_path_buf(), source };
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        private::file(path).map_err(failed)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed)?;
        let mut key = [0; 32];
        hex::decode_to_slice(text.trim(), &mut key).map_err(|_| VaultError::NotAKey(path.to_path_buf()))?;
        Ok(Some(Self(XChaCha20Poly1305::new(&Key::from(key)))))
    }

    /// Seals a secret.
    pub(crate) fn seal(
        &self,
        place: SecretPlace<'_>,
        hosts: Vec<String>,
        secret: &str,
    ) -> Result<SealedSecret, VaultError> {
        let nonce = fresh::bytes::<24>()?;
        let aad = associated(place, &hosts);
        let payload = Payload { msg: secret.as_bytes(), aad: &aad };
        let sealed = self.0.encrypt(&XNonce::from(nonce), payload).map_err(|_| does_not_open(place))?;
        Ok(SealedSecret {
            connection: place.connection,
            path: place.path.to_owned(),
            sealed: [nonce.as_slice(), &sealed].concat(),
            hosts,
        })
    }

    /// Opens a secret of an account.
    pub(crate) fn open_secret(&self, account: Id, secret: &SealedSecret) -> Result<String, VaultError> {
        let place = SecretPlace { account, connection: secret.connection, path: &secret.path };
        let (nonce, sealed) = secret.sealed.split_first_chunk::<24>().ok_or_else(|| does_not_open(place))?;
        let aad = associated(place, &secret.hosts);
        let payload = Payload { msg: sealed, aad: &aad };
        self.0
            .decrypt(&XNonce::from(*nonce), payload)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(|| does_not_open(place))
    }
}

fn does_not_open(place: SecretPlace<'_>) -> VaultError {
    VaultError::Sealed { connection: place.connection, path: place.path.to_owned() }
}

/// Lengths come first, so that no two places have the same bytes.
fn associated(place: SecretPlace<'_>, hosts: &[String]) -> Vec<u8> {
    let mut bytes = b"tombolo secret 1".to_vec();
    let parts = [place.account.to_string(), place.connection.to_string(), place.path.to_owned()];
    for part in parts.iter().chain(hosts) {
        bytes.extend(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        bytes.extend(part.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids() -> [Id; 2] {
        [Id::from_parts(1, [1; 8]), Id::from_parts(2, [2; 8])]
    }

    fn place(account: Id) -> SecretPlace<'static> {
        SecretPlace { account, connection: ids()[1], path: "/http/auth/token/token" }
    }

    #[test]
    fn a_secret_opens_only_where_it_was_put_and_for_the_hosts_it_was_given() {
        let dir = tempfile::tempdir().unwrap();
        let key = VaultKey::open(&dir.path().join("key")).unwrap();
        let hosts = vec!["api.example.com".to_owned()];
        let sealed = key.seal(place(ids()[0]), hosts, "s3cret").unwrap();
        assert_eq!(key.open_secret(ids()[0], &sealed).unwrap(), "s3cret");
        assert!(key.open_secret(ids()[1], &sealed).is_err());
        let elsewhere = SealedSecret { hosts: vec!["evil.example".to_owned()], ..sealed.clone() };
        assert!(key.open_secret(ids()[0], &elsewhere).is_err());
        let shown = String::from_utf8_lossy(&sealed.sealed).into_owned();
        assert!(!shown.contains("s3cret"));
    }

    /// The standard's example (draft-irtf-cfrg-xchacha-03, appendix A.3.1), by the cipher that seals here.
    #[test]
    fn what_is_sealed_is_what_the_standard_says() {
        let bytes = |text: &str| hex::decode(text.replace([' ', '\n'], "")).unwrap();
        let key: [u8; 32] = std::array::from_fn(|n| 0x80 + u8::try_from(n).unwrap());
        let nonce: [u8; 24] = std::array::from_fn(|n| 0x40 + u8::try_from(n).unwrap());
        let text = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
        let aad = bytes("50515253c0c1c2c3c4c5c6c7");
        let sealed = bytes(
            "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb
             731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452
             2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9
             21f9664c97637da9768812f615c68b13b52e
             c0875924c1c7987947deafd8780acf49",
        );
        let cipher = VaultKey(XChaCha20Poly1305::new(&Key::from(key))).0;
        assert_eq!(cipher.encrypt(&XNonce::from(nonce), Payload { msg: text, aad: &aad }).unwrap(), sealed);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(cipher.decrypt(&XNonce::from(nonce), Payload { msg: &changed, aad: &aad }).is_err(), "{at}");
        }
    }

    #[derive(serde::Deserialize)]
    struct Vector {
        key: String,
        nonce: String,
        aad: String,
        text: String,
        sealed: String,
    }

    /// Made by another program after the standard, with `HChaCha20` of its own that gives the subkey of section 2.2.1 and the
    /// ciphertext of appendix A.3.1: texts of no byte, of a block of either part, and one more or fewer; keys and nonces of
    /// zeroes and ones. Each is then changed in every bit that a forger might try.
    #[test]
    fn texts_of_any_length_are_sealed_as_the_standard_says_and_nothing_that_was_changed_opens() {
        let vectors: Vec<Vector> = serde_json::from_str(include_str!("vault/vectors.json")).unwrap();
        assert!(vectors.len() > 40);
        let opens = |cipher: &XChaCha20Poly1305, nonce: &[u8; 24], aad: &[u8], sealed: &[u8]| {
            cipher.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad }).ok()
        };
        for (n, vector) in vectors.iter().enumerate() {
            let bytes = |text: &str| hex::decode(text).unwrap();
            let key: [u8; 32] = bytes(&vector.key).try_into().unwrap();
            let nonce: [u8; 24] = bytes(&vector.nonce).try_into().unwrap();
            let (aad, text, sealed) = (bytes(&vector.aad), bytes(&vector.text), bytes(&vector.sealed));
            let cipher = VaultKey(XChaCha20Poly1305::new(&Key::from(key))).0;
            let made = cipher.encrypt(&XNonce::from(nonce), Payload { msg: &text, aad: &aad }).unwrap();
            assert_eq!(made, sealed, "case {n}");
            assert_eq!(opens(&cipher, &nonce, &aad, &sealed), Some(text.clone()), "case {n}");
            for bit in 0..128 {
                let mut changed = sealed.clone();
                changed[text.len() + bit / 8] ^= 1 << (bit % 8);
                assert_eq!(opens(&cipher, &nonce, &aad, &changed), None, "case {n}, bit {bit} of the tag");
            }
            for tag in [[0; 16], [255; 16]] {
                let changed = [&sealed[..text.len()], tag.as_slice()].concat();
                assert_eq!(opens(&cipher, &nonce, &aad, &changed), None, "case {n}");
            }
            for bit in 0..192 {
                let mut other = nonce;
                other[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(opens(&cipher, &other, &aad, &sealed), None, "case {n}, bit {bit} of the nonce");
            }
            for length in (0..sealed.len()).rev().take(20) {
                assert_eq!(opens(&cipher, &nonce, &aad, &sealed[..length]), None, "case {n}, cut to {length}");
            }
            let (longer, more) = ([sealed.as_slice(), &[0]].concat(), [aad.as_slice(), &[0]].concat());
            assert_eq!(opens(&cipher, &nonce, &aad, &longer), None, "case {n}, longer");
            assert_eq!(opens(&cipher, &nonce, &more, &sealed), None, "case {n}, more that was not meant");
            let mut key = key;
            key[31] ^= 128;
            let other = VaultKey(XChaCha20Poly1305::new(&Key::from(key))).0;
            assert_eq!(opens(&other, &nonce, &aad, &sealed), None, "case {n}, another key");
        }
    }

    #[test]
    fn the_key_is_made_once_and_only_its_owner_reads_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let sealed = VaultKey::open(&path).unwrap().seal(place(ids()[0]), vec![], "x").unwrap();
        assert_eq!(VaultKey::open(&path).unwrap().open_secret(ids()[0], &sealed).unwrap(), "x");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = path.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::write(&path, "short").unwrap();
        assert!(matches!(VaultKey::open(&path), Err(VaultError::NotAKey(_))));
    }
}
