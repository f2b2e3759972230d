//! Encodings: base64, addresses, HTML, JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tombolo_model::{KeyPool, Val, excerpt};

use super::{Args, Inline, Made, made};
use crate::encode::{decode_uri_component, uri_component};

pub(super) const ALL: &[Inline] = &[
    Inline {
        name: "base64Encode",
        arguments: "text format?",
        least: 1,
        help: "The text in base64; the format says which bytes it is: utf8, ascii, latin1, utf16le, or hex for the text in hex.",
        example: ("{{{base64Encode \"jane@example.com\"}}}", "amFuZUBleGFtcGxlLmNvbQ=="),
        run: base64_encode,
    },
    Inline {
        name: "base64Decode",
        arguments: "text format?",
        least: 1,
        help: "The text that stands in base64; the format says what its bytes are: utf8, ascii, latin1, utf16le, hex, base64.",
        example: ("{{base64Decode \"U29tZSB2YWx1ZQ==\"}}", "Some value"),
        run: |args| {
            let bytes = lenient_base64(&args.text(0));
            made(decode(&bytes, &args.optional(1).unwrap_or("utf8".into()))?)
        },
    },
    Inline {
        name: "encodeURI",
        arguments: "text",
        least: 1,
        help: "The text for a part of an address: also commas, slashes and the like are encoded.",
        example: ("{{{encodeURI \"overseas order/flow\"}}}", "overseas%20order%2Fflow"),
        run: |args| made(uri_component(&args.text(0))),
    },
    Inline {
        name: "decodeURI",
        arguments: "text",
        least: 1,
        help: "The text that stands encoded in an address.",
        example: ("{{{decodeURI \"overseas%20order\"}}}", "overseas order"),
        run: |args| match decode_uri_component(&args.text(0)) {
            Some(text) => made(text),
            None => Err(format!("“{}” is not percent-encoded: write % as %25", excerpt(&args.text(0)))),
        },
    },
    Inline {
        name: "htmlEncode",
        arguments: "text",
        least: 1,
        help: "The text for a web page.",
        example: ("{{{htmlEncode \"<p>&</p>\"}}}", "&lt;p&gt;&amp;&lt;/p&gt;"),
        run: |args| made(html_encode(&args.text(0))),
    },
    Inline {
        name: "htmlDecode",
        arguments: "text",
        least: 1,
        help: "The text that stands encoded in a web page.",
        example: ("{{{htmlDecode \"&lt;p&gt; &amp; &#233;\"}}}", "<p> & é"),
        run: |args| made(super::format::html_decode(&args.text(0))),
    },
    Inline {
        name: "jsonEncode",
        arguments: "text",
        least: 1,
        help: "The text for a place between quotes in JSON.",
        example: ("{{{jsonEncode \"a\"}}}", "a"),
        run: |args| match args.get(0) {
            text @ Val::Str(_) => {
                let quoted = text.to_json();
                made(&quoted[1..quoted.len() - 1])
            }
            Val::List(_) | Val::Map(_) => made("[object Object]"),
            other => Ok(other.clone()),
        },
    },
    Inline {
        name: "jsonParse",
        arguments: "text",
        least: 1,
        help: "The value that stands in JSON.",
        example: ("{{#with (jsonParse record.json)}}{{a}}{{/with}}", "1,2"),
        run: json_parse,
    },
    Inline {
        name: "jsonSerialize",
        arguments: "value",
        least: 1,
        help: "The value in JSON.",
        example: ("{{{jsonSerialize record.address}}}", "{\"city\":\"Oslo\",\"zip\":\"0150\"}"),
        run: |args| match args.get(0) {
            Val::Absent => Ok(Val::Absent),
            value => made(value.to_json()),
        },
    },
    Inline {
        name: "stripProtocol",
        arguments: "address",
        least: 1,
        help: "The address without its scheme.",
        example: ("{{stripProtocol record.url}}", "//a.example/b?c=d"),
        run: |args| {
            let text = args.text(0);
            let scheme = |before: &str| {
                before.starts_with(|first: char| first.is_ascii_alphabetic())
                    && before.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
            };
            match text.split_once("://") {
                Some((before, after)) if scheme(before) => made(format!("//{after}")),
                _ => made(text),
            }
        },
    },
    Inline {
        name: "stripQuerystring",
        arguments: "address",
        least: 1,
        help: "The address up to its question mark.",
        example: ("{{stripQuerystring record.url}}", "https://a.example/b"),
        run: |args| {
            let text = args.text(0);
            made(text.split_once('?').map_or(&*text, |(before, _)| before))
        },
    },
];

fn json_parse(args: &Args<'_>) -> Made {
    match args.get(0) {
        Val::Str(text) => Val::parse(text.as_bytes(), &mut KeyPool::default())
            .map_err(|error| format!("the text is not valid JSON: {error}")),
        Val::Absent => Err("there is no text to read as JSON".to_owned()),
        value => Ok(value.clone()),
    }
}

