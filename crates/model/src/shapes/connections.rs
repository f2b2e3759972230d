//! Connections and the other kinds that hold credentials or name a partner.

use super::common::COMMON;
use crate::Shape::{Derived, Secret, Text};
use crate::{Rule, Shapes};

const HEADER: &[&str] = &["name"];

pub(super) const CONNECTION: Shapes = Shapes::new(
    &[
        Rule::new("/description", Text),
        Rule::new("/http/encrypted", Secret),
        Rule::new("/http/encrypted/*", Secret),
        Rule::new("/http/auth/basic/password", Secret),
        Rule::new("/http/auth/digest/password", Secret),
        Rule::new("/http/auth/token/token", Secret),
        Rule::new("/http/auth/token/refreshToken", Secret),
        Rule::new("/http/auth/oauth/accessToken", Secret),
        Rule::new("/http/auth/oauth/clientCredentials/clientSecret", Secret),
        Rule::new("/http/auth/oauth/clientSecret", Secret),
        Rule::new("/http/auth/oauth/password", Secret),
        Rule::new("/http/auth/oauth/pkceCodeVerifier", Secret),
        Rule::new("/http/auth/oauth/oauth1/consumerSecret", Secret),
        Rule::new("/http/auth/oauth/oauth1/consumerPrivateKey", Secret),
        Rule::new("/http/auth/oauth/oauth1/accessToken", Secret),
        Rule::new("/http/auth/oauth/oauth1/tokenSecret", Secret),
        Rule::new("/http/auth/cookie/body", Secret),
        Rule::new("/http/auth/jwt/secret", Secret),
        Rule::new("/http/auth/jwt/privateKey", Secret),
        Rule::new("/http/auth/jwt/token", Secret),
        Rule::new("/http/clientCertificates/pfx", Secret),
        Rule::new("/http/clientCertificates/key", Secret),
        Rule::new("/http/clientCertificates/passphrase", Secret),
        Rule::new("/rest/encrypted", Secret),
        Rule::new("/rest/basicAuth/password", Secret),
        Rule::new("/rest/bearerToken", Secret),
        Rule::new("/rest/refreshToken", Secret),
        Rule::new("/*/password", Secret),
        Rule::new("/*/ssl/key", Secret),
        Rule::new("/*/ssl/passphrase", Secret),
        Rule::new("/ftp/authKey", Secret),
        Rule::new("/ftp/pgpDecryptKey", Secret),
        Rule::new("/ftp/pgpPassphrase", Secret),
        Rule::new("/pgp/privateKey", Secret),
        Rule::new("/pgp/passphrase", Secret),
        Rule::new("/s3/secretAccessKey", Secret),
        Rule::new("/dynamodb/aws/secretAccessKey", Secret),
        Rule::new("/netsuite/tokenSecret", Secret),
        Rule::new("/salesforce/refreshToken", Secret),
        Rule::new("/as2/userStationInfo/encryptionKey", Secret),
        Rule::new("/wrapper/encrypted", Secret),
        Rule::new("/jdbc/properties/*/encrypted", Secret),
        Rule::rows("/http/headers", HEADER),
        Rule::rows("/http/unencryptedFields", &["id"]),
        Rule::rows("/http/encryptedFields", &["id"]),
        Rule::rows("/rdbms/options", HEADER),
        Rule::rows("/jdbc/properties", HEADER),
    ],
    COMMON,
);

pub(super) const ICLIENT: Shapes = Shapes::new(
    &[
        Rule::new("/description", Text),
        Rule::new("/oauth2/clientSecret", Secret),
        Rule::new("/oauth2/password", Secret),
        Rule::new("/oauth2/encrypted", Secret),
        Rule::new("/oauth2/encrypted/*", Secret),
        Rule::new("/salesforce/clientSecret", Secret),
        Rule::new("/netsuite/consumerSecret", Secret),
        Rule::new("/ebay/clientSecret", Secret),
        Rule::new("/jwt/privateKey", Secret),
        Rule::new("/encrypted", Secret),
        Rule::new("/encrypted/*", Secret),
    ],
    COMMON,
);

pub(super) const AGENT: Shapes = Shapes::new(
    &[Rule::new("/description", Text), Rule::new("/accessToken", Secret), Rule::new("/lastHeartbeatAt", Derived)],
    COMMON,
);

pub(super) const STACK: Shapes = Shapes::new(
    &[
        Rule::new("/description", Text),
        Rule::new("/server/systemToken", Secret),
        Rule::new("/lambda/secretAccessKey", Secret),
    ],
    COMMON,
);

pub(super) const TRADING_PARTNER_CONNECTOR: Shapes =
    Shapes::new(&[Rule::new("/description", Text), Rule::rows("/supportedBy/*", &["name"])], COMMON);

pub(super) const EDI_PROFILE: Shapes = Shapes::new(&[Rule::new("/description", Text)], COMMON);
