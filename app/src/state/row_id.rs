//! Names for new rows: short, random, only ever seen inside one document; and ids for what documents name themselves.

use tombolo_model::Id;

use crate::browser::time;

/// A fresh id for what others name by one though it is no resource of its own, such as a group of flows.
pub(crate) fn fresh_id() -> Id {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 256")]
    let random = |_| (js_sys::Math::random() * 256.0) as u8;
    let seconds = u32::try_from(time::now_ms() / 1_000).unwrap_or(u32::MAX);
    Id::from_parts(seconds, std::array::from_fn(random))
}

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
