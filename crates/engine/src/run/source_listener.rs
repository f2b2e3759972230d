//! Reads what came to a listener: each body by itself, so that one that is broken costs nothing but itself.

use std::borrow::Cow;

use futures::stream::StreamExt;
use tombolo_formats::{Decoder, Encoding, MAX_RECORD_BYTES, Row, RowError};
use tombolo_model::{KeyPool, Record, Val, excerpt};

use super::shared::Shared;
use super::source::{Failure, Intake, Stopped};
use super::source_body::charset;
use super::source_file::Parser;
use crate::path::Path;
use crate::plan::{BodyKind, Format, ListenerRead};
use crate::size::memory_bytes;
use crate::units::PARSE_BYTES;

/// The most that the records of one body may take with what stands around them.
const MOST_WITH_PARENT: usize = 64 * 1024 * 1024;

pub(super) async fn read(
    shared: &Shared<'_>,
    listener: &ListenerRead,
    intake: &mut impl Intake,
) -> Result<(), Stopped> {
    for one in &listener.received {
        let bytes = whole(shared, &one.file).await?;
        // A body that is broken further on is none: nothing of it arrives.
        let mut rows = rows(listener, &one.media_type, &bytes).unwrap_or_else(|why| {
            vec![Err(RowError::new(0, format!("What came to the listener cannot be read. {why}")))]
        });
        intake.take(&mut rows).await?;
    }
    Ok(())
}

async fn whole(shared: &Shared<'_>, file: &str) -> Result<Vec<u8>, Failure> {
    let failed = |error: crate::host::FileError| Failure::new("file", error.to_string());
    let mut pieces = shared.host.files().open(file).await.map_err(failed)?;
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.next().await {
        bytes.extend(piece.map_err(failed)?);
        if bytes.len() > MAX_RECORD_BYTES {
            let message = format!("what came is bigger than {} MiB.", MAX_RECORD_BYTES >> 20);
            return Err(Failure::new("too_big", message));
        }
    }
    Ok(bytes)
}

/// The records of a body.
fn rows(listener: &ListenerRead, media_type: &str, bytes: &[u8]) -> Result<Vec<Row>, String> {
    // A mark of how the text is written, which says nothing in UTF-8.
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if bytes.trim_ascii().is_empty() {
        return Err("It is empty.".to_owned());
    }
    let media = listener.media.map_or_else(|| media_of(media_type, bytes), Ok)?;
    match media {
        BodyKind::Json => json(listener, bytes),
        BodyKind::Form => Ok(vec![Ok(form(bytes)?)]),
        BodyKind::Csv => parsed(&listener.csv, &decoded_as(media_type, bytes)?),
        BodyKind::Xml => parsed(listener.xml.as_ref().map_err(Clone::clone)?, bytes),
        BodyKind::Text => parsed(&Format::Text, &decoded_as(media_type, bytes)?),
    }
}

/// What a body is: as its sender says, and where nothing is said, as it begins.
fn media_of(media_type: &str, bytes: &[u8]) -> Result<BodyKind, String> {
    let name = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    Ok(match name.as_str() {
        "application/x-www-form-urlencoded" => BodyKind::Form,
        "" | "application/octet-stream" => match bytes.trim_ascii().first() {
            Some(b'{' | b'[') => BodyKind::Json,
            Some(b'<') => BodyKind::Xml,
            _ => BodyKind::Text,
        },
        json if json.ends_with("/json") || json.ends_with("+json") => BodyKind::Json,
        xml if xml.ends_with("/xml") || xml.ends_with("+xml") => BodyKind::Xml,
        csv if csv.ends_with("/csv") => BodyKind::Csv,
        text if text.starts_with("text/") => BodyKind::Text,
        other => {
            return Err(format!(
                "It was sent as {other}, and a listener reads JSON, XML, CSV, forms and text. Choose in the listener what it is."
            ));
        }
    })
}

/// A text or a table in UTF-8, from the encoding that its sender names.
fn decoded_as<'b>(media_type: &str, bytes: &'b [u8]) -> Result<Cow<'b, [u8]>, String> {
    let Some(encoding) = charset(media_type).filter(|encoding| *encoding != Encoding::Utf8) else {
        return Ok(Cow::Borrowed(bytes));
    };
    let (mut decoder, mut text) = (Decoder::new(encoding), Vec::new());
    let decoded = decoder.push(bytes, &mut text).and_then(|()| decoder.finish(&mut text));
    decoded.map(|()| Cow::Owned(text)).map_err(|error| error.to_string())
}

