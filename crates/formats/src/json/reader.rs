//! Reads JSON files: a list of records at a path, or JSON Lines.

use super::lines::LinesReader;
use super::list::ListReader;
use super::maker::Maker;
use crate::bom::Bom;
use crate::error::{FormatError, Row};

/// A push parser.
pub struct JsonReader {
    target: Vec<String>,
    maker: Maker,
    mode: Mode,
    /// It is said to be JSON Lines.
    only_lines: bool,
    /// The blanks before anything else.
    blanks: u64,
    bom: Bom,
}

enum Mode {
    /// Nothing but blanks so far: the first byte tells a list from JSON Lines.
    Open,
    List(Box<ListReader>),
    Lines(Box<LinesReader>),
}

impl JsonReader {
    /// Makes a parser for the list at a dotted path. The empty path is the top, where JSON Lines may stand too. An object in
    /// the place of the list is one record.
    #[must_use]
    pub fn new(resource_path: &str) -> Self {
        Self {
            target: resource_path.split('.').filter(|part| !part.is_empty()).map(ToOwned::to_owned).collect(),
            maker: Maker::default(),
            mode: Mode::Open,
            only_lines: false,
            blanks: 0,
            bom: Bom::default(),
        }
    }

    /// Reads a list of rows, each a list of cells; where the first names the columns, it is no record.
    #[must_use]
    pub fn table(self, has_header: bool) -> Self {
        Self { maker: Maker::of_table(has_header), ..self }
    }

    /// Makes a parser for JSON Lines.
    #[must_use]
    pub fn lines() -> Self {
        Self { only_lines: true, ..Self::new("") }
    }

