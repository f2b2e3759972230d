//! Records out of XML: paths, shapes, places of errors, and files made to hurt.

use super::*;
use crate::XmlPath;

fn options(path: &str) -> XmlOptions {
    XmlOptions { automatic: false, ..XmlOptions::new(XmlPath::parse(path).unwrap()) }
}

fn read(options: XmlOptions, text: impl AsRef<[u8]>, piece: usize) -> (Vec<String>, Option<FormatError>) {
    let mut reader = XmlReader::new(options);
    let mut rows = Vec::new();
    let mut error = None;
    for part in text.as_ref().chunks(piece) {
        if error.is_none() {
            error = reader.push(part, &mut rows).err();
        }
    }
    let error = error.or_else(|| reader.finish(&mut rows).err());
    (rows.into_iter().map(|row| Val::Map(row.unwrap()).to_json()).collect(), error)
}

fn records(options: &XmlOptions, text: &str) -> Vec<String> {
    let whole = read(options.clone(), text, 100_000);
    assert_eq!(whole.1, None, "{text}");
    for piece in [1, 2, 3, 7] {
        assert_eq!(read(options.clone(), text, piece), whole, "pieces of {piece}");
    }
    whole.0
}

const ORDERS: &str = r#"<?xml version="1.0"?>
<!DOCTYPE orders SYSTEM "orders.dtd">
<!-- <order/> -->
<o:orders xmlns:o="urn:o" day='1>2'>
  <o:order id="1" kind="a"><line>x &amp; y</line><line>z<![CDATA[<&]]></line><note/></o:order>
  <meta><order id="2" kind="b"><line> b
 c </line>t</order></meta>
  <order id="3" kind="a"/>
</o:orders>"#;

#[test]
fn elements_at_the_path_are_records() {
    let all = [
        r#"{"id":"1","kind":"a","line":["x & y","z<&"],"note":""}"#,
        r#"{"id":"2","kind":"b","line":" b\n c ","&txt":"t"}"#,
        r#"{"id":"3","kind":"a"}"#,
    ];
    assert_eq!(records(&options("//order"), ORDERS), all);
    assert_eq!(records(&options("/orders/order"), ORDERS), [all[0], all[2]]);
    assert_eq!(records(&options("/orders/*/order"), ORDERS), [all[1]]);
    assert_eq!(records(&options("//order[@kind='a']"), ORDERS), [all[0], all[2]]);
    assert_eq!(records(&options("/orders/order[2]"), ORDERS), [all[2]]);
    assert_eq!(records(&options("//order[line]"), ORDERS), [all[0], all[1]]);
    assert_eq!(records(&options("//order[line='x & y']"), ORDERS), [all[0]]);
    assert_eq!(records(&options("/nothing/here"), ORDERS), Vec::<String>::new());
}