fn parsed(format: &Format, bytes: &[u8]) -> Result<Vec<Row>, String> {
    let mut parser = Parser::new(format);
    let mut rows = Vec::new();
    for part in bytes.chunks(parser.piece_bytes().min(PARSE_BYTES)) {
        parser.push(part, &mut rows).map_err(|error| error.to_string())?;
    }
    while parser.finish(&mut rows).map_err(|error| error.to_string())? {}
    Ok(rows)
}

/// Each element of a list is a record; what is no list is one.
fn json(listener: &ListenerRead, bytes: &[u8]) -> Result<Vec<Row>, String> {
    let mut body = Val::parse(bytes, &mut KeyPool::default()).map_err(|error| format!("It is no JSON: {error}."))?;
    if listener.path.is_root() {
        return Ok(elements(body));
    }
    let found = at(&mut body, &listener.path)?;
    let rows = elements(found);
    if listener.parent { with_parent(rows, &body) } else { Ok(rows) }
}

/// Takes out what stands at a path.
fn at(body: &mut Val, path: &Path) -> Result<Val, String> {
    match path.get_mut(body) {
        Some(found) if !found.is_null() => Ok(std::mem::replace(found, Val::Absent)),
        _ => Err("Nothing stands at the path to its records: mend the path in the listener.".to_owned()),
    }
}

fn elements(value: Val) -> Vec<Row> {
    let all = match value {
        Val::List(items) => items,
        other => vec![other],
    };
    all.into_iter()
        .zip(0..)
        .map(|(one, index)| match one {
            Val::Map(record) => Ok(record),
            other => {
                let message =
                    format!("A record is an object, and this is {}: {}.", other.kind(), excerpt(&other.to_json()));
                Err(RowError::new(index, message))
            }
        })
        .collect()
}

/// Puts what stands around the list into each record; what the record has of the same name stays.
fn with_parent(rows: Vec<Row>, parent: &Val) -> Result<Vec<Row>, String> {
    let Val::Map(parent) = parent else { return Ok(rows) };
    // What each record has beside makes a shape of its own of it.
    let copy = memory_bytes(&Val::Map(parent.clone())).saturating_add(parent.keys().memory_bytes());
    if copy.saturating_mul(rows.len()) > MOST_WITH_PARENT {
        return Err(format!(
            "With what stands around them its records would take more than {} MB of memory. Leave that out in the listener.",
            MOST_WITH_PARENT >> 20
        ));
    }
    let joined = |record: Record| {
        let mut joined = parent.clone();
        for (name, value) in record.iter() {
            joined.set(name, value.clone());
        }
        joined
    };
    Ok(rows.into_iter().map(|row| row.map(joined)).collect())
}

/// The fields of a form; one that comes several times is a list.
fn form(bytes: &[u8]) -> Result<Record, String> {
    let mut record = Record::default();
    for pair in bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let (name, value) = (decoded(&pair[..at])?, decoded(pair.get(at + 1..).unwrap_or_default())?);
        let value = Val::text(&value);
        let field = record.field_mut(&name);
        match field {
            Val::Absent => *field = value,
            Val::List(items) => items.push(value),
            one => *one = Val::List(vec![std::mem::replace(one, Val::Absent), value]),
        }
    }
    Ok(record)
}

