//! Records as the body of a request, in each media type.

use std::sync::Arc;

use serde::de::IgnoredAny;
use tombolo_formats::{CsvOptions, RecordWriter, WriteFormat, WriteOptions, XmlPath, XmlWriter};
use tombolo_model::{KeyPool, Keys, Record, Val};
use tombolo_template::uri_component;

use super::retry::mixed;
use crate::http::Request;
use crate::plan::Media;
use crate::secret::Masked;

/// A body, and its type where that says more than the media type does.
pub(super) struct Sent {
    pub(super) bytes: Vec<u8>,
    pub(super) content_type: Option<String>,
}

impl From<Vec<u8>> for Sent {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, content_type: None }
    }
}

/// Records without a template. A batch is a list, also of one record.
pub(super) fn of_records(media: Media, records: &[&Val], batched: bool) -> Result<Sent, String> {
    match (media, records) {
        (Media::UrlEncoded, [record]) => Ok(urlencoded(record).into_bytes().into()),
        (Media::FormData, [record]) => Ok(form_data(record)),
        (Media::Xml, records) => xml(records, batched).map(Into::into),
        (Media::Csv, records) => csv(records).map(Into::into),
        (_, records) => {
            let texts: Vec<String> = records.iter().map(|record| record.to_json()).collect();
            let joined = texts.join(",");
            Ok(if batched { format!("[{joined}]").into_bytes() } else { joined.into_bytes() }.into())
        }
    }
}

/// What a template made. Forms may be written as an object of JSON, and are encoded here then.
pub(super) fn of_text(media: Media, text: Vec<u8>, drop_empty: bool) -> Result<Sent, String> {
    let object = |text: &[u8]| match Val::parse(text, &mut KeyPool::default()) {
        Ok(made @ Val::Map(_)) if drop_empty => Some(without_empty(&made).unwrap_or_default()),
        Ok(made @ Val::Map(_)) => Some(made),
        _ => None,
    };
    match media {
        Media::UrlEncoded => Ok(object(&text).map_or(text, |made| urlencoded(&made).into_bytes()).into()),
        Media::FormData => object(&text).map(|made| form_data(&made)).ok_or_else(|| {
            "A form is sent whose body is no object: write it in JSON, a member for each field.".to_owned()
        }),
        Media::Json if drop_empty => {
            let made = Val::parse(&text, &mut KeyPool::default()).ok();
            Ok(made.map_or(text, |made| without_empty(&made).unwrap_or_default().to_json().into_bytes()).into())
        }
        _ => Ok(text.into()),
    }
}

/// Says what is wrong with a body that is called JSON and begins as an object or a list; several of them one behind the
/// other are a usual body too, and so is a text where nobody has said what is sent.
pub(super) fn check_json(request: &Request) -> Result<(), String> {
    let is_json = |(name, value): &(String, Masked)| {
        name.eq_ignore_ascii_case("content-type") && value.as_plain().is_some_and(|kind| kind.contains("json"))
    };
    // Of a body with secrets it is seen only when they are put in.
    let Some(body) = request.body.as_ref().filter(|body| body.masked().is_none()) else { return Ok(()) };
    if !request.headers.iter().any(is_json) {
        return Ok(());
    }
    let bytes = body.reveal();
    if !bytes.trim_ascii_start().starts_with(b"{") && !bytes.trim_ascii_start().starts_with(b"[") {
        return Ok(());
    }
    let mut values = serde_json::Deserializer::from_slice(&bytes).into_iter::<IgnoredAny>();
    values.find_map(Result::err).map_or(Ok(()), |error| {
        Err(format!(
            "What the body's template made is no JSON ({error}): write values with {{{{{{jsonSerialize record.field}}}}}}, or choose another media type."
        ))
    })
}

/// A value without its empty parts: no value, null, empty texts, lists and objects; nothing when nothing is left.
pub(super) fn without_empty(value: &Val) -> Option<Val> {
    match value {
        Val::Map(fields) => {
            let left = fields.iter().filter_map(|(name, value)| Some((name, without_empty(value)?)));
            let (names, values): (Vec<&str>, Vec<Val>) = left.unzip();
            if names.is_empty() {
                return None;
            }
            // Records of the same fields share their names.
            let keys = if names.len() == fields.values().len() {
                Arc::clone(fields.keys())
            } else {
                Arc::new(Keys::new(names))
            };
            Some(Val::Map(Record::new(keys, values)))
        }
        Val::List(items) => {
            let left: Vec<Val> = items.iter().filter_map(without_empty).collect();
            (!left.is_empty()).then_some(Val::List(left))
        }
        value if value.is_empty() => None,
        value => Some(value.clone()),
    }
}

fn xml(records: &[&Val], batched: bool) -> Result<Vec<u8>, String> {
    let no_record = || "What the mapping made is no record, so it cannot be sent as XML.".to_owned();
    let mut writer = XmlWriter::new(&XmlPath::default(), true, "", "_").map_err(|problem| problem.message)?;
    if let (false, [Val::Map(record)]) = (batched, records) {
        // A record that has one object is the document, and the object its root.
        let mut fields = record.iter();
        return match (fields.next(), fields.next()) {
            (Some((name, Val::Map(root))), None) => writer.document(name, root),
            _ => writer.document("record", record),
        };
    }
    let mut bytes = Vec::new();
    for record in records {
        let Val::Map(record) = record else { return Err(no_record()) };
        writer.write(record, &mut bytes)?;
    }
    writer.finish(&mut bytes);
    Ok(bytes)
}

