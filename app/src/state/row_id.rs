//! Names for new rows: short, random, only ever seen inside one document; and ids of what is no resource.

use tombolo_model::Id;

/// A fresh row id.
pub(crate) fn fresh() -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let digit = || {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 36")]
        let at = (js_sys::Math::random() * 36.0) as usize;
        char::from(DIGITS[at.min(35)])
    };
    (0..8).map(|_| digit()).collect()
}

/// An id for something that is made here and is no resource.
pub(crate) fn id(now_ms: i64) -> Id {
    let byte = |_| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 255")]
        let byte = (js_sys::Math::random() * 256.0) as u8;
        byte
    };
    Id::from_parts(u32::try_from(now_ms / 1_000).unwrap_or_default(), std::array::from_fn(byte))
}
