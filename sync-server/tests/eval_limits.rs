//! `tombolo eval` on hostile input, in a process that may have 256 MiB: an answer with an error in good time, and the next
//! line is answered as if nothing had been.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a command that does not run fails at the right line")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde_json::{Value, json};

/// All addresses of the process, also those that are never touched.
const MEMORY_KIB: u32 = 256 * 1024;
/// What is promised holds for what is shipped; a build for tests is slower.
const PROMISED: Duration = if cfg!(debug_assertions) { Duration::from_secs(30) } else { Duration::from_secs(5) };
const DEEP: usize = 100_000;

/// Asks a process of its own the hostile question and then a harmless one; the error's code, or "" when there is none.
fn code(name: &str, hostile: &Value) -> String {
    code_of(name, &hostile.to_string())
}

fn code_of(name: &str, hostile: &str) -> String {
    let (harmless, want) = harmless(name);
    let mut child = Command::new("sh")
        .args(["-c", &format!("ulimit -v {MEMORY_KIB} && exec \"$0\" eval {name}"), env!("CARGO_BIN_EXE_tombolo")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut questions = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    let start = Instant::now();
    questions.write_all(format!("{hostile}\n").as_bytes()).unwrap();
    let line = answers.next().unwrap_or_else(|| panic!("{name}: no answer")).unwrap();
    let took = start.elapsed();
    let answer: Value = serde_json::from_str(&line).unwrap();
    let begin: String = hostile.chars().take(200).collect();
    assert!(took < PROMISED, "{name} took {took:?}: {begin}");
    writeln!(questions, "{harmless}").unwrap();
    drop(questions);
    let next: Value = serde_json::from_str(&answers.next().unwrap().unwrap()).unwrap();
    assert_eq!((&next["output"], &next["errors"]), (&want, &json!([])), "{name} after {begin}");
    assert!(child.wait().unwrap().success());
    let error = &answer["errors"][0];
    assert!(error.is_null() || !error["message"].as_str().unwrap_or_default().is_empty(), "{error}");
    error["code"].as_str().unwrap_or_default().to_owned()
}

fn harmless(name: &str) -> (Value, Value) {
    match name {
        "handlebars" => (json!({"rules": "{{a}}", "input": {"a": 1}}), json!("1")),
        "filter" => (json!({"rules": ["equals", ["extract", "a"], 1], "input": {"a": 1}}), json!(true)),
        "mapper" => {
            let rules = json!([{"generate": "b", "dataType": "string", "extract": "$.a", "status": "Active"}]);
            (json!({"rules": rules, "input": {"a": 1}}), json!({"b": "1"}))
        }
        "responseMapping" => {
            let rules = json!({"fields": [{"extract": "a", "generate": "b"}]});
            (json!({"rules": rules, "input": {"a": 1}}), json!({"b": 1}))
        }
        "csvParse" => (json!({"input": "a\n1"}), json!([{"a": "1"}])),
        "jsonParse" => (json!({"input": "[{\"a\":1}]"}), json!([{"a": 1}])),
        "xmlParse" => {
            let options = json!({"resourcePath": "/a", "V0_json": false});
            (json!({"input": "<a><b>1</b></a>", "options": options}), json!([{"b": "1"}]))
        }
        "xlsxParse" => (json!({"input": STANDARD.encode(workbook(2))}), json!([{"1": 1}])),
        "cron" => {
            let options = json!({"from": "2026-01-01T00:00:00Z", "count": 1});
            (json!({"rules": {"expression": "? 0 12 ? * *"}, "options": options}), json!(["2026-01-01T12:00:00.000Z"]))
        }
        "jsonPath" => (json!({"rules": "$.a", "input": {"a": 1}}), json!([1])),
        "transform" => (json!({"rules": null, "input": []}), json!([])),
        "csvGenerate" => (json!({"input": {"a": 1}}), json!("a\n1\n")),
        "fileDefinitionParse" => (json!({"rules": rows(), "input": "b\n"}), json!([{"rows": [{"a": "b"}]}])),
        other => panic!("no harmless question for {other}"),
    }
}

/// A file definition: rows of one letter, all in one record.
fn rows() -> Value {
    let row = json!({"required": true, "elements": [{"name": "a", "value": "{{a}}", "length": 1}]});
    json!({"format": "fixed", "fixed": {"rowDelimiter": "\n"},
        "rules": [{"name": "rows", "container": true, "children": [row]}]})
}

/// No page of records is refused for how small they are: half a million of them, and the smallest that there can be.
#[test]
fn a_page_of_the_smallest_records_goes_through_every_evaluation() {
    let many = |item: &str, count: usize| format!("[{}{item}]", format!("{item},").repeat(count - 1));
    let page = many(r#"{"a":"7"}"#, 500_000);
    let list = format!(r#"{{"l":{page}}}"#);
    let mapped = r#"[{"generate":"l","dataType":"objectarray","status":"Active","buildArrayHelper":[{"extract":"$.l[*]","mappings":[
        {"generate":"a","dataType":"string","extract":"$.l.a","status":"Active"}]}]}]"#;
    let mapped = mapped.replace('\n', " ");
    let old = r#"[[{"extract":"l[*].a","generate":"m[*].b"}]]"#;
    let rows = rows().to_string();
    let rules = format!("[\"or\",{}", &many(r#"["equals",["extract","a"],"b"]"#, 300_000)[1..]);
    for (name, rules, input, want) in [
        ("jsonPath", r#""$[*].a""#, &*page, ""),
        ("mapper", &*mapped, &*list, ""),
        ("transform", old, &*list, ""),
        ("csvGenerate", "{}", &*page, ""),
        ("csvParse", "{}", &*format!("\"a\\n{}\"", "1\\n".repeat(500_000)), ""),
        ("jsonPath", r#""$[0]""#, &*many("{}", (5 << 20) / 3), ""),
        ("jsonPath", r#""$[0]""#, &*many("{}", 4_000_000), "too_big"),
        ("jsonPath", r#""$[0]""#, &*format!("\"{}\"", "x".repeat(40_000_000)), "too_big"),
        ("filter", &*rules, "{}", "too_big"),
        ("fileDefinitionParse", &*rows, &*format!("\"{}\"", "b\\n".repeat(900_000)), "parse"),
    ] {
        let question = format!("{{\"rules\":{rules},\"input\":{input}}}");
        assert_eq!(code_of(name, &question), want, "{name} {rules:.60} {input:.60}");
    }
}

#[test]
fn what_is_nested_too_deeply_is_refused_everywhere() {
    let lists = format!("{}{}", "[".repeat(DEEP), "]".repeat(DEEP));
    let objects = format!("{}1{}", "{\"a\":".repeat(DEEP), "}".repeat(DEEP));
    let elements = format!("{}{}", "<a>".repeat(DEEP), "</a>".repeat(DEEP));
    let parsed = json!({"template": "{{#with (jsonParse record.text)}}{{a}}{{/with}}"});
    let mapped = |text: &str| {
        let rules = json!([{"generate": "b", "dataType": "object", "extract": text, "status": "Active"}]);
        json!({"rules": rules, "input": {"text": lists}})
    };
    for (name, question, want) in [
        ("jsonParse", json!({"input": lists}), "parse"),
        ("jsonParse", json!({"input": objects}), "parse"),
        ("jsonParse", json!({"input": objects, "options": {"resourcePath": "a.a.a"}}), "parse"),
        ("xmlParse", json!({"input": elements}), "parse"),
        ("handlebars", json!({"rules": parsed, "input": {"record": {"text": lists}}}), "template_helper"),
        ("handlebars", json!({"rules": "{{#if a}}".repeat(DEEP)}), "template_limit"),
        ("handlebars", json!({"rules": format!("{{{{trim {}a}}}}", "(trim ".repeat(DEEP))}), "template_limit"),
        (
            "filter",
            json!({"rules": (0..100).fold(json!(["empty", "a"]), |rule, _| json!(["not", rule]))}),
            "invalid_filter",
        ),
        ("mapper", mapped("$.text"), "mapping"),
        ("mapper", mapped(&format!("$.{}", "a.".repeat(DEEP))), "invalid_mapping"),
    ] {
        assert_eq!(code(name, &question), want, "{name} {}", &question.to_string()[..60]);
    }
}

#[test]
fn few_bytes_that_would_become_many_are_refused() {
    let letters = "abcdefghijklmnop".as_bytes();
    let entities: String = letters
        .windows(2)
        .map(|pair| {
            format!("<!ENTITY {} \"{}\">", char::from(pair[1]), format!("&{};", char::from(pair[0])).repeat(10))
        })
        .collect();
    let laughs = format!("<!DOCTYPE l [<!ENTITY a \"ha\">{entities}]><r>&p;</r>");
    for (name, question, want) in [
        ("xmlParse", json!({"input": laughs}), "parse"),
        ("xlsxParse", json!({"input": STANDARD.encode(workbook(3_000_000))}), "parse"),
        ("csvParse", json!({"input": format!("a\n{}", "1\n".repeat(1_500_000))}), "parse"),
        ("csvParse", json!({"input": format!("a,b\n{}", "1\n".repeat(1_500_000))}), "parse"),
        ("csvParse", json!({"input": ",".repeat(1_500_000)}), "parse"),
        ("jsonParse", json!({"input": format!("[{}{{}}]", "{},".repeat(2_500_000))}), "parse"),
        ("xmlParse", json!({"input": format!("<r>{}</r>", "<a/>".repeat(2_000_000))}), "parse"),
        ("xmlParse", json!({"input": format!("<r>{}</r>", "<a/>".repeat(1_250_000))}), ""),
        ("xmlParse", json!({"input": format!("<r>{}</r>", "<a b=''/>".repeat(550_000))}), ""),
        ("jsonParse", json!({"input": format!("[{{\"a\":[{}{{}}]}}]", "{\"a\":0},".repeat(570_000))}), ""),
        ("handlebars", json!({"rules": "{{padLeft 1 9000000}}".repeat(10)}), "template_limit"),
        ("handlebars", json!({"rules": "{{a}}".repeat(1_000_000)}), "template_limit"),
        (
            "handlebars",
            json!({"rules": "{{#with (replace s \"a\" s) as |t|}}{{replace t \"a\" t}}{{/with}}", "input": {"s": "a".repeat(3_000)}}),
            "template_helper",
        ),
        (
            "handlebars",
            json!({"rules": "{{join (join (join s s s s s s) s s s s) s s s s}}", "input": {"s": "a".repeat(1_000_000)}}),
            "template_helper",
        ),
    ] {
        assert_eq!(code(name, &question), want, "{name} {}", &question.to_string()[..60]);
    }
}

#[test]
fn a_small_record_does_not_become_a_big_one() {
    let items: Vec<Value> = (0..2_000).map(|n| json!({"n": n})).collect();
    let record = json!({"big": "x".repeat(500_000), "o": {"big": "x".repeat(500_000)}, "items": items});
    let old = |extract: &str, generate: &str| json!({"extract": extract, "generate": generate});
    let of_items = |inner: Value| {
        let list = json!([{"extract": "$.items[*]", "mappings": [inner]}]);
        json!([{"generate": "l", "dataType": "objectarray", "buildArrayHelper": list}])
    };
    let rows = json!([old("items[*].n", "n"), old("big", "b")]);
    let asks = of_items(json!({"generate": "b", "dataType": "string", "extract": "$.items.n", "lookupName": "c"}));
    let many: Vec<Value> = (0..50_000).map(|n| json!({"n": n})).collect();
    for (name, question, want) in [
        (
            "mapper",
            json!({"rules": of_items(json!({"generate": "b", "dataType": "string", "extract": "$.big"})), "input": record}),
            "mapping",
        ),
        (
            "mapper",
            json!({"rules": of_items(json!({"generate": "b", "dataType": "object", "extract": "$.o", "mappings":
                [{"generate": "n", "dataType": "number", "extract": "$.items.n"}]})), "input": record}),
            "mapping",
        ),
        ("mapper", json!({"rules": {"lists": [{"generate": "l", "fields": rows}]}, "input": record}), "mapping"),
        ("mapper", json!({"rules": {"fields": [old("items", "l"), old("big", "l[*].b")]}, "input": record}), "mapping"),
        (
            "responseMapping",
            json!({"rules": {"fields": [old("_json.big", "items[*].b")]},
                "input": {"record": record, "response": {"_json": record}}}),
            "response_mapping",
        ),
        (
            "mapper",
            json!({"rules": asks, "input": {"items": many}, "options": {"lookups": [{"name": "c", "_lookupCacheId": "c"}]}}),
            "lookup_unanswered",
        ),
    ] {
        assert_eq!(code(name, &question), want, "{name} {}", &question["rules"]);
    }
}

#[test]
fn a_small_workbook_does_not_become_a_big_one() {
    let sheet = |out: &mut dyn Write| {
        out.write_all(b"<worksheet><sheetData><row><c r=\"XFC1\"><v>1</v></c></row>").unwrap();
        for _ in 0..8_000 {
            out.write_all(b"<row><c><v>1</v></c></row>").unwrap();
        }
        out.write_all(b"</sheetData></worksheet>").unwrap();
    };
    assert_eq!(code("xlsxParse", &json!({"input": STANDARD.encode(book(&sheet, "", ""))})), "parse");
    let one = |out: &mut dyn Write| out.write_all(b"<w><row><c><v>1</v></c></row></w>").unwrap();
    let links = "<Relationship Id=\"s\" Type=\"x/styles\" Target=\"styles.xml\"/>".repeat(10_000);
    let styles = format!("<s><cellXfs>{}</cellXfs></s>", "<xf/>".repeat(400_000));
    assert_eq!(code("xlsxParse", &json!({"input": STANDARD.encode(book(&one, &links, &styles))})), "");
}

#[test]
fn what_would_not_end_is_ended() {
    let numbers: Vec<u32> = (0..10_000).collect();
    let each = |levels: usize| format!("{}x{}", "{{#each @root.a}}".repeat(levels), "{{/each}}".repeat(levels));
    let sorts = "{{#each a}}{{#each (sort @root.a)}}{{/each}}{{/each}}";
    let copies = "{{#each a}}{{#if (lookup @root \"record\")}}{{/if}}{{/each}}";
    let fields: serde_json::Map<_, _> = numbers.iter().map(|number| (number.to_string(), json!(number))).collect();
    let long = "x".repeat(1_000_000);
    let signed = "{{{aws4 \"AK\" \"SK\" null \"us\" \"s3\"}}}";
    let itself = json!({"template": "{{> p}}", "partials": {"p": "{{> p}}{{> p}}"}});
    let words = format!("{}b", "a ".repeat(50_000));
    // The first words of a long text are found without looking at the rest.
    let first =
        json!({"rules": "{{#each a}}{{truncateWords ../s 3}}{{/each}}", "input": {"a": numbers[..1_000], "s": words}});
    assert_eq!(code("handlebars", &first), "");
    for (name, question, want) in [
        ("handlebars", json!({"rules": each(8), "input": {"a": numbers[..50]}}), "template_limit"),
        ("handlebars", json!({"rules": sorts, "input": {"a": numbers}}), "template_limit"),
        ("handlebars", json!({"rules": itself}), "template_limit"),
        ("handlebars", json!({"rules": copies, "input": {"record": fields, "a": numbers[..5_000]}}), "template_limit"),
        (
            "handlebars",
            json!({"rules": "{{regexReplace s \"\" \".*z|x\" \"g\"}}", "input": {"s": long}}),
            "template_helper",
        ),
        (
            "handlebars",
            json!({"rules": signed, "input": {"hmacOptions": {"headers": {"x-amz-date": "1234567é"}}}}),
            "template_helper",
        ),
    ] {
        assert_eq!(code(name, &question), want, "{name} {}", &question.to_string()[..60]);
    }
}

#[test]
fn catastrophic_patterns_are_answered_or_refused() {
    let text = format!("{}!", "a".repeat(5_000));
    let alternatives: Vec<String> = (0..2_000).map(|n| format!("(?<!a{n})x{n}.*y")).collect();
    let patterns = [
        "^(a+)+$",
        "(a*)*b",
        "^(?=(a+)+$)(a|aa)+$",
        "(?=(a+))\\1*b(a+)+\\2$",
        "((a{1,100}){1,100}){1,100}",
        "(?<=a{1,500})b",
        "a(?!.*z)b",
        "(?=(a+)+c)b",
        &"(".repeat(DEEP),
        &alternatives.join("|"),
    ];
    for pattern in patterns {
        let filter = json!({"rules": ["matches", ["extract", "s"], pattern], "input": {"s": text}});
        assert!(["", "filter", "invalid_filter"].contains(&&*code("filter", &filter)));
        for template in ["{{regexReplace s \"x\" p \"g\"}}", "{{regexMatch s p}}", "{{regexSearch s p}}"] {
            let question = json!({"rules": template, "input": {"s": text, "p": pattern}});
            assert!(["", "template_helper"].contains(&&*code("handlebars", &question)));
        }
    }
    let long = "a".repeat(1_000_000);
    for pattern in ["(?<=a{1,500})b", "(?=(a+)+c)b"] {
        let question = json!({"rules": ["matches", ["extract", "s"], pattern], "input": {"s": long}});
        assert_eq!(code("filter", &question), "filter", "{pattern}");
    }
    // One after the other, each in bounds.
    let many = vec![json!(["matches", ["extract", "s"], "(?<=a{1,500})b"]); 1_000];
    let rules: Value = [json!("or")].into_iter().chain(many).collect();
    assert_eq!(code("filter", &json!({"rules": rules, "input": {"s": "a".repeat(30_000)}})), "filter");
    let rules = "{{#each a}}{{regexSearch ../s \"(?<=a{1,500})b\"}}{{/each}}";
    let question = json!({"rules": rules, "input": {"a": vec![1; 3_000], "s": "a".repeat(30_000)}});
    assert_eq!(code("handlebars", &question), "template_helper");
}

#[test]
fn schedules_that_never_come_and_endless_ones_are_answered() {
    let times = |count: u64| json!({"from": "2026-01-01T00:00:00Z", "count": count});
    let minutes: Vec<String> = (0..DEEP).map(|minute| (minute % 60).to_string()).collect();
    for (expression, zone, options, wanted) in [
        ("? 0 0 30 2 *".to_owned(), json!("UTC"), times(u64::MAX), &["", "invalid_schedule"][..]),
        ("? 0 0 29 2 1".to_owned(), json!("America/New_York"), times(1_000), &[""]),
        ("? 0 0 31 4,6,9,11 *".to_owned(), json!(null), times(1_000), &["", "invalid_schedule"]),
        (format!("? {} * ? * *", minutes.join(",")), json!("UTC"), times(1_000), &["too_often", "invalid_schedule"]),
        (format!("? {} * ? * *", "0-".repeat(DEEP)), json!("UTC"), times(1), &["invalid_schedule"]),
        ("? 0/0 * ? * *".to_owned(), json!("UTC"), times(5), &["", "too_often", "invalid_schedule"]),
        ("? 99999999999999999999 * ? * *".to_owned(), json!("UTC"), times(5), &["invalid_schedule"]),
        ("? ".repeat(DEEP), json!("UTC"), times(5), &["invalid_schedule"]),
        ("? 0 0 ? * *".to_owned(), json!("x/".repeat(DEEP)), times(5), &["invalid_schedule"]),
        ("? 0 0 ? * *".to_owned(), json!("UTC"), json!({"from": i64::MAX, "count": 9}), &["", "invalid_date"]),
        ("? 0 0 ? * *".to_owned(), json!("UTC"), json!({"from": i64::MIN, "count": 9}), &["", "invalid_date"]),
    ] {
        let question = json!({"rules": {"expression": expression, "timezone": zone}, "options": options});
        let came = code("cron", &question);
        assert!(wanted.contains(&&*came), "{came}: {}", &question.to_string()[..60]);
    }
}

#[test]
fn paths_that_would_not_end_are_answered_or_refused() {
    let wide: Vec<Value> = (0..300).map(|n| json!({"a": [n, {"a": [n]}]})).collect();
    let text = format!("{}!", "a".repeat(5_000));
    let lists = (0..100).fold(json!([1]), |inner, _| json!([inner]));
    for (path, input) in [
        (format!("$[?{}@.a{}]", "(".repeat(DEEP), ")".repeat(DEEP)), json!([])),
        (format!("$[?{}@.a]", "!".repeat(DEEP)), json!([])),
        ("$".to_owned() + &"[?@".repeat(DEEP), json!([])),
        ("$".to_owned() + &".a".repeat(DEEP), json!({"a": 1})),
        ("$".to_owned() + &"..*".repeat(50), json!(wide)),
        ("$".to_owned() + &"..[?@..a]".repeat(8), json!(wide)),
        (format!("$[{}0]", "0,".repeat(DEEP)), json!(wide)),
        ("$[?match(@, '^(a+)+$')]".to_owned(), json!([text, text])),
        ("$[?search(@, '((a{1,100}){1,100}){1,100}')]".to_owned(), json!([text])),
        ("$[99999999999999999999]".to_owned(), json!([1])),
        ("$[-9007199254740991:9007199254740991:1]".to_owned(), json!(wide)),
        ("$[::0]".to_owned(), json!(wide)),
        ("$".to_owned() + &"..[*]".repeat(30), lists),
    ] {
        let came = code("jsonPath", &json!({"rules": path, "input": input}));
        let begin: String = path.chars().take(40).collect();
        assert!(["", "invalid_path"].contains(&&*came), "{came}: {begin}");
    }
}

/// A workbook of so many rows, each with the number one.
fn workbook(rows: usize) -> Vec<u8> {
    let sheet = |out: &mut dyn Write| {
        out.write_all(b"<worksheet><sheetData>").unwrap();
        for _ in 0..rows {
            out.write_all(b"<row><c><v>1</v></c></row>").unwrap();
        }
        out.write_all(b"</sheetData></worksheet>").unwrap();
    };
    book(&sheet, "", "")
}

/// A workbook of this sheet, with more relations and these styles.
fn book(sheet: &dyn Fn(&mut dyn Write), more: &str, styles: &str) -> Vec<u8> {
    let text = |text: String| move |out: &mut dyn Write| out.write_all(text.as_bytes()).unwrap();
    let book = text("<workbook><sheets><sheet name=\"S\" r:id=\"r1\"/></sheets></workbook>".to_owned());
    let first = "<Relationship Id=\"r1\" Type=\"x/worksheet\" Target=\"worksheets/sheet1.xml\"/>";
    let links = text(format!("<Relationships>{first}{more}</Relationships>"));
    let styles = text(styles.to_owned());
    let parts: [Part<'_>; 4] = [
        ("xl/workbook.xml", &book),
        ("xl/_rels/workbook.xml.rels", &links),
        ("xl/styles.xml", &styles),
        ("xl/worksheets/sheet1.xml", sheet),
    ];
    archive(&parts)
}

/// A file of an archive: its name, and what writes it.
type Part<'p> = (&'p str, &'p dyn Fn(&mut dyn Write));

/// A zip archive, deflated.
fn archive(parts: &[Part<'_>]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, write) in parts {
        let mut packer = Packer { crc: flate2::Crc::new(), out: DeflateEncoder::new(Vec::new(), Compression::fast()) };
        write(&mut packer);
        let (sum, packed) = (packer.crc.sum(), packer.out.finish().unwrap());
        let offset = u32::try_from(bytes.len()).unwrap();
        let length = u16::try_from(name.len()).unwrap();
        let mut fields = vec![20, 0, 0, 0, 8, 0, 0, 0, 33, 0];
        for number in [sum, u32::try_from(packed.len()).unwrap(), packer.crc.amount()] {
            fields.extend_from_slice(&number.to_le_bytes());
        }
        fields.extend_from_slice(&length.to_le_bytes());
        fields.extend_from_slice(&[0, 0]);
        bytes.extend([b"PK\x03\x04", &fields[..], name.as_bytes(), &packed].concat());
        directory
            .extend([b"PK\x01\x02\x14\x00", &fields[..], &[0; 10], &offset.to_le_bytes(), name.as_bytes()].concat());
    }
    let (offset, size) = (u32::try_from(bytes.len()).unwrap(), u32::try_from(directory.len()).unwrap());
    let count = u16::try_from(parts.len()).unwrap().to_le_bytes();
    bytes.extend(directory);
    bytes.extend(
        [&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &size.to_le_bytes(), &offset.to_le_bytes(), &[0, 0]].concat(),
    );
    bytes
}

struct Packer {
    crc: flate2::Crc,
    out: DeflateEncoder<Vec<u8>>,
}

impl Write for Packer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.crc.update(bytes);
        self.out.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Not what loops count, but what the interpreter's own functions do.
#[test]
fn scripts_that_would_not_end_are_answered_in_good_time() {
    let ask = |body: &str| json!({"rules": {"code": format!("function f() {{ {body} }}"), "function": "f"}});
    let mut child = Command::new(env!("CARGO_BIN_EXE_tombolo"))
        .args(["eval", "javascript"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut questions = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    for body in [
        "return /^(a+)+$/.test('a'.repeat(40) + 'b');",
        "return new Array(1e9).fill(0);",
        "return [...(function* () { for (;;) yield 1; })()];",
    ] {
        let start = Instant::now();
        writeln!(questions, "{}\n{}", ask(body), ask("return 7;")).unwrap();
        let mut next = || serde_json::from_str::<Value>(&answers.next().unwrap().unwrap()).unwrap();
        let (hostile, harmless) = (next(), next());
        assert_eq!((&hostile["errors"][0]["code"], &harmless["output"]), (&json!("script_limit"), &json!(7)), "{body}");
        // The wait for a script is the same in every build; the rest is the start of its process.
        assert!(start.elapsed() < Duration::from_secs(10), "{body}: {:?}", start.elapsed());
    }
    drop(questions);
    assert!(child.wait().unwrap().success());
}
