//! Who is asking: cookies, sessions, origins, passwords and how often somebody may try.

pub(crate) mod attempts;
pub(crate) mod caller;
pub(crate) mod cookie;
pub(crate) mod details;
pub(crate) mod origin;
pub(crate) mod password;
pub(crate) mod qr;
pub(crate) mod same;
pub(crate) mod second;
pub(crate) mod sso;
pub(crate) mod totp;
pub(crate) mod trust;
