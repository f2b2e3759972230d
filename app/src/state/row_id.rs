//! Names for new rows: short, random, only ever seen inside one document.

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
