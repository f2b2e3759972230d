//! Records that are made, always the same ones, and the templates that both sides render.

use serde_json::{Value, json};
use std::fmt::Write;

/// The columns of the file.
const HEAD: &str = "id,email,first,last,company,street,city,country,amount,quantity,date,note";
const COUNTRIES: [&str; 4] = ["USA", "France", "Japan", "Brazil"];

/// A CSV file of so many records of 12 columns; in every tenth a text needs its quotes.
pub(crate) fn csv(records: usize) -> String {
    let mut text = String::with_capacity(records * 130);
    text.push_str(HEAD);
    text.push('\n');
    for n in 0..records {
        row(n, &mut text);
    }
    text
}

/// One row of it.
pub(crate) fn row(n: usize, text: &mut String) {
    let country = COUNTRIES[n % 4];
    let note = if n.is_multiple_of(10) { "\"said \"\"yes\"\", twice\"" } else { "nothing to add" };
    let (cents, day) = (n * 7919 % 1_000_000, n % 28 + 1);
    let written = writeln!(
        text,
        "{n},person{n}@example.com,Maria{},Schneider,Company {} Ltd,{} Long Street,Springfield,{country},{}.{:02},{},2026-11-{day:02},{note}",
        n % 97,
        n % 1013,
        n % 300,
        cents / 100,
        cents % 100,
        n % 50,
    );
    written.expect("memory takes it");
}

/// The filter keeps half of the records.
pub(crate) fn filter() -> Value {
    json!([
        "or",
        ["equals", ["string", ["extract", "country"]], "USA"],
        ["equals", ["string", ["extract", "country"]], "Japan"]
    ])
}

/// A filter of many rules, of which the last one keeps all records.
pub(crate) fn filter_that_keeps_all(rules: usize) -> Value {
    let all = json!(["greaterthan", ["number", ["extract", "amount"]], -1]);
    let other =
        |filter, n| json!(["or", ["equals", ["string", ["extract", "country"]], format!("nowhere {n}")], filter]);
    (1..rules).fold(all, other)
}

/// Ten fields: texts, numbers, a truth, a date, an expression and an object.
pub(crate) fn mapping() -> Value {
    let field = |generate: &str, data_type: &str, extract: &str| json!({"generate": generate, "dataType": data_type, "extract": extract, "status": "Active"});
    let mut date = field("date", "string", "$.date");
    date["extractDateFormat"] = json!("YYYY-MM-DD");
    date["generateDateFormat"] = json!("DD/MM/YYYY");
    json!([
        field("id", "number", "$.id"),
        field("email", "string", "$.email"),
        field("name", "string", "{{record.first}} {{record.last}}"),
        field("company", "string", "$.company"),
        field("city", "string", "$.city"),
        field("amount", "number", "$.amount"),
        field("active", "boolean", "true"),
        field("quantity", "number", "$.quantity"),
        date,
        {"generate": "address", "dataType": "object", "status": "Active", "mappings": [field("street", "string", "$.street")]},
    ])
}

/// The templates that are rendered, by name, and what they are rendered with.
pub(crate) fn templates() -> [(&'static str, &'static str); 2] {
    [
        (
            "fields",
            "{\"id\":{{{record.id}}},\"to\":\"{{record.email}}\",\"name\":\"{{record.first}} {{record.last}}\",\"city\":\"{{record.address.city}}\"}",
        ),
        (
            "lines",
            "<order id=\"{{record.id}}\">{{#each record.lines}}<line n=\"{{@index}}\" sku=\"{{sku}}\">{{quantity}}{{#if note}} ({{note}}){{/if}}</line>{{else}}none{{/each}}</order>",
        ),
    ]
}

/// The context of the templates.
pub(crate) fn context() -> Value {
    let lines: Vec<Value> = (0..20)
        .map(|n| json!({"sku": format!("SKU-{n}"), "quantity": n * 3, "note": if n % 3 == 0 { "<fragile>" } else { "" }}))
        .collect();
    json!({"record": {
        "id": 1234, "email": "maria@example.com", "first": "Maria", "last": "O'Schneider", "address": {"city": "Springfield & more"},
        "lines": lines,
    }})
}

/// The records of the file as JSON, and as XML.
pub(crate) fn json_and_xml(records: usize) -> (String, String) {
    let (mut json, mut xml) = (String::from("["), String::from("<rows>"));
    for n in 0..records {
        let comma = if n == 0 { "" } else { "," };
        let country = COUNTRIES[n % 4];
        let made = write!(
            json,
            "{comma}{{\"id\":{n},\"email\":\"person{n}@example.com\",\"name\":\"Maria Schneider\",\"country\":\"{country}\",\"amount\":{}.5,\"lines\":[{{\"sku\":\"S{n}\",\"n\":1}}]}}",
            n % 1000
        )
        .and_then(|()| {
            write!(
                xml,
                "<row id=\"{n}\"><email>person{n}@example.com</email><name>Maria &amp; Schneider</name><country>{country}</country><amount>{}.5</amount></row>",
                n % 1000
            )
        });
        made.expect("memory takes it");
    }
    json.push(']');
    xml.push_str("</rows>");
    (json, xml)
}
