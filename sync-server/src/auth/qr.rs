//! A link as a QR code, drawn as one path.

use qrcodegen::{QrCode as Code, QrCodeEcc};
use tombolo_wire::rest::QrCode;

use crate::error::ApiError;

/// Draws a text: neighbours in a row are one piece, so that the path stays short.
///
/// # Errors
///
/// Returns that the text is too long for any code.
pub(crate) fn draw(text: &str) -> Result<QrCode, ApiError> {
    let code = Code::encode_text(text, QrCodeEcc::Medium).map_err(|error| ApiError::internal(&error))?;
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        let mut x = 0;
        while x < size {
            let dark = (x..size).take_while(|x| code.get_module(*x, y)).count();
            if dark > 0 {
                path.push_str(&format!("M{x},{y}h{dark}v1h-{dark}z"));
            }
            x += i32::try_from(dark).unwrap_or(size) + 1;
        }
    }
    Ok(QrCode { size: u32::try_from(size).unwrap_or(0), path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_three_corners_and_is_drawn_in_rows() {
        let code =
            draw("otpauth://totp/Tombolo:ann%40example.com?secret=ABCDEFGHIJKLMNOPQRSTUVWXYZ234567&issuer=Tombolo")
                .unwrap();
        let last = code.size - 7;
        // The upper edge of each corner is seven fields long.
        for corner in ["M0,0h7v1h-7z".to_owned(), format!("M{last},0h7v1h-7z"), format!("M0,{last}h7v1h-7z")] {
            assert!(code.path.contains(&corner), "{corner}: {}", code.path);
        }
        assert!(code.path.len() < 20_000 && draw(&"x".repeat(10_000)).is_err());
    }
}
