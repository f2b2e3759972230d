//! What the requests of exports, imports and connections have alike.

use super::Choices;

/// What bodies can be.
pub(super) const MEDIA: Choices = &[
    ("json", "JSON"),
    ("xml", "XML"),
    ("urlencoded", "URL encoded"),
    ("form-data", "Form data"),
    ("csv", "CSV"),
    ("plaintext", "Plain text"),
    ("octet-stream", "Bytes"),
];

/// The same for one request, which may do as its connection does.
pub(super) const OWN_MEDIA: Choices = &[
    ("", "As the connection says"),
    ("json", "JSON"),
    ("xml", "XML"),
    ("urlencoded", "URL encoded"),
    ("form-data", "Form data"),
    ("csv", "CSV"),
    ("plaintext", "Plain text"),
    ("octet-stream", "Bytes"),
];

/// What answers can be.
pub(super) const ANSWER: Choices =
    &[("", "As the connection says"), ("json", "JSON"), ("xml", "XML"), ("csv", "CSV"), ("plaintext", "Plain text")];