/// A part of a form as it was before it was sent (<https://url.spec.whatwg.org/#urlencoded-parsing>).
fn decoded(part: &[u8]) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part;
    while let Some((first, behind)) = rest.split_first() {
        // A sign before a digit would be read as part of a number.
        let is_hex = |pair: &&str| pair.bytes().all(|byte| byte.is_ascii_hexdigit());
        let pair = behind.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        match (first, pair.filter(is_hex).and_then(|pair| u8::from_str_radix(pair, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &behind[2..];
                continue;
            }
            (b'+', _) => bytes.push(b' '),
            (other, _) => bytes.push(*other),
        }
        rest = behind;
    }
    String::from_utf8(bytes).map_err(|_| "It is no UTF-8. Have the sender send UTF-8.".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tombolo_model::Id;

    use super::*;
    use crate::bundle::Bundle;
    use crate::compile::listener_of;

    fn read_as(webhook: Value, media_type: &str, body: &str) -> Result<Vec<Result<Value, String>>, String> {
        let mut value = json!({});
        value["webhook"] = webhook;
        let listener = listener_of(&Bundle::default(), Id::from_parts(1, [0; 8]), &value).unwrap();
        let shown = |row: Row| {
            row.map(|record| serde_json::from_str(&record.to_json()).unwrap()).map_err(|error| error.message)
        };
        Ok(rows(&listener, media_type, body.as_bytes())?.into_iter().map(shown).collect())
    }

    fn good(webhook: Value, media_type: &str, body: &str) -> Vec<Value> {
        read_as(webhook, media_type, body).unwrap().into_iter().map(Result::unwrap).collect()
    }

    #[test]
    fn an_object_is_one_record_and_a_list_one_for_each_element() {
        assert_eq!(good(json!({}), "application/json", r#"{"a":1}"#), [json!({"a": 1})]);
        let many = good(json!({}), "application/vnd.api+json; charset=utf-8", r#"[{"a":1},{"a":2}]"#);
        assert_eq!(many, [json!({"a": 1}), json!({"a": 2})]);
        assert_eq!(good(json!({}), "", "\u{feff}{\"a\":1}"), [json!({"a": 1})]);
        assert!(good(json!({}), "application/json", "[]").is_empty());
    }

    #[test]
    fn records_stand_at_a_path_alone_or_with_what_is_around_them() {
        let body = r#"{"id":7,"data":{"n":2,"items":[{"a":1},{"id":8}]}}"#;
        let path = |parent: bool| json!({ "pathToRecords": "data.items", "includeParentData": parent });
        assert_eq!(good(path(false), "application/json", body), [json!({"a": 1}), json!({"id": 8})]);
        let with = good(path(true), "application/json", body);
        assert_eq!(with, [json!({"id": 7, "data": {"n": 2}, "a": 1}), json!({"id": 8, "data": {"n": 2}})]);
        let missing = read_as(json!({ "pathToRecords": "none" }), "application/json", body).unwrap_err();
        assert!(missing.contains("mend the path"), "{missing}");
    }

    #[test]
    fn forms_tables_documents_and_texts_are_read_as_what_they_are() {
        let form = good(json!({}), "application/x-www-form-urlencoded", "a=1+%C3%A4&b=x&b=y&c&%zz=%");
        assert_eq!(form, [json!({"a": "1 ä", "b": ["x", "y"], "c": "", "%zz": "%"})]);
        assert_eq!(good(json!({}), "text/csv", "a,b\n1,2\n"), [json!({"a": "1", "b": "2"})]);
        assert_eq!(good(json!({}), "text/plain", "hello"), [json!({"text": "hello"})]);
        let path = json!({ "pathToRecords": "orders.order" });
        let xml = good(path, "application/xml", "<orders><order><id>1</id></order><order><id>2</id></order></orders>");
        assert_eq!(xml.len(), 2, "{xml:?}");
        assert_eq!(good(json!({ "requestMediaType": "json" }), "text/plain", r#"{"a":1}"#), [json!({"a": 1})]);
    }

    #[test]
    fn a_text_is_read_in_the_encoding_that_its_sender_names() {
        let listener = listener_of(&Bundle::default(), Id::from_parts(1, [0; 8]), &json!({ "webhook": {} })).unwrap();
        for (media_type, body) in [
            ("text/plain; charset=iso-8859-1", b"M\xfcller".as_slice()),
            ("text/plain; charset=\"UTF-8\"", "Müller".as_bytes()),
            ("text/plain; charset=utf-16", b"M\0\xfc\0l\0l\0e\0r\0".as_slice()),
        ] {
            let read = rows(&listener, media_type, body).unwrap();
            assert_eq!(read[0].as_ref().unwrap().to_json(), r#"{"text":"Müller"}"#, "{media_type}");
        }
    }

    #[test]
    fn what_is_no_record_costs_itself_and_what_is_no_body_all_of_it() {
        let mixed = read_as(json!({}), "application/json", r#"[{"a":1},5]"#).unwrap();
        assert_eq!(mixed[0], Ok(json!({"a": 1})));
        assert!(mixed[1].as_ref().unwrap_err().contains("A record is an object"));
        for (media, body) in [
            ("application/json", r#"[{"a":1},"#),
            ("application/json", "  "),
            ("multipart/form-data; boundary=x", "--x--"),
            ("application/xml", "<a><b></a>"),
            ("application/x-www-form-urlencoded", "a=%ff"),
        ] {
            assert!(read_as(json!({}), media, body).is_err(), "{media} {body}");
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(read_as(json!({}), "application/json", &deep).is_err());
    }
}