fn csv(records: &[&Val]) -> Result<Vec<u8>, String> {
    let options = WriteOptions {
        compression: None,
        encoding: tombolo_formats::Encoding::Utf8,
        format: WriteFormat::Csv(CsvOptions::default()),
    };
    let mut writer = RecordWriter::new(&options, "");
    let mut bytes = Vec::new();
    for record in records {
        let rows = match record {
            Val::List(rows) => rows.as_slice(),
            one => std::slice::from_ref(*one),
        };
        for row in rows {
            let Val::Map(row) = row else {
                return Err("What the mapping made is no record, so it cannot be sent as CSV.".to_owned());
            };
            writer.write(row, &mut bytes)?;
        }
    }
    writer.finish(&mut bytes)?;
    Ok(bytes)
}

/// `a=1&b[c]=2&d[0]=3`: what is inside of a field is named with brackets.
fn urlencoded(record: &Val) -> String {
    let mut pairs = Vec::new();
    let Val::Map(fields) = record else { return String::new() };
    for (name, value) in fields.iter() {
        encode(name, value, &mut pairs);
    }
    pairs.join("&")
}

fn encode(name: &str, value: &Val, pairs: &mut Vec<String>) {
    match value {
        Val::Absent => {}
        Val::Map(fields) => {
            fields.iter().for_each(|(inner, value)| encode(&format!("{name}[{inner}]"), value, pairs));
        }
        Val::List(items) => {
            items.iter().enumerate().for_each(|(at, value)| encode(&format!("{name}[{at}]"), value, pairs));
        }
        value => pairs.push(format!("{}={}", uri_component(name), uri_component(&value.display()))),
    }
}

/// A form of parts (RFC 7578). What stands between them is made of what is in them, so that the same record is the same
/// body everywhere.
fn form_data(record: &Val) -> Sent {
    let mut parts = Vec::new();
    if let Val::Map(fields) = record {
        for (name, value) in fields.iter().filter(|(_, value)| **value != Val::Absent) {
            // The three characters that would end the name (WHATWG, multipart/form-data encoding algorithm).
            let name = name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
            parts.push(format!("Content-Disposition: form-data; name=\"{name}\"\r\n\r\n{}\r\n", value.display()));
        }
    }
    let mut boundary = format!("tombolo-{}", hash(&parts.concat()));
    while parts.iter().any(|part| part.contains(&boundary)) {
        boundary = format!("tombolo-{}", hash(&boundary));
    }
    let mut text: String = parts.iter().map(|part| format!("--{boundary}\r\n{part}")).collect();
    text.push_str(&format!("--{boundary}--\r\n"));
    Sent { bytes: text.into_bytes(), content_type: Some(format!("multipart/form-data; boundary={boundary}")) }
}

fn hash(text: &str) -> String {
    format!("{:016x}", text.bytes().fold(0, |hash, byte| mixed(hash ^ u64::from(byte))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sent(media: Media, record: &serde_json::Value) -> String {
        let sent = of_records(media, &[&Val::from(record)], false).unwrap();
        String::from_utf8(sent.bytes).unwrap()
    }

    #[test]
    fn a_form_names_what_is_inside_with_brackets() {
        let record = json!({"a b": "x&y", "c": {"d": 1, "e": [true, null]}});
        assert_eq!(sent(Media::UrlEncoded, &record), "a%20b=x%26y&c%5Bd%5D=1&c%5Be%5D%5B0%5D=true&c%5Be%5D%5B1%5D=");
    }

    #[test]
    fn a_form_of_parts_has_a_line_between_them_that_is_in_none() {
        let made = form_data(&Val::from(&json!({"na\"me": "x\r\n", "list": [1]})));
        let text = String::from_utf8(made.bytes).unwrap();
        let content_type = made.content_type.unwrap();
        let (_, boundary) = content_type.split_once("boundary=").unwrap();
        let want = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"na%22me\"\r\n\r\nx\r\n\r\n--{boundary}\r\n\
             Content-Disposition: form-data; name=\"list\"\r\n\r\n[1]\r\n--{boundary}--\r\n"
        );
        assert_eq!(text, want);
        let again = form_data(&Val::from(&json!({"text": boundary})));
        assert!(!again.content_type.unwrap().ends_with(boundary));
    }

    #[test]
    fn the_only_object_of_a_record_is_the_root_of_its_xml() {
        assert!(
            sent(Media::Xml, &json!({"Order": {"$": {"id": 1}, "line": ["a", "b"]}}))
                .ends_with("?>\n<Order id=\"1\"><line>a</line><line>b</line></Order>\n")
        );
        assert!(sent(Media::Xml, &json!({"a": "1", "b": "<"})).ends_with("?>\n<record><a>1</a><b>&lt;</b></record>\n"));
    }

    #[test]
    fn empty_parts_are_left_out_at_any_depth() {
        let made =
            without_empty(&Val::from(&json!({"a": "", "b": {"c": null, "d": []}, "e": [{}, 0, false], "f": " "})));
        assert_eq!(made.unwrap().to_json(), r#"{"e":[0,false],"f":" "}"#);
        let text = of_text(Media::Json, br#"{"a": "", "b": 1}"#.to_vec(), true).unwrap();
        assert_eq!(text.bytes, br#"{"b":1}"#);
    }
}
