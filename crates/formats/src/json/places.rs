//! Where a reader says that a text is wrong.

use super::JsonReader;

/// What stands at the byte of each row that is wrong, and at the one where the reading stopped.
fn places(path: &str, text: &str, piece: usize) -> (Vec<String>, Option<String>) {
    let mut reader = JsonReader::new(path);
    let mut rows = Vec::new();
    let pushed = text.as_bytes().chunks(piece).try_for_each(|part| reader.push(part, &mut rows));
    let error = pushed.and_then(|()| reader.finish(&mut rows)).err();
    let at = |byte: u64| text[usize::try_from(byte).unwrap()..].chars().take(3).collect::<String>();
    let wrong = rows.into_iter().filter_map(Result::err).map(|row| at(row.byte.unwrap()));
    (wrong.collect(), error.map(|_| at(reader.stopped_at())))
}

#[test]
fn what_is_wrong_has_its_byte_in_the_file() {
    let filler = "{\"name\":\"Zoë 日本\"},\n".repeat(5_000);
    assert!(filler.len() > 65_536);
    for (path, text, wrong, stopped) in [
        (
            "",
            format!("\u{feff} [{filler}{{\"a\":1,\"é\": tru}},7,{{\"b\":1 \"x\"}}]"),
            vec!["},7", "7,{", "\"x\""],
            None,
        ),
        ("a", format!("{{\"ü\":1,\"a\":[{filler}\n  \"text\"]}}"), vec!["\"te"], None),
        ("", format!("[{filler}{{}},,{{}} {{}},]"), vec![",{}", "{},", "]"], None),
        ("", format!("[{filler}{{}}]\n[1]"), vec![], Some("[1]")),
        ("", format!("[{filler}{{\"é\":1"), vec![], Some("{\"é")),
        ("", format!("[{filler}"), vec![], Some("")),
        ("", "{\"a\":1}\n{\"b\":-}\n]".to_owned(), vec!["}\n]"], Some("]")),
        ("", "\u{feff}\n{\"a\":1}\n{\"b\":".to_owned(), vec![], Some("{\"b")),
        ("a", "{\"é\":{\"a\":1},\"a\":5}".to_owned(), vec![], Some("5}")),
        ("a", "{\"é\":{".to_owned(), vec![], Some("{\"é")),
    ] {
        let wanted = (wrong.into_iter().map(str::to_owned).collect(), stopped.map(str::to_owned));
        for piece in [1, 7, 65_536] {
            assert_eq!(places(path, &text, piece), wanted, "{piece} {path} {}", text.len());
        }
    }
}