    /// Takes the next piece of the file and appends the records that it completes.
    ///
    /// # Errors
    ///
    /// Returns [`FormatError`] when the file is no JSON, what stands at the path is no list, or what stands
    /// around the list is nested too deep. A record that is too big costs only itself.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Row>) -> Result<(), FormatError> {
        let bytes = self.bom.strip(bytes);
        if matches!(self.mode, Mode::Open) {
            let before = self.bom.taken() + self.blanks;
            match bytes.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
                None => {
                    self.blanks += bytes.len() as u64;
                    return Ok(());
                }
                Some(first) if self.only_lines || (*first == b'{' && self.target.is_empty()) => {
                    let maker = std::mem::take(&mut self.maker);
                    self.mode = Mode::Lines(Box::new(LinesReader::new(before, maker)));
                }
                Some(_) => {
                    let (target, maker) = (std::mem::take(&mut self.target), std::mem::take(&mut self.maker));
                    self.mode = Mode::List(Box::new(ListReader::new(target, true, maker, before)));
                }
            }
        }
        match &mut self.mode {
            Mode::Open => Ok(()),
            Mode::List(list) => list.push(&bytes, out),
            Mode::Lines(lines) => lines.push(&bytes, out),
        }
    }

    /// The byte of the text, from 0, at which an error ended the reading; of a record that is cut off, where it begins.
    #[must_use]
    pub fn stopped_at(&self) -> u64 {
        match &self.mode {
            Mode::Open => 0,
            Mode::List(list) => list.stopped_at(),
            Mode::Lines(lines) => lines.stopped_at(),
        }
    }

    /// Says that the file is over and appends the last record. A file without anything at the path has no
    /// records; that is no error.
    ///
    /// # Errors
    ///
    /// Returns [`FormatError::Truncated`] when it is over inside a record or the list.
    pub fn finish(&mut self, out: &mut Vec<Row>) -> Result<(), FormatError> {
        match &mut self.mode {
            Mode::Open => Ok(()),
            Mode::List(list) => list.finish(),
            Mode::Lines(lines) => lines.finish(out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{MAX_DEPTH, MAX_RECORD_BYTES};
    use tombolo_model::Val;

    fn read(path: &str, text: &str, piece: usize) -> (Vec<String>, Option<FormatError>) {
        let mut reader = JsonReader::new(path);
        let mut rows = Vec::new();
        let mut error = None;
        for part in text.as_bytes().chunks(piece) {
            if error.is_none() {
                error = reader.push(part, &mut rows).err();
            }
        }
        error = error.or_else(|| reader.finish(&mut rows).err());
        let shown = rows.into_iter().map(|row| match row {
            Ok(record) => Val::Map(record).to_json(),
            Err(error) => format!("! {}", error.message),
        });
        (shown.collect(), error)
    }

    #[test]
    fn pieces_of_any_size_give_the_same_records() {
        let text =
            r#" {"meta":{"items":[1]},"data":{"x":"]","items":[ {"a":"}\"]"} ,{"b":[{"c":1}]},7 , "s"]},"after":"#;
        let whole = read("data.items", text, 10_000);
        assert_eq!(whole.0[..2], [r#"{"a":"}\"]"}"#, r#"{"b":[{"c":1}]}"#]);
        assert_eq!(
            whole.0[2..],
            ["! Record 3 is a number and not an object.", "! Record 4 is a text and not an object."]
        );
        assert_eq!(whole.1, None, "what comes behind the list is nobody's business");
        for piece in [1, 2, 3, 5, 9] {
            assert_eq!(read("data.items", text, piece), whole, "{piece}");
        }
    }

    #[test]
    fn a_comma_too_many_is_an_error_in_its_place_and_costs_no_record() {
        for piece in [1, 3, 64] {
            for (text, place) in [
                (r#"[{"a":1},{"a":2},]"#, 2),
                (r#"[{"a":1},{"a":2} , ]"#, 2),
                (r#"[{"a":1},,{"a":2}]"#, 1),
                (r#"[,{"a":1},{"a":2}]"#, 0),
            ] {
                let (mut rows, error) = read("", text, piece);
                let wrong = rows.remove(place);
                assert!(wrong.starts_with("! ") && wrong.contains("comma") && error.is_none(), "{text}: {wrong}");
                assert_eq!(rows, [r#"{"a":1}"#, r#"{"a":2}"#], "{text}");
            }
            assert_eq!(read("", r#"[{"a":1},"#, piece).1, Some(FormatError::Truncated { record: 2 }));
        }
    }

    #[test]
    fn one_object_alone_is_one_record_wherever_it_stands() {
        for piece in [1, 64] {
            for text in ["{\"a\":1}", "{\"a\":1}\n", "\r\n {\"a\":1} "] {
                assert_eq!(read("", text, piece), (vec![r#"{"a":1}"#.to_owned()], None), "{text}");
            }
            assert_eq!(read("data", r#"{"data":{"a":1},"n":2}"#, piece), (vec![r#"{"a":1}"#.to_owned()], None));
            let (rows, error) = read("", "{\"a\":1,}", piece);
            assert!(rows[0].starts_with("! Record 1 is not valid JSON: ") && error.is_none(), "{rows:?}");
        }
    }

    #[test]
    fn an_answer_that_is_one_object_may_be_one_record() {
        for piece in [1, 64] {
            let mut reader = JsonReader::new("a");
            let mut rows = Vec::new();
            for part in br#"{"x":1,"a":{"b":[1,{"c":"}"}]},"y":2}"#.chunks(piece) {
                reader.push(part, &mut rows).unwrap();
            }
            reader.finish(&mut rows).unwrap();
            assert_eq!(rows.len(), 1);
            let record = Val::Map(rows.remove(0).unwrap());
            assert_eq!(record.to_json(), r#"{"b":[1,{"c":"}"}]}"#);
        }
    }

    #[test]
    fn a_value_in_the_place_of_the_list_is_said_to_be_none() {
        for (value, kind) in [("7", "a number"), ("-1", "a number"), ("false", "true or false"), (r#""n""#, "a text")] {
            let (rows, error) = read("a", &format!(r#"{{"a":{value}}}"#), 64);
            let message = error.map(|error| error.to_string()).unwrap_or_default();
            assert!(rows.is_empty() && message.starts_with(&format!("“a” is {kind} and not")), "{value}: {message}");
        }
    }

    #[test]
    fn a_file_that_is_one_text_is_no_list() {
        for path in ["", "a"] {
            let (rows, error) = read(path, r#""Unauthorized""#, 64);
            let message = error.map(|error| error.to_string()).unwrap_or_default();
            assert!(rows.is_empty() && message.starts_with("The file is one text"), "{path}: {message}");
        }
    }

    #[test]
    fn nothing_at_the_path_is_no_records_and_no_error() {
        assert_eq!(read("a.b", r#"{"a":{"c":[{}]}}"#, 64), (vec![], None));
        assert_eq!(read("a", r#"{"a":null}"#, 64), (vec![], None));
        assert_eq!(read("", "[]", 64), (vec![], None));
        assert_eq!(read("", "", 64), (vec![], None));
    }

    #[test]
    fn what_is_nested_without_end_is_not_followed() {
        let deep = |levels: usize| format!(r#"{{"x":{}{},"a":[{{}}]}}"#, "[".repeat(levels), "]".repeat(levels));
        assert_eq!(read("a", &deep(MAX_DEPTH - 1), 64), (vec!["{}".into()], None));
        let endless = read("a", &deep(1_000_000), 4096);
        assert_eq!(endless, (vec![], Some(FormatError::TooDeep { most: MAX_DEPTH })));
        let (rows, error) = read("", &format!("[{}{}]", "[".repeat(1_000_000), "]".repeat(1_000_000)), 4096);
        assert!(rows[0].contains("not valid JSON") && error.is_none(), "{rows:?}");
    }

    #[test]
    fn a_file_cut_off_is_said_to_be() {
        assert_eq!(
            read("", r#"[{"a":1},{"a":"#, 64),
            (vec![r#"{"a":1}"#.into()], Some(FormatError::Truncated { record: 2 }))
        );
        assert_eq!(read("", "<html>", 64).1, Some(FormatError::NotJson("<".into())));
    }

    #[test]
    fn objects_one_after_the_other_are_json_lines() {
        let text = "\u{feff}{\"a\":1}\n{\"a\":\"}\"}\r\n\n{\"a\":[{}]}7\n";
        for piece in [1, 2, 5, 64] {
            let (rows, error) = read("", text, piece);
            assert_eq!(rows[..3], [r#"{"a":1}"#, r#"{"a":"}"}"#, r#"{"a":[{}]}"#], "{piece}");
            assert_eq!(rows[3], "! Record 4 is a number and not an object.");
            assert_eq!(error, None);
        }
        assert_eq!(read("", "{\"a\":1}\n{\"a\":", 64).1, Some(FormatError::Truncated { record: 2 }));
        let behind = read("", "{\"a\":1}\n]", 64).1;
        assert_eq!(behind, Some(FormatError::NotJsonLines { record: 1, byte: 8 }));
        assert!(!behind.unwrap().to_string().contains("byte"), "the file may be packed, or in another encoding");
    }

    #[test]
    fn json_lines_that_are_said_to_be_may_be_one_object() {
        let mut reader = JsonReader::lines();
        let mut rows = Vec::new();
        reader.push(br#"{"a":1}"#, &mut rows).unwrap();
        reader.finish(&mut rows).unwrap();
        assert_eq!(rows.len(), 1);
    }

    #[test]
    fn a_big_object_around_the_list_is_said_to_be_one() {
        let text = format!(r#"{{"movies":[{}],"x":1}}"#, vec!["1234567"; MAX_RECORD_BYTES / 7].join(","));
        let (rows, error) = read("", &text, 65_536);
        let Some(FormatError::NotAList(message)) = error else { panic!("{error:?}") };
        assert!(rows.is_empty() && message.ends_with("movies."), "{message}");
    }

    #[test]
    fn a_record_that_is_too_big_costs_only_itself_in_json() {
        let big = format!(r#"{{"id":2,"x":"{}"}}"#, "[{".repeat(MAX_RECORD_BYTES / 2));
        for (path, text) in [
            ("", format!(r#"[{{"id":1}},{big},{{"id":3}}]"#)),
            ("a", format!(r#"{{"a":[{{"id":1}},{big},{{"id":3}}],"b":[]}}"#)),
            ("", format!("{{\"id\":1}}\n{big}\n{{\"id\":3}}\n")),
        ] {
            let (rows, error) = read(path, &text, 32_768);
            assert_eq!((rows.len(), error), (3, None), "{path}");
            assert_eq!((&*rows[0], &*rows[2]), (r#"{"id":1}"#, r#"{"id":3}"#));
            assert!(rows[1].starts_with("! Record 2 is bigger than 5 MiB."), "{}", rows[1]);
        }
        // The first of many lines, with or without a list in it, and one alone without.
        for first in [&*big, &*big.replacen("2", "[2]", 1)] {
            let (rows, error) = read("", &format!("{first}\n{{\"id\":3}}"), 32_768);
            assert_eq!((rows.len(), &*rows[1], error), (2, r#"{"id":3}"#, None));
            assert!(rows[0].starts_with("! Record 1 is bigger than 5 MiB."), "{}", rows[0]);
        }
        let (rows, error) = read("", &big, 32_768);
        assert!(rows.len() == 1 && rows[0].starts_with("! Record 1 is bigger") && error.is_none(), "{error:?}");
    }

    fn table(text: &str, has_header: bool, piece: usize) -> (Vec<String>, Option<FormatError>) {
        let mut reader = JsonReader::new("values").table(has_header);
        let mut rows = Vec::new();
        let pushed = text.as_bytes().chunks(piece).try_for_each(|part| reader.push(part, &mut rows));
        let error = pushed.and_then(|()| reader.finish(&mut rows)).err();
        let shown = rows.into_iter().map(|row| match row {
            Ok(record) => Val::Map(record).to_json(),
            Err(error) => format!("! {} {}", error.index, error.message),
        });
        (shown.collect(), error)
    }

    #[test]
    fn a_list_of_rows_of_cells_is_records() {
        let text = r#"{"range":"A1","values":[["Name","Age","Age",""],["Ann",5],[],["Bo",null,true,"x",9],{"a":1}]}"#;
        for piece in [1, 5, 1000] {
            let (rows, error) = table(text, true, piece);
            assert_eq!(error, None);
            assert_eq!(rows[..2], [r#"{"Name":"Ann","Age":5}"#, "{}"]);
            assert!(rows[2].starts_with("! 2 Row 3 has 5 cells and there are 4 columns."), "{}", rows[2]);
            assert_eq!(rows[3], "! 3 Row 4 is an object and not a list of cells.");
            let (rows, _) = table(text, false, piece);
            assert_eq!(rows[0], r#"{"Column0":"Name","Column1":"Age","Column2":"Age","Column3":""}"#);
            assert_eq!(rows[3], r#"{"Column0":"Bo","Column1":null,"Column2":true,"Column3":"x","Column4":9}"#);
        }
    }

    fn answered(text: &str, piece: usize) -> (Vec<String>, Option<FormatError>) {
        let mut reader = JsonReader::new("");
        let mut rows = Vec::new();
        let pushed = text.as_bytes().chunks(piece).try_for_each(|part| reader.push(part, &mut rows));
        let error = pushed.and_then(|()| reader.finish(&mut rows)).err();
        let shown = rows.into_iter().map(|row| match row {
            Ok(record) => Val::Map(record).to_json(),
            Err(error) => format!("! {}", error.message),
        });
        (shown.collect(), error)
    }

    #[test]
    fn an_answer_of_several_values_loses_none_of_them() {
        for piece in [1, 3, 64] {
            let (rows, error) = answered("{\"id\":1}\n{\"id\":2}\n{\"id\":3}", piece);
            assert_eq!((rows.len(), error), (3, None));
            assert_eq!(answered(" {\"id\":1} ", piece), (vec![r#"{"id":1}"#.to_owned()], None));
            let (rows, error) = answered("{\"id\":1}<html>", piece);
            assert!(rows.len() == 2 && rows[1].starts_with('!') || error.is_some(), "{rows:?}");
            for text in ["[{\"id\":1}]\n[{\"id\":2}]", "[{\"id\":1}] x"] {
                for (rows, error) in [answered(text, piece), read("", text, piece)] {
                    assert_eq!((rows.len(), error), (1, Some(FormatError::BehindTheList { record: 1 })), "{text}");
                }
            }
        }
    }

    #[test]
    fn a_second_answer_with_a_list_inside_is_not_lost() {
        for piece in [1, 7, 64] {
            for text in [r#"{"a":[{"x":1}],"b":{"c":"}"}} {"a":[{"x":2}]}"#, r#"{"a":{"x":1},"b":[]}{"a":{"x":2}}"#] {
                let mut reader = JsonReader::new("a");
                let mut rows = Vec::new();
                let pushed = text.as_bytes().chunks(piece).try_for_each(|part| reader.push(part, &mut rows));
                assert_eq!((rows.len(), pushed), (1, Err(FormatError::BehindTheList { record: 1 })), "{text}");
            }
        }
    }

    #[test]
    fn a_missing_comma_costs_no_record() {
        let (rows, error) = read("", r#"[{"a":1} {"a":2}]"#, 64);
        assert_eq!((&*rows[0], &*rows[2], error), (r#"{"a":1}"#, r#"{"a":2}"#, None));
        assert!(rows[1].contains("no comma"), "{}", rows[1]);
    }

    #[test]
    fn brackets_that_open_nothing_are_walked_past() {
        for text in ["[}", "[}}]", "[1 }", "[{}}]", "[:", "[,}"] {
            for piece in [1, 64] {
                assert!(read("", text, piece).0.len() < 8, "{text}");
            }
        }
    }
}
