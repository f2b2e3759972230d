//! Writes a workbook of one sheet, row by row, the same bytes for the same records.

use std::sync::Arc;

use tombolo_model::{Keys, Record, Val};

use crate::compress::ZipWriter;
use crate::xml::text::{escape, is_allowed};

/// Writes record after record. The first record names the columns.
pub struct XlsxWriter {
    include_header: bool,
    zip: ZipWriter,
    columns: Option<Arc<Keys>>,
    rows: u64,
}

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
"#;
const TYPES: &str = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"#;
const PACKAGE: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK: &str = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const RELATIONS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
const SHEET: &str = r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>"#;
const SHEET_END: &str = "</sheetData></worksheet>";

/// As many rows as a sheet has.
const MOST_ROWS: u64 = 1_048_576;
/// As many characters (of UTF-16) as a cell holds.
const MOST_CHARACTERS: usize = 32_767;
/// Whole numbers up to this keep their digits in a spreadsheet; bigger ones are written as texts.
const MOST_DIGITS: i64 = 999_999_999_999_999;

impl XlsxWriter {
    /// Makes a writer.
    #[must_use]
    pub fn new(include_header: bool) -> Self {
        Self { include_header, zip: ZipWriter::default(), columns: None, rows: 0 }
    }

    /// Appends one record.
    ///
    /// # Errors
    ///
    /// Returns why the record cannot be a row; nothing is written then.
    pub fn write(&mut self, record: &Record, out: &mut Vec<u8>) -> Result<(), String> {
        self.write_all(&[record], out)
    }

    /// Appends records: all of them, or none.
    ///
    /// # Errors
    ///
    /// Returns why one of them cannot be a row; nothing is written then.
    pub fn write_all(&mut self, records: &[&Record], out: &mut Vec<u8>) -> Result<(), String> {
        let Some(first) = records.first() else { return Ok(()) };
        let columns = self.columns.clone().unwrap_or_else(|| Arc::clone(first.keys()));
        let is_first = self.columns.is_none();
        let mut text = String::new();
        let mut number = self.rows;
        if is_first && self.include_header {
            number += 1;
            row(number, columns.names().map(Val::text), &mut text)?;
        }
        for record in records {
            if let Some((name, _)) = record.iter().find(|(name, _)| columns.find(name).is_none()) {
                return Err(format!(
                    "The sheet has no column “{name}”: its columns are those of the first record. Map the field for every record, or leave it out."
                ));
            }
            if number >= MOST_ROWS {
                return Err(format!("A sheet has {MOST_ROWS} rows and no more: write a CSV file, or several files."));
            }
            number += 1;
            row(number, columns.names().map(|name| record.get(name).cloned().unwrap_or_default()), &mut text)?;
        }
        if is_first {
            self.begin(out);
            self.columns = Some(columns);
        }
        self.rows = number;
        self.zip.push(text.as_bytes(), out);
        Ok(())
    }

    /// Appends the end of the workbook.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if self.columns.is_none() {
            self.begin(out);
        }
        self.zip.push(SHEET_END.as_bytes(), out);
        self.zip.finish(out);
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        let parts = [
            ("[Content_Types].xml", TYPES),
            ("_rels/.rels", PACKAGE),
            ("xl/workbook.xml", BOOK),
            ("xl/_rels/workbook.xml.rels", RELATIONS),
            ("xl/worksheets/sheet1.xml", SHEET),
        ];
        for (name, text) in parts {
            self.zip.begin(name, out);
            self.zip.push(HEAD.as_bytes(), out);
            self.zip.push(text.as_bytes(), out);
        }
    }
}

fn row(number: u64, values: impl Iterator<Item = Val>, out: &mut String) -> Result<(), String> {
    out.push_str(&format!("<row r=\"{number}\">"));
    for (column, value) in values.enumerate() {
        let place = || format!("{}{number}", letters(column));
        match value {
            Val::Absent | Val::Null => {}
            Val::Bool(flag) => out.push_str(&format!("<c r=\"{}\" t=\"b\"><v>{}</v></c>", place(), u8::from(flag))),
            Val::Int(whole) if (-MOST_DIGITS..=MOST_DIGITS).contains(&whole) => {
                out.push_str(&format!("<c r=\"{}\"><v>{whole}</v></c>", place()));
            }
            Val::Float(float) => out.push_str(&format!("<c r=\"{}\"><v>{float}</v></c>", place())),
            other => cell(&place(), &other.display(), out)?,
        }
    }
    out.push_str("</row>");
    Ok(())
}

fn cell(place: &str, text: &str, out: &mut String) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    if text.encode_utf16().count() > MOST_CHARACTERS {
        return Err(format!(
            "A text is longer than {MOST_CHARACTERS} characters, and no cell can hold it: shorten it in the mapping."
        ));
    }
    if let Some(wrong) = text.chars().find(|character| !is_allowed(*character)) {
        let number = u32::from(wrong);
        return Err(format!(
            "A text has the character number {number}, which no cell can hold: replace it in the mapping."
        ));
    }
    out.push_str(&format!("<c r=\"{place}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">"));
    escape(text, false, out);
    out.push_str("</t></is></c>");
    Ok(())
}

/// The letters of a column, from 0: `A`, `Z`, `AA`.
fn letters(column: usize) -> String {
    let mut made = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        rest -= 1;
        made.push("ABCDEFGHIJKLMNOPQRSTUVWXYZ".as_bytes()[rest % 26]);
        rest /= 26;
    }
    made.iter().rev().map(|letter| char::from(*letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_the_letters_that_spreadsheets_show() {
        let all: Vec<_> = [0, 25, 26, 51, 52, 701, 702, 16_383].into_iter().map(letters).collect();
        assert_eq!(all, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA", "XFD"]);
    }

    #[test]
    fn what_no_cell_can_hold_is_said_and_not_written() {
        let mut writer = XlsxWriter::new(true);
        let mut out = Vec::new();
        let mut record = Record::default();
        record.set("a", Val::text(&"x".repeat(MOST_CHARACTERS + 1)));
        assert!(writer.write(&record, &mut out).unwrap_err().contains("longer than 32767"));
        record.set("a", Val::text("\u{1}"));
        assert!(writer.write(&record, &mut out).unwrap_err().contains("number 1"));
        assert!(out.is_empty());
    }
}
