//! Codes of an authenticator app: RFC 6238 with SHA-1, six digits and thirty seconds, as the apps expect.
//!
//! Invariant: a step of the clock lets somebody in once; a code that was read over a shoulder is worth nothing.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::same::same;

/// Bytes of a secret: as many as the hash has (RFC 4226, section 4).
pub(crate) const SECRET_BYTES: usize = 20;
const STEP_MS: i64 = 30_000;
/// Steps before and after the present one that are taken: clocks differ.
const DRIFT: i64 = 1;

/// The step that a code belongs to, when it is a right one and later than the last that was used.
pub(crate) fn step_of(secret: &[u8], code: &str, now_ms: i64, last_step: i64) -> Option<i64> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let now = now_ms.div_euclid(STEP_MS);
    let mut found = None;
    // Every step is looked at, so that the time taken says nothing.
    for step in now - DRIFT..=now + DRIFT {
        if same(code_at(secret, step).as_bytes(), code.as_bytes()) && step > last_step {
            found = Some(step);
        }
    }
    found
}

/// The code of a step.
pub(crate) fn code_at(secret: &[u8], step: i64) -> String {
    format!("{:06}", truncated(secret, step) % 1_000_000)
}

fn truncated(secret: &[u8], step: i64) -> u32 {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret) else {
        return 0;
    };
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let at = usize::from(hash.last().copied().unwrap_or_default() & 15);
    let four = hash.get(at..at + 4).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok()).unwrap_or_default();
    u32::from_be_bytes(four) & 0x7fff_ffff
}

/// A secret as apps take it: RFC 4648, base 32, without padding.
pub(crate) fn base32(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut text, mut buffer, mut bits) = (String::new(), 0_u32, 0);
    for byte in bytes {
        buffer = (buffer << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.extend(DIGITS.get(((buffer >> bits) & 31) as usize).map(|digit| char::from(*digit)));
        }
        buffer &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.extend(DIGITS.get(((buffer << (5 - bits)) & 31) as usize).map(|digit| char::from(*digit)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    /// RFC 6238, appendix B, the rows of SHA-1; its codes have eight digits.
    #[test]
    fn the_codes_are_those_of_the_standard() {
        for (seconds, code) in [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ] {
            assert_eq!(truncated(SECRET, seconds / 30) % 100_000_000, code, "{seconds}");
        }
    }

    /// RFC 4226, appendix D: the codes of the first ten steps.
    #[test]
    fn the_codes_of_a_counter_are_those_of_the_standard() {
        let codes =
            ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];
        for (step, code) in (0..).zip(codes) {
            assert_eq!(code_at(SECRET, step), code, "{step}");
        }
    }

    #[test]
    fn a_step_lets_somebody_in_once_and_a_neighbour_is_taken() {
        let now_ms = 1_111_111_109_000;
        let step = now_ms / STEP_MS;
        let code = code_at(SECRET, step);
        assert_eq!(step_of(SECRET, &code, now_ms, 0), Some(step));
        assert_eq!(step_of(SECRET, &code, now_ms, step), None, "used");
        assert_eq!(step_of(SECRET, &code, now_ms + STEP_MS, 0), Some(step));
        assert_eq!(step_of(SECRET, &code, now_ms + 2 * STEP_MS, 0), None, "too old");
        assert_eq!(step_of(SECRET, "000000", now_ms, 0), None);
        let spaced = format!("{} {}", &code[..3], &code[3..]);
        assert_eq!(step_of(SECRET, &spaced, now_ms, 0), Some(step));
    }

    #[test]
    fn a_secret_is_written_as_the_standard_writes_it() {
        assert_eq!(base32(b"foobar"), "MZXW6YTBOI");
        assert_eq!(base32(b"f"), "MY");
        assert_eq!(base32(SECRET), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }
}
