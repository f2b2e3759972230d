//! Writes records as XML elements; what the reader would make of them is what they were.

use tombolo_model::{Problem, Record, Val, excerpt};

use super::path::XmlPath;
use super::text::{escape, is_allowed, is_name};
use crate::Encoding;

/// Writes record after record.
#[derive(Debug, Clone)]
pub struct XmlWriter {
    around: Vec<String>,
    record: String,
    automatic: bool,
    attribute_prefix: String,
    text_node_name: String,
    encoding: &'static str,
    begun: bool,
}

impl XmlWriter {
    /// Makes a writer. The last name of the path is that of a record's element, the others stand around all of
    /// them; the empty path is `/records/record`. Attributes and texts are named as the reader names them: `$` and
    /// `_` when automatic, else by prefix (none without one) and name.
    ///
    /// # Errors
    ///
    /// Returns a problem, without a place, when the path is not made of names, or of fewer than two.
    pub fn new(path: &XmlPath, automatic: bool, attribute_prefix: &str, text_node_name: &str) -> Result<Self, Problem> {
        let mut names = match path.names() {
            Some(names) if names.is_empty() => vec!["records", "record"],
            Some(names) if names.len() > 1 => names,
            _ => {
                let message = format!(
                    "“{}” does not say which elements to write: enter a path of at least two names, such as /orders/order.",
                    excerpt(path.as_str())
                );
                return Err(Problem::new("", "invalid_path", message));
            }
        };
        if let Some(wrong) = names.iter().find(|name| !is_name(name)) {
            let wrong = excerpt(wrong);
            let message = format!("“{wrong}” cannot be the name of an element: use letters, digits, - and _.");
            return Err(Problem::new("", "invalid_path", message));
        }
        let record = names.pop().unwrap_or("record").to_owned();
        Ok(Self {
            around: names.into_iter().map(ToOwned::to_owned).collect(),
            record,
            automatic,
            attribute_prefix: attribute_prefix.to_owned(),
            text_node_name: text_node_name.to_owned(),
            encoding: Encoding::Utf8.xml_name(),
            begun: false,
        })
    }

    /// Names the encoding that the text will get in the first line; the text itself stays UTF-8 here.
    #[must_use]
    pub fn in_encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding.xml_name();
        self
    }

    /// Appends one record.
    ///
    /// # Errors
    ///
    /// Returns a message when a field cannot be an element or a text cannot stand in XML; nothing is written then.
    pub fn write(&mut self, record: &Record, out: &mut Vec<u8>) -> Result<(), String> {
        let mut text = String::new();
        self.element(&self.record, &Val::Map(record.clone()), &mut text)?;
        self.begin(out);
        out.extend_from_slice(text.as_bytes());
        out.push(b'\n');
        Ok(())
    }

    /// A document whose root is one record, under a name.
    ///
    /// # Errors
    ///
    /// As [`Self::write`].
    pub fn document(&self, name: &str, record: &Record) -> Result<Vec<u8>, String> {
        let mut text = format!("<?xml version=\"1.0\" encoding=\"{}\"?>\n", self.encoding);
        self.element(name, &Val::Map(record.clone()), &mut text)?;
        text.push('\n');
        Ok(text.into_bytes())
    }

    /// Appends the end of the file.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        self.begin(out);
        for name in self.around.iter().rev() {
            out.extend_from_slice(format!("</{name}>\n").as_bytes());
        }
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        if !std::mem::replace(&mut self.begun, true) {
            let first = format!("<?xml version=\"1.0\" encoding=\"{}\"?>\n", self.encoding);
            out.extend_from_slice(first.as_bytes());
            for name in &self.around {
                out.extend_from_slice(format!("<{name}>\n").as_bytes());
            }
        }
    }

    fn element(&self, name: &str, value: &Val, out: &mut String) -> Result<(), String> {
        match value {
            Val::Absent => return Ok(()),
            Val::List(values) => return values.iter().try_for_each(|value| self.element(name, value, out)),
            _ => {}
        }
        if !is_name(name) {
            let name = excerpt(name);
            return Err(format!("“{name}” cannot be the name of an element: rename the field in the mapping."));
        }
        out.push('<');
        out.push_str(name);
        let mut inner = String::new();
        match value {
            Val::Map(record) => self.fields(record, &mut inner, out)?,
            other => text(&other.display(), false, &mut inner)?,
        }
        if inner.is_empty() {
            out.push_str("/>");
        } else {
            out.push('>');
            out.push_str(&inner);
            out.push_str("</");
            out.push_str(name);
            out.push('>');
        }
        Ok(())
    }

    /// The attributes of a record go into the tag, the rest between the tags.
    fn fields(&self, record: &Record, inner: &mut String, tag: &mut String) -> Result<(), String> {
        for (name, value) in record.iter() {
            match value {
                Val::Map(attributes) if self.automatic && name == "$" => {
                    for (name, value) in attributes.iter() {
                        attribute(name, value, tag)?;
                    }
                }
                _ if name == self.text_name() => text(&value.display(), false, inner)?,
                _ => match self.attribute_name(name) {
                    Some(name) if !matches!(value, Val::List(_) | Val::Map(_)) => attribute(name, value, tag)?,
                    _ => self.element(name, value, inner)?,
                },
            }
        }
        Ok(())
    }

    fn text_name(&self) -> &str {
        if self.automatic { "_" } else { &self.text_node_name }
    }

    fn attribute_name<'n>(&self, name: &'n str) -> Option<&'n str> {
        if self.automatic || self.attribute_prefix.is_empty() {
            return None;
        }
        name.strip_prefix(&self.attribute_prefix)
    }
}

