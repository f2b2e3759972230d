//! A person's own security: password, second factor, sessions.

use serde::{Deserialize, Serialize};

/// The answer to `GET /api/security`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Security {
    /// A second factor is asked for at each sign-in.
    pub second_factor: bool,
    /// Recovery codes that were not used.
    pub recovery_codes: u32,
    /// Where the person is signed in, the newest first.
    pub sessions: Vec<SessionLine>,
    /// Whether the server sends letters, so that another address has to be confirmed.
    #[serde(default)]
    pub mail: bool,
    /// Browsers that are asked for no code.
    #[serde(default)]
    pub trusted_browsers: u32,
    /// The address that waits to be confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wished_email: Option<String>,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionLine {
    /// By which it is ended.
    pub id: String,
    /// The browser, as it names itself.
    pub agent: String,
    /// The network address that it was opened from.
    pub network: String,
    /// When it was opened, in milliseconds since 1970.
    pub created_ms: i64,
    /// The one that asks.
    pub current: bool,
}

/// `POST /api/security/password`; every other session ends.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangePassword {
    /// The present one.
    pub password: String,
    /// The new one.
    pub new_password: String,
}

/// `POST /api/security/factor/begin` → [`FactorBegun`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BeginFactor {
    /// The password: who finds an open browser must not shut its owner out.
    pub password: String,
}

/// A QR code as a drawing: dark fields of one unit each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QrCode {
    /// Its width and height in units, without the margin of four that a camera wants around it.
    pub size: u32,
    /// The dark fields, as the path of an SVG.
    pub path: String,
}

/// What the authenticator app is given; shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FactorBegun {
    /// To be typed in, base 32.
    pub secret: String,
    /// The same as an address that apps open: `otpauth://totp/…`.
    pub uri: String,
    /// The link as a QR code, for a phone that is held before the screen.
    pub qr: QrCode,
}

/// `POST /api/security/factor/confirm` → [`FactorConfirmed`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmFactor {
    /// What the app shows.
    pub code: String,
}

/// The codes for a lost device; each is good once, and they are shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FactorConfirmed {
    /// The codes.
    pub recovery_codes: Vec<String>,
}

/// `POST /api/security/factor/remove`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RemoveFactor {
    /// The password.
    pub password: String,
    /// What the app shows, or a recovery code.
    pub code: String,
}

/// `POST /api/security/sessions/end`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndSession {
    /// Which.
    pub session: String,
}
