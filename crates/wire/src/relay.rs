//! A request that a device has its server send, and the head of the answer.
//!
//! Both are a number of four bytes (big endian), so many bytes of JSON, and the body behind them. What went wrong before
//! there was an answer is said by the status and the usual body of errors, with one of the codes below.

use serde::{Deserialize, Serialize};
use tombolo_model::Id;

/// The largest body of a request.
pub const REQUEST_BYTES: usize = 16 * 1024 * 1024;
/// The longest head.
pub const HEAD_BYTES: usize = 512 * 1024;

/// Nothing was sent: the address is none of the connection or of the flow.
pub const FOREIGN_HOST: &str = "relay_host";
/// Nothing was sent: the address is in a private network.
pub const PRIVATE_HOST: &str = "relay_private";
/// Nothing was sent: too many requests of the account are on their way.
pub const BUSY: &str = "relay_busy";
/// Nothing was sent: no connection came about.
pub const NOT_CONNECTED: &str = "relay_not_connected";
/// Nobody knows what arrived.
pub const UNREACHABLE: &str = "relay_unreachable";
/// Such a request is not sent.
pub const REFUSED: &str = "relay_refused";

/// A text of a request, and whose secrets are in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Owned {
    /// The text.
    pub text: String,
    /// The connections and clients.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<Id>,
}

/// The head of a request.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RelayRequest {
    /// `GET`, `POST`, …
    pub method: String,
    /// The full address.
    pub url: Owned,
    /// Names and values.
    pub headers: Vec<(String, Owned)>,
    /// Whether a body follows, and whose secrets are in it.
    pub body: Option<Vec<Id>>,
}

/// The head of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RelayAnswer {
    /// Its status.
    pub status: u16,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
}

/// Puts a head before a body.
#[must_use]
pub fn framed(head: &impl Serialize, body: &[u8]) -> Option<Vec<u8>> {
    let text = serde_json::to_vec(head).ok()?;
    let length = u32::try_from(text.len()).ok().filter(|length| (*length as usize) <= HEAD_BYTES)?;
    let mut made = Vec::with_capacity(4 + text.len() + body.len());
    made.extend_from_slice(&length.to_be_bytes());
    made.extend_from_slice(&text);
    made.extend_from_slice(body);
    Some(made)
}

/// How many bytes the head has, its number included, once so much of a message is there that this can be told.
///
/// # Errors
///
/// Returns the length that no head has.
pub fn head_length(begin: &[u8]) -> Result<Option<usize>, usize> {
    let Some(number) = begin.first_chunk::<4>() else { return Ok(None) };
    let length = u32::from_be_bytes(*number) as usize;
    if length > HEAD_BYTES { Err(length) } else { Ok(Some(4 + length)) }
}

/// Takes a whole message apart.
#[must_use]
pub fn parted<T: for<'de> Deserialize<'de>>(message: &[u8]) -> Option<(T, &[u8])> {
    let length = head_length(message).ok().flatten()?;
    let head = serde_json::from_slice(message.get(4..length)?).ok()?;
    Some((head, &message[length..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relayed_request_comes_apart_as_it_was_put_together() {
        let owner = Id::from_parts(1, [0; 8]);
        let request = RelayRequest {
            method: "POST".into(),
            url: Owned { text: "https://app.example/x".into(), owners: Vec::new() },
            headers: vec![("authorization".into(), Owned { text: "Bearer t".into(), owners: vec![owner] })],
            body: Some(Vec::new()),
        };
        let message = framed(&request, &[0, 255, 1]).unwrap();
        let (head, body) = parted::<RelayRequest>(&message).unwrap();
        assert!(head == request && body == [0, 255, 1]);
        for cut in 0..message.len() - 3 {
            assert!(parted::<RelayRequest>(&message[..cut]).is_none(), "{cut}");
        }
        assert_eq!(head_length(&[255; 4]), Err(u32::MAX as usize));
        assert!(
            parted::<RelayRequest>(&framed(&serde_json::json!({"method": "GET", "more": 1}), b"").unwrap()).is_none()
        );
    }
}