fn attribute(name: &str, value: &Val, out: &mut String) -> Result<(), String> {
    if !is_name(name) {
        let name = excerpt(name);
        return Err(format!("“{name}” cannot be the name of an attribute: rename the field in the mapping."));
    }
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    text(&value.display(), true, out)?;
    out.push('"');
    Ok(())
}

fn text(text: &str, attribute: bool, out: &mut String) -> Result<(), String> {
    if let Some(wrong) = text.chars().find(|character| !is_allowed(*character)) {
        let number = u32::from(wrong);
        return Err(format!(
            "A text has the character number {number}, which XML cannot hold: replace it in the mapping."
        ));
    }
    escape(text, attribute, out);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{XmlOptions, XmlReader};
    use proptest::prelude::*;
    use tombolo_model::KeyPool;

    fn written(records: &[&str], automatic: bool) -> Result<String, String> {
        let path = XmlPath::parse("/orders/order").unwrap();
        let mut writer = XmlWriter::new(&path, automatic, "@", "#").unwrap();
        let mut out = Vec::new();
        for record in records {
            let Val::Map(record) = Val::parse(record.as_bytes(), &mut KeyPool::default()).unwrap() else {
                panic!("an object")
            };
            writer.write(&record, &mut out)?;
        }
        writer.finish(&mut out);
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn no_message_repeats_a_name_of_any_length() {
        let long = "x".repeat(100_000);
        let named = |name: String| written(&[&format!(r#"{{"{name}":1}}"#)], false).unwrap_err();
        let on_path = |path: &str| {
            let path = XmlPath::parse(path);
            path.and_then(|path| XmlWriter::new(&path, false, "@", "#")).map(drop).unwrap_err().message
        };
        for said in [
            named(format!("{long} y")),
            named(format!("@{long} y")),
            on_path(&format!("/{long}")),
            on_path(&format!("/a/{long}[b")),
        ] {
            assert!(said.contains("xx…") && said.len() < 1_000, "{} {said:.300}", said.len());
        }
    }

    #[test]
    fn records_are_elements_with_attributes_and_texts() {
        let made = written(&[r##"{"@id":1,"n":"a<b","l":[1,{"@x":"\"","#":"t"}],"e":null}"##], false).unwrap();
        assert_eq!(
            made,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<orders>\n<order id=\"1\"><n>a&lt;b</n><l>1</l><l x=\"&quot;\">t</l><e/></order>\n</orders>\n"
        );
        let made = written(&[r#"{"$":{"id":1},"n":[{"_":"x"}]}"#], true).unwrap();
        assert!(made.contains("<order id=\"1\"><n>x</n></order>"), "{made}");
        assert!(written(&[], false).unwrap().ends_with("<orders>\n</orders>\n"));
    }

    #[test]
    fn what_xml_cannot_hold_is_said_and_not_written() {
        assert!(written(&[r#"{"a b":1}"#], false).unwrap_err().contains("“a b”"));
        assert!(written(&[r#"{"a":"\u0001"}"#], false).unwrap_err().contains("number 1"));
        for path in ["//a", "/a", "/a/b[1]"] {
            assert!(XmlWriter::new(&XmlPath::parse(path).unwrap(), true, "", "").is_err(), "{path}");
        }
    }

    /// Values that XML can hold as they are: texts, objects, lists of two and more.
    fn value() -> impl Strategy<Value = Val> {
        let text = "[a-zé<>&\"' \t\n\r]{0,8}"
            .prop_filter("blanks alone are no text", |text| text.is_empty() || !text.trim_ascii().is_empty());
        let leaf = text.prop_map(|text| Val::text(&text));
        leaf.prop_recursive(3, 24, 4, |inner| {
            let many = prop::collection::vec(inner.clone().prop_filter("no list of lists", not_a_list), 2..4);
            let field = prop_oneof![inner, many.prop_map(Val::List)];
            prop::collection::btree_map("[a-z]{1,3}", field, 1..4).prop_map(|fields| {
                let mut record = Record::default();
                for (name, value) in fields {
                    record.set(&name, value);
                }
                Val::Map(record)
            })
        })
    }

    fn not_a_list(value: &Val) -> bool {
        !matches!(value, Val::List(_))
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(fields in prop::collection::btree_map("@?[a-z]{1,3}", value(), 1..5)) {
            let mut record = Record::default();
            for (name, value) in fields {
                let value = match value {
                    Val::Str(_) => value,
                    other if name.starts_with('@') => Val::text(&other.to_json()),
                    other => other,
                };
                record.set(&name, value);
            }
            let path = XmlPath::parse("/r/x").unwrap();
            let mut writer = XmlWriter::new(&path, false, "@", "#").unwrap();
            let mut bytes = Vec::new();
            writer.write(&record, &mut bytes).unwrap();
            writer.finish(&mut bytes);
            let options = XmlOptions {
                automatic: false,
                attribute_prefix: "@".into(),
                text_node_name: "#".into(),
                ..XmlOptions::new(path)
            };
            let mut reader = XmlReader::new(options);
            let mut rows = Vec::new();
            for piece in bytes.chunks(5) {
                reader.push(piece, &mut rows).unwrap();
            }
            reader.finish(&mut rows).unwrap();
            prop_assert_eq!(rows, vec![Ok(record)]);
        }
    }
}