fn html_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\'' => out.push_str("&#39;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
    out
}

fn base64_encode(args: &Args<'_>) -> Made {
    let text = args.text(0);
    let format = args.optional(1).unwrap_or("utf8".into()).to_ascii_lowercase();
    let units = || text.encode_utf16();
    let bytes: Vec<u8> = match format.as_str() {
        "utf8" | "utf-8" => text.as_bytes().to_vec(),
        "hex" => return made(hex::encode(text.as_bytes())),
        "ascii" | "latin1" | "binary" => units().map(|unit| unit.to_le_bytes()[0]).collect(),
        "ucs2" | "ucs-2" | "utf16le" | "utf-16le" => units().flat_map(u16::to_le_bytes).collect(),
        "base64" => lenient_base64(&text),
        other => return Err(unknown(other)),
    };
    made(STANDARD.encode(bytes))
}

fn decode(bytes: &[u8], format: &str) -> Result<String, String> {
    Ok(match format.to_ascii_lowercase().as_str() {
        "utf8" | "utf-8" => String::from_utf8_lossy(bytes).into_owned(),
        "ascii" => bytes.iter().map(|byte| char::from(byte & 0x7f)).collect(),
        "latin1" | "binary" => bytes.iter().copied().map(char::from).collect(),
        "ucs2" | "ucs-2" | "utf16le" | "utf-16le" => {
            let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
            String::from_utf16_lossy(&units)
        }
        "hex" => hex::encode(bytes),
        "base64" => STANDARD.encode(bytes),
        other => return Err(unknown(other)),
    })
}

fn unknown(format: &str) -> String {
    format!(
        "it knows the formats utf8, ascii, hex, base64, latin1 and utf16le, and not “{format}”",
        format = excerpt(&format)
    )
}

/// Base64 as Node reads it: both alphabets, with or without padding, whatever else stands between.
pub(super) fn lenient_base64(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut held, mut bits) = (0_u32, 0);
    for byte in text.bytes().take_while(|byte| *byte != b'=') {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => continue,
        };
        held = held << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits).to_le_bytes()[0]);
            held &= (1 << bits) - 1;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use crate::helpers::checks;

    #[test]
    fn base64_knows_the_formats_of_node() {
        checks::all(
            "{}",
            &[
                (
                    "{{{base64Encode \"é\"}}} {{{base64Encode \"é\" \"latin1\"}}} {{{base64Encode \"a\" \"utf16le\"}}}",
                    "w6k= 6Q== YQA=",
                ),
                ("{{{base64Encode \"Hello\" \"hex\"}}}", "48656c6c6f"),
                (
                    "{{base64Decode \"w6k\"}} {{base64Decode \"6Q==\" \"latin1\"}} {{base64Decode \"w6k=\" \"hex\"}}",
                    "é é c3a9",
                ),
                (
                    "{{base64Decode \"aGV s\nbG8\"}} {{base64Decode \"YQA=\" \"ucs2\"}} {{base64Decode \"_-8\" \"hex\"}}",
                    "hello a ffef",
                ),
                ("{{base64Encode \"a\" \"rot13\"}}", "!rot13"),
                ("{{base64Encode missing}}|{{base64Decode missing}}", "|"),
            ],
        );
    }

    #[test]
    fn texts_are_encoded_for_addresses_pages_and_json() {
        checks::all(
            r#"{"q":"a \"b\"\n\\c","o":{"a":[1,null]},"n":1.50}"#,
            &[
                ("{{{encodeURI \",/?:@&=+$#é\"}}}", "%2C%2F%3F%3A%40%26%3D%2B%24%23%C3%A9"),
                ("{{{decodeURI \"a+b%2Fc\"}}}", "a+b/c"),
                ("{{{decodeURI \"100%\"}}}", "!100%"),
                (
                    "{{{htmlEncode \"a'b\"}}} {{{htmlDecode \"&quot;&#x41;&nbsp;&Eacute;&bogus;&amp;lt;\"}}}",
                    "a&#39;b \"A\u{a0}É&bogus;&lt;",
                ),
                ("{{{jsonEncode q}}} {{jsonEncode o}} {{jsonEncode n}}", "a \\\"b\\\"\\n\\\\c [object Object] 1.5"),
                (
                    "{{{jsonSerialize o}}}{{{jsonSerialize q}}}{{jsonSerialize missing}}{{jsonStringify n}}",
                    "{\"a\":[1,null]}\"a \\\"b\\\"\\n\\\\c\"1.5",
                ),
                ("{{#each (jsonParse \"[1,2]\")}}<{{this}}>{{/each}}", "<1><2>"),
                ("{{jsonParse \"{\"}}", "!not valid JSON"),
                ("{{jsonParse missing}}", "!no text"),
                (
                    "{{stripProtocol \"mailto:a\"}} {{stripProtocol \"//x\"}} {{stripQuerystring \"a?b?c#d\"}}",
                    "mailto:a //x a",
                ),
            ],
        );
    }
}