#[test]
fn the_strategy_automatic_makes_lists_of_children() {
    let automatic = XmlOptions { automatic: true, ..options("/a/b") };
    let text = r#"<a><b id="1"><c>x</c><c/><d k="v">y</d> <e> </e></b></a>"#;
    assert_eq!(
        records(&automatic, text),
        [r#"{"$":{"id":"1"},"c":[{"_":"x"},""],"d":[{"$":{"k":"v"},"_":"y"}],"e":[""]}"#]
    );
    let whole = XmlOptions { resource_path: XmlPath::parse("/").unwrap(), ..automatic };
    assert_eq!(records(&whole, "<a><b>1</b></a>"), [r#"{"a":[{"b":[{"_":"1"}]}]}"#]);
}

#[test]
fn texts_are_trimmed_attributes_prefixed_and_elements_chosen() {
    let text = "<r><o id=\"1\"><a> x\ny </a><b><c>1</c><d>2</d></b><e k=\"v\">t</e></o></r>";
    let custom = XmlOptions {
        trim_spaces: true,
        strip_new_lines: true,
        attribute_prefix: "@".into(),
        text_node_name: "text".into(),
        ..options("/r/o")
    };
    assert_eq!(records(&custom, text), [r#"{"@id":"1","a":"xy","b":{"c":"1","d":"2"},"e":{"@k":"v","text":"t"}}"#]);
    let lists = XmlOptions { list_nodes: vec!["/r/o/a".into(), "/b/c".into(), "//d".into()], ..custom.clone() };
    assert_eq!(
        records(&lists, text),
        [r#"{"@id":"1","a":["xy"],"b":{"c":["1"],"d":["2"]},"e":{"@k":"v","text":"t"}}"#]
    );
    let only = XmlOptions { include_nodes: vec!["/r/o/b/c".into()], ..custom.clone() };
    assert_eq!(records(&only, text), [r#"{"@id":"1","b":{"c":"1"}}"#]);
    let without = XmlOptions { exclude_nodes: vec!["/o/b".into(), "//e".into()], ..custom };
    assert_eq!(records(&without, text), [r#"{"@id":"1","a":"xy"}"#]);
}

#[test]
fn what_is_wrong_has_its_line_and_column() {
    for (text, place) in [
        ("<a>\n <b></c></a>", (2, 5)),
        ("<a>&nbsp;</a>", (1, 4)),
        ("<a>\n<b x=1/></a>", (2, 1)),
        ("<a/><b/>", (1, 5)),
        ("x<a/>", (1, 1)),
        ("<a><!x></a>", (1, 4)),
        ("<a>x\n<", (2, 1)),
        ("", (1, 1)),
    ] {
        let (_, error) = read(XmlOptions { resource_path: XmlPath::default(), ..options("") }, text, 3);
        let Some(FormatError::NotXml { line, column, .. }) = error else { panic!("{text}: {error:?}") };
        assert_eq!((line, column), place, "{text}");
    }
}

#[test]
fn a_file_cut_off_anywhere_is_said_to_be() {
    for length in 0..ORDERS.len() {
        let (_, error) = read(options("//order"), &ORDERS.as_bytes()[..length], 64);
        assert!(matches!(error, Some(FormatError::NotXml { .. })), "{length}: {error:?}");
    }
}

#[test]
fn the_first_line_says_how_the_file_is_encoded() {
    let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><a><b>M\xfcller</b></a>";
    for piece in [1, 64] {
        assert_eq!(read(options("/a"), latin, piece), (vec![r#"{"b":"Müller"}"#.into()], None));
    }
    let wide: Vec<u8> = "\u{feff}<a><b>ü</b></a>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read(options("/a"), wide, 1), (vec![r#"{"b":"ü"}"#.into()], None));
    let unknown = read(options("/a"), "<?xml encoding='ebcdic'?><a/>", 64).1;
    assert!(matches!(unknown, Some(FormatError::NotXml { line: 1, .. })));
    assert!(matches!(read(options("/a"), b"<a>\xff</a>", 64).1, Some(FormatError::NotXml { column: 4, .. })));
}

#[test]
fn entities_that_a_file_declares_are_refused() {
    let bomb = r#"<!DOCTYPE a [<!ENTITY x "lol"><!ENTITY y "&x;&x;&x;">]><a>&y;</a>"#;
    let external = "\n<!DOCTYPE a [ <!ENTITY x SYSTEM \"file:///etc/passwd\"> ]><a>&x;</a>";
    assert_eq!(read(options("/a"), bomb, 5), (vec![], Some(FormatError::DeclaresEntities { line: 1, column: 1 })));
    assert_eq!(read(options("/a"), external, 5), (vec![], Some(FormatError::DeclaresEntities { line: 2, column: 1 })));
}

#[test]
fn what_is_made_to_exhaust_the_reader_is_ended_by_its_limits() {
    let deep = "<a>".repeat(100_000);
    assert_eq!(read(options("//b"), &deep, 4096).1, Some(FormatError::TooDeep { most: MAX_DEPTH }));
    assert!(matches!(read(options("/a"), &deep, 4096).1, Some(FormatError::NotXml { .. })), "it never ends");
    let too_big = Some(FormatError::RecordTooBig { record: 1, most: MAX_RECORD_BYTES });
    let endless = format!("<a x=\"{}", "x".repeat(MAX_RECORD_BYTES + 70_000));
    assert_eq!(read(options("/a"), &endless, 65_536).1, too_big);
    for inside in ["x".repeat(MAX_RECORD_BYTES + 70_000), "<b/>".repeat(MAX_RECORD_BYTES)] {
        let mut reader = XmlReader::new(options("/a"));
        let mut rows = Vec::new();
        for part in format!("<a>{inside}").as_bytes().chunks(65_536) {
            reader.push(part, &mut rows).unwrap();
            assert!(reader.tree.nodes.len() < 3 && reader.scanner.held_bytes() <= MAX_RECORD_BYTES);
        }
        assert!(matches!(reader.finish(&mut rows), Err(FormatError::NotXml { .. })) && rows.is_empty());
    }
    let names: String = (0..200_000).map(|at| format!("<n{at}/>")).collect();
    assert_eq!(read(options("/a"), format!("<a>{names}</a>"), 65_536).0.len(), 1);
}

#[test]
fn an_element_that_is_too_deep_costs_only_its_record() {
    let deep = format!("{}x{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    let text = format!("<l><r><t>1</t></r><r><s>{deep}</s></r><r><t>3</t></r></l>");
    let mut reader = XmlReader::new(options("/l/r"));
    let mut rows = Vec::new();
    for part in text.as_bytes().chunks(1_000) {
        reader.push(part, &mut rows).unwrap();
        assert!(reader.tree.open.len() <= MAX_DEPTH);
    }
    reader.finish(&mut rows).unwrap();
    let shown: Vec<String> = rows.iter().flatten().map(|record| Val::Map(record.clone()).to_json()).collect();
    assert_eq!(shown, [r#"{"t":"1"}"#, r#"{"t":"3"}"#]);
    let error = rows[1].as_ref().unwrap_err();
    assert!(!error.too_big && error.index == 1 && error.message.starts_with("Record 2 is nested more than 128"));
}

#[test]
fn an_element_that_is_too_big_costs_only_its_record() {
    let long = "é".repeat(MAX_RECORD_BYTES / 2);
    for big in [
        format!("<t>{long}&amp;</t>"),
        format!("{long}<t>1</t>{long}"),
        format!("<t><![CDATA[{long}</r>]]]]></t><!--{long}--->-->"),
        "<a><b>1</b></a>".repeat(MAX_RECORD_BYTES / 8),
    ] {
        let text = format!("<l><r><t>1</t></r><r id='2'>{big}</r>\n<r><t>3</t></r><n>{long}</n><r><t>4</t></r></l>");
        let mut reader = XmlReader::new(options("/l/r"));
        let mut rows = Vec::new();
        for part in text.as_bytes().chunks(32_768) {
            reader.push(part, &mut rows).unwrap();
        }
        reader.finish(&mut rows).unwrap();
        let shown: Vec<String> = rows.iter().flatten().map(|record| Val::Map(record.clone()).to_json()).collect();
        assert!(shown == [r#"{"t":"1"}"#, r#"{"t":"3"}"#, r#"{"t":"4"}"#], "{} records", shown.len());
        let error = rows[1].as_ref().unwrap_err();
        assert!(error.too_big && error.index == 1 && error.message.starts_with("Record 2 is bigger than 5 MiB."));
    }
    // The comment is nobody's: the record around it stays.
    let commented = format!("<l><r><!--{long}{long}-->x</r></l>");
    assert_eq!(read(options("/l/r"), commented, 32_768), (vec![r#"{"&txt":"x"}"#.to_owned()], None));
}

#[test]
fn names_that_mean_something_elsewhere_are_data() {
    let text = "<a><__proto__>1</__proto__><constructor k='2'/></a>";
    assert_eq!(records(&options("/a"), text), [r#"{"__proto__":"1","constructor":{"k":"2"}}"#]);
}
