//! Compressions and encodings: any bytes are refused or read the same in any pieces, and what is written is read.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::Value;
use tombolo_formats::{Decoder, Encoder, Encoding, FormatError, GzipReader, GzipWriter, Part, ZipReader, ZipWriter};

use crate::files::head;
use crate::harness::Target;
use crate::mutate::Kind;

const TOKENS: &[&str] =
    &["PK\u{3}\u{4}", "PK\u{1}\u{2}", "PK\u{5}\u{6}", "\u{1f}", "\u{8}\u{0}", "x.csv", "\u{0}\u{0}\u{0}\u{0}", "a"];
const LETTERS: &[&str] = &["é", "ß", "日", "😀", "€", "\u{80}", "\u{ff}", "\u{feff}", "\u{0}", "\r\n", "a", "‰"];

/// What came out of it, with `|` between files, and how it ended.
fn unpacked(archive: bool, bytes: &[u8], piece: usize) -> (Vec<u8>, Result<(), FormatError>) {
    let mut out = Vec::new();
    let mut sink = |part: Part<'_>| {
        match part {
            Part::Begin => out.push(b'<'),
            Part::Bytes(bytes) => out.extend_from_slice(bytes),
            Part::End => out.push(b'>'),
        }
        Ok(())
    };
    let result = if archive {
        let mut reader = ZipReader::default();
        bytes.chunks(piece).try_for_each(|part| reader.push(part, &mut sink)).and_then(|()| reader.finish())
    } else {
        let mut reader = GzipReader::default();
        bytes.chunks(piece).try_for_each(|part| reader.push(part, &mut sink)).and_then(|()| reader.finish(&mut sink))
    };
    (out, result)
}

fn pieces_and_back(archive: bool, bytes: &[u8]) -> Result<(), TestCaseError> {
    let whole = unpacked(archive, bytes, bytes.len().max(1));
    for piece in [1, 5, 64] {
        let parts = unpacked(archive, bytes, piece);
        prop_assert_eq!(&whole.1, &parts.1, "pieces of {}", piece);
        if whole.1.is_ok() {
            prop_assert_eq!(&whole.0, &parts.0, "pieces of {}", piece);
        }
    }
    let mut packed = Vec::new();
    if archive {
        let mut writer = ZipWriter::default();
        writer.begin("x", &mut packed);
        writer.push(bytes, &mut packed);
        writer.finish(&mut packed);
    } else {
        let mut writer = GzipWriter::default();
        writer.push(bytes, &mut packed);
        writer.finish(&mut packed);
    }
    let (out, result) = unpacked(archive, &packed, 64);
    prop_assert_eq!(result, Ok(()));
    prop_assert_eq!(out, [b"<", bytes, b">"].concat());
    Ok(())
}

#[test]
fn any_bytes_are_gzip_or_not_in_any_pieces_and_come_back_from_it() {
    let check = |input: &[u8]| pieces_and_back(false, input);
    Target { name: "gzip", kind: Kind::Bytes(TOKENS), check }.fuzz();
}

#[test]
fn any_bytes_are_an_archive_or_not_in_any_pieces_and_come_back_from_it() {
    let check = |input: &[u8]| pieces_and_back(true, input);
    Target { name: "zip", kind: Kind::Bytes(TOKENS), check }.fuzz();
}

fn decoded(encoding: Encoding, bytes: &[u8], piece: usize) -> Result<Vec<u8>, FormatError> {
    let mut decoder = Decoder::new(encoding);
    let mut out = Vec::new();
    for part in bytes.chunks(piece) {
        decoder.push(part, &mut out)?;
    }
    decoder.finish(&mut out)?;
    Ok(out)
}

#[test]
fn any_bytes_decode_the_same_in_any_pieces_and_after_they_were_encoded() {
    let check = |input: &[u8]| {
        let (settings, bytes) = head(input);
        let Some(encoding) = settings.get("encoding").and_then(Value::as_str).and_then(Encoding::named) else {
            return Ok(());
        };
        let whole = decoded(encoding, bytes, bytes.len().max(1));
        for piece in [1, 2, 3, 7] {
            prop_assert_eq!(&whole, &decoded(encoding, bytes, piece), "pieces of {}", piece);
        }
        // UTF-8 passes as it is, also when it is none.
        if let Ok(Ok(text)) = whole.map(String::from_utf8) {
            let mut out = Vec::new();
            if !text.starts_with('\u{feff}') && Encoder::new(encoding).push(&text, &mut out).is_ok() {
                prop_assert_eq!(decoded(encoding, &out, 3), Ok(text.into_bytes()));
            }
        }
        Ok(())
    };
    Target { name: "encoding", kind: Kind::Bytes(LETTERS), check }.fuzz();
}
