//! Reads the first sheet of a workbook: its values, not what computed them.

use std::sync::Arc;

use tombolo_model::{Keys, Record, Val};

use super::parts::Parts;
use super::sheet::{Cells, Sheet};
use super::{KIND, MAX_WORKBOOK_BYTES};
use crate::compress::{Entry, ZipIndex};
use crate::csv::distinct;
use crate::error::{FormatError, Row, RowError};
use crate::xml::scan::Scanner;

/// Takes a workbook piece by piece, and gives its rows piece by piece once it is all there.
pub struct XlsxReader {
    has_header_row: bool,
    held: Vec<u8>,
    open: Option<Open>,
    keys: Option<Arc<Keys>>,
    records: u64,
    /// The workbook's size, and about that of the records made of it so far.
    size_bytes: usize,
    made_bytes: usize,
}

/// A workbook that is being read.
struct Open {
    index: ZipIndex,
    entry: Entry,
    scanner: Scanner,
    sheet: Sheet,
    /// What of the sheet is inflated, and how much of that was looked at.
    inflated: Vec<u8>,
    seen: usize,
    /// More can be inflated.
    more: bool,
}

/// A sheet is looked at in steps of so many bytes: a row of 30 may become a record of megabytes.
const STEP_BYTES: usize = 256;
/// This much may be made of any workbook.
const ALWAYS_BYTES: usize = 256 * 1024 * 1024;
/// Beyond it, this many bytes for each of the workbook: cells share their texts, and rows go to the last column.
const RATIO: usize = 2_000;
/// Records beyond this are made when those before were taken.
const MAX_MADE_BYTES: usize = 1024 * 1024;

impl XlsxReader {
    /// Makes a reader.
    #[must_use]
    pub fn new(has_header_row: bool) -> Self {
        Self { has_header_row, held: Vec::new(), open: None, keys: None, records: 0, size_bytes: 0, made_bytes: 0 }
    }

    /// Takes the next piece of the workbook.
    ///
    /// # Errors
    ///
    /// Returns [`FormatError::TooBig`] when it takes too much.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), FormatError> {
        if self.held.len() + bytes.len() > MAX_WORKBOOK_BYTES {
            return Err(FormatError::TooBig { what: "The workbook", most: MAX_WORKBOOK_BYTES });
        }
        self.held.extend_from_slice(bytes);
        Ok(())
    }

    /// Says that the workbook is all there and appends some of its records; whether there are more.
    ///
    /// # Errors
    ///
    /// Returns [`FormatError::BadCompression`], [`FormatError::NotXlsx`], [`FormatError::NotXml`], and what tells
    /// of limits.
    pub fn finish(&mut self, out: &mut Vec<Row>) -> Result<bool, FormatError> {
        if self.open.is_none() {
            self.size_bytes = self.held.len();
            self.open = Some(open(std::mem::take(&mut self.held))?);
        }
        let Some(open) = &mut self.open else { return Ok(false) };
        if open.inflate()? {
            return self.rows(out).map(|()| true);
        }
        let complete = self.open.take().is_some_and(|open| open.scanner.is_complete());
        if complete { Ok(false) } else { Err(FormatError::NotXlsx("its sheet is cut off".to_owned())) }
    }

    /// Makes records of what is inflated, until there are many bytes of them.
    fn rows(&mut self, out: &mut Vec<Row>) -> Result<(), FormatError> {
        let mut made = 0;
        while made < MAX_MADE_BYTES {
            let Some(rows) = self.open.as_mut().map(Open::step).transpose()?.flatten() else { break };
            for row in rows {
                made += row.1.iter().map(|(_, value)| value.as_str().map_or(0, str::len)).sum::<usize>();
                self.row(row, out)?;
                made += self.keys.as_ref().map_or(0, |keys| keys.len() * size_of::<Val>());
            }
        }
        self.made_bytes = self.made_bytes.saturating_add(made);
        let most = ALWAYS_BYTES.max(self.size_bytes.saturating_mul(RATIO));
        if self.made_bytes > most {
            return Err(FormatError::TooBig { what: "What the cells of the workbook become", most });
        }
        Ok(())
    }

    fn row(&mut self, (number, cells): Cells, out: &mut Vec<Row>) -> Result<(), FormatError> {
        let width = cells.iter().map(|(column, _)| column + 1).max().unwrap_or_default();
        let Some(keys) = &self.keys else {
            let mut names = vec![String::new(); width];
            if self.has_header_row {
                for (column, value) in &cells {
                    value.display().trim().clone_into(&mut names[*column]);
                }
            }
            self.keys = Some(Arc::new(Keys::new(distinct(names, 1))));
            return if self.has_header_row { Ok(()) } else { self.row((number, cells), out) };
        };
        let index = self.records;
        self.records += 1;
        if width > keys.len() {
            let message = format!(
                "Row {number} has a value in column {width}, and there are {} columns. Name the column in the first row, or clear the cell.",
                keys.len()
            );
            out.push(Err(RowError::new(index, message)));
            return Ok(());
        }
        let mut values = vec![Val::text(""); keys.len()];
        for (column, value) in cells {
            values[column] = value;
        }
        out.push(Ok(Record::new(Arc::clone(keys), values)));
        Ok(())
    }
}

impl Open {
    /// Inflates more of the sheet where all that is has been looked at; whether there is something to look at.
    fn inflate(&mut self) -> Result<bool, FormatError> {
        while self.seen == self.inflated.len() {
            if !self.more {
                return Ok(false);
            }
            self.inflated.clear();
            self.seen = 0;
            let inflated = &mut self.inflated;
            self.more = self.entry.next(&self.index, &mut |bytes| {
                inflated.extend_from_slice(bytes);
                Ok(())
            })?;
        }
        Ok(true)
    }

    /// The rows that the next few bytes complete; nothing where there are none.
    fn step(&mut self) -> Result<Option<Vec<Cells>>, FormatError> {
        let next = &self.inflated[self.seen..];
        if next.is_empty() {
            return Ok(None);
        }
        let next = &next[..next.len().min(STEP_BYTES)];
        self.seen += next.len();
        self.scanner.push(next, &mut self.sheet)?;
        Ok(Some(std::mem::take(&mut self.sheet.rows)))
    }
}

fn open(bytes: Vec<u8>) -> Result<Open, FormatError> {
    // What Excel made before 2007, and what is encrypted, is another kind of file.
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(FormatError::NotXlsx("it is of the old kind (.xls) or has a password".to_owned()));
    }
    let index = ZipIndex::new(bytes, KIND)?;
    let parts = Parts::read(&index)?;
    let Some(entry) = index.open(&parts.sheet, KIND)? else {
        return Err(FormatError::NotXlsx(format!("its part {} is missing", parts.sheet)));
    };
    let (scanner, sheet) = (Scanner::new(), Sheet::new(parts));
    Ok(Open { index, entry, scanner, sheet, inflated: Vec::new(), seen: 0, more: true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{XlsxWriter, ZipWriter};

    fn read(bytes: &[u8], header: bool) -> (Vec<String>, Option<FormatError>) {
        let mut reader = XlsxReader::new(header);
        let mut rows = Vec::new();
        for piece in bytes.chunks(1000) {
            if let Err(error) = reader.push(piece) {
                return (vec![], Some(error));
            }
        }
        let error = loop {
            match reader.finish(&mut rows) {
                Ok(true) => {}
                Ok(false) => break None,
                Err(error) => break Some(error),
            }
        };
        let shown = rows.into_iter().map(|row| match row {
            Ok(record) => record.to_json(),
            Err(error) => format!("! {}", error.message),
        });
        (shown.collect(), error)
    }

    fn workbook(parts: &[(&str, &str)]) -> Vec<u8> {
        let mut zip = ZipWriter::default();
        let mut bytes = Vec::new();
        for (name, text) in parts {
            zip.begin(name, &mut bytes);
            zip.push(text.as_bytes(), &mut bytes);
        }
        zip.finish(&mut bytes);
        bytes
    }

    const BOOK: &str = r#"<workbook xmlns:r="r"><workbookPr/><sheets><sheet name="S" sheetId="1" r:id="rId7"/><sheet r:id="rId8"/></sheets></workbook>"#;
    const RELATIONS: &str = r#"<Relationships><Relationship Id="rId7" Type="x/worksheet" Target="worksheets/main.xml"/>
        <Relationship Id="s" Type="x/sharedStrings" Target="/xl/strings.xml"/><Relationship Id="t" Type="x/styles" Target="styles.xml"/></Relationships>"#;

    fn with_sheet(sheet: &str) -> Vec<u8> {
        workbook(&[
            ("xl/workbook.xml", BOOK),
            ("xl/_rels/workbook.xml.rels", RELATIONS),
            (
                "xl/strings.xml",
                "<sst><si><t>Name</t></si><si><r><t>Z</t></r><r><t xml:space='preserve'>oë </t></r><rPh><t>no</t></rPh></si></sst>",
            ),
            (
                "xl/styles.xml",
                r#"<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy-mm-dd"/></numFmts><cellStyleXfs><xf numFmtId="9"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>"#,
            ),
            ("xl/worksheets/main.xml", sheet),
        ])
    }

    #[test]
    fn cells_of_every_kind_become_values() {
        let sheet = r#"<x:worksheet xmlns:x="x"><x:sheetData>
            <x:row r="1"><x:c r="A1" t="s"><x:v>0</x:v></x:c><x:c r="B1" t="inlineStr"><x:is><x:t>Born</x:t></x:is></x:c><x:c r="D1" t="s"><x:v>0</x:v></x:c></x:row>
            <x:row r="2"/><x:row r="4"><x:c r="A4" t="s"><x:v>1</x:v></x:c><x:c r="B4" s="1"><x:v>45322</x:v></x:c><x:c r="C4" t="b"><x:v>1</x:v></x:c><x:c r="D4"><x:f>1+1</x:f><x:v>2.5</x:v></x:c></x:row>
            <x:row><x:c t="str"><x:v>a&amp;b</x:v></x:c><x:c/><x:c t="e"><x:v>#N/A</x:v></x:c></x:row>
            <x:row><x:c r="F6"><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>"#;
        let (rows, error) = read(&with_sheet(sheet), true);
        assert_eq!(error, None);
        assert_eq!(rows[0], r#"{"Name":"Zoë ","Born":"2024-01-31","Column3":true,"Name_2":2.5}"#);
        assert_eq!(rows[1], r##"{"Name":"a&b","Born":"","Column3":"#N/A","Name_2":""}"##);
        assert!(rows[2].starts_with("! Row 6 has a value in column 6"), "{}", rows[2]);
        assert_eq!(
            read(&with_sheet(sheet), false).0[0],
            r#"{"Column1":"Name","Column2":"Born","Column3":"","Column4":"Name"}"#
        );
    }

    #[test]
    fn what_is_written_reads_back() {
        let texts = [
            r#"{"a":"x<&\"\n y ","b":1.5,"c":true}"#,
            r#"{"a":"00012","b":-7,"c":""}"#,
            r#"{"a":"é","b":0,"c":"TRUE"}"#,
        ];
        let mut writer = XlsxWriter::new(true);
        let mut bytes = Vec::new();
        for text in texts {
            let Val::Map(record) = Val::parse(text.as_bytes(), &mut tombolo_model::KeyPool::default()).unwrap() else {
                panic!("an object")
            };
            writer.write(&record, &mut bytes).unwrap();
        }
        writer.finish(&mut bytes);
        assert_eq!(read(&bytes, true), (texts.map(ToOwned::to_owned).to_vec(), None));
    }

    #[test]
    fn a_workbook_of_another_program_is_read() {
        let bytes = include_bytes!("../../tests/fixtures/workbook.xlsx");
        let (rows, error) = read(bytes, true);
        assert_eq!(error, None);
        assert_eq!(
            rows,
            [
                r#"{"Name":"Zoë & Co","Count":3,"Price":2.5,"When":"2024-01-31","Paid":true,"Sum":7.5}"#,
                r#"{"Name":" two\nlines","Count":-1,"Price":1000000,"When":"2024-02-29","Paid":false,"Sum":""}"#
            ]
        );
    }

    #[test]
    fn a_small_workbook_whose_rows_would_become_very_much_is_ended() {
        let rows = "<row><c><v>1</v></c></row>".repeat(1_000);
        let sheet =
            format!("<worksheet><sheetData><row><c r=\"XFD1\"><v>1</v></c></row>{rows}</sheetData></worksheet>");
        let mut reader = XlsxReader::new(true);
        reader.push(&with_sheet(&sheet)).unwrap();
        let mut made = Vec::new();
        let error = loop {
            made.clear();
            match reader.finish(&mut made) {
                Ok(true) => {}
                ended => break ended,
            }
        };
        assert!(matches!(error, Err(FormatError::TooBig { .. })), "{error:?}");
    }

    #[test]
    fn a_damaged_workbook_is_said_to_be() {
        let bytes = with_sheet("<worksheet><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>");
        for length in (0..bytes.len() - 22).step_by(7) {
            assert!(read(&bytes[..length], true).1.is_some(), "{length}");
        }
        assert!(matches!(read(&[0xd0, 0xcf, 0x11, 0xe0, 0], true).1, Some(FormatError::NotXlsx(_))));
        assert!(matches!(read(&workbook(&[("a.txt", "x")]), true).1, Some(FormatError::NotXlsx(_))));
        assert!(matches!(read(&with_sheet("<worksheet><row>"), true).1, Some(FormatError::NotXlsx(_))));
        let missing = with_sheet("<w><row><c t='s'><v>99</v></c></row></w>");
        assert!(matches!(read(&missing, true).1, Some(FormatError::NotXml { .. })));
    }

    /// An archive of which one part is stored as it is.
    fn stored(name: &str, part: &[u8], crc: u32) -> Vec<u8> {
        let mut bytes = workbook(&[("xl/workbook.xml", BOOK)]);
        let end = bytes.len() - 22;
        let directory = usize::try_from(u32::from_le_bytes(bytes[end + 16..end + 20].try_into().unwrap())).unwrap();
        let tail = bytes.split_off(directory);
        let (size, length) = (u32::try_from(part.len()).unwrap(), u16::try_from(name.len()).unwrap());
        let fixed = [
            &[20, 0, 0, 0, 0, 0, 0, 0, 0, 0][..],
            &crc.to_le_bytes(),
            &size.to_le_bytes(),
            &size.to_le_bytes(),
            &length.to_le_bytes(),
            &[0, 0],
        ]
        .concat();
        let offset = u32::try_from(bytes.len()).unwrap();
        bytes.extend([b"PK\x03\x04", &*fixed, name.as_bytes(), part].concat());
        let directory = u32::try_from(bytes.len()).unwrap();
        bytes.extend_from_slice(&tail[..tail.len() - 22]);
        bytes.extend([b"PK\x01\x02\x14\0", &*fixed, &[0; 10], &offset.to_le_bytes(), name.as_bytes()].concat());
        let length = u32::try_from(bytes.len()).unwrap() - directory;
        bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0\x02\0\x02\0");
        bytes.extend([length.to_le_bytes(), directory.to_le_bytes()].concat());
        bytes.extend_from_slice(&[0, 0]);
        bytes
    }

    #[test]
    fn a_sheet_that_is_not_what_was_packed_is_not_read_as_a_whole_one() {
        let sheet = b"<w><row><c><v>11</v></c></row><row><c><v>12</v></c></row></w>";
        let name = "xl/worksheets/sheet1.xml";
        let good = read(&stored(name, sheet, crc32fast::hash(sheet)), false);
        assert_eq!(good, (vec![r#"{"Column1":11}"#.into(), r#"{"Column1":12}"#.into()], None));
        let mut flipped = sheet.to_vec();
        flipped[17] ^= 1;
        assert!(matches!(
            read(&stored(name, &flipped, crc32fast::hash(sheet)), false).1,
            Some(FormatError::BadCompression { reason: "the checksum of a file is wrong", .. })
        ));
        let cut = &sheet[..30];
        assert!(matches!(read(&stored(name, cut, crc32fast::hash(cut)), false).1, Some(FormatError::NotXlsx(_))));
        let mut archive = with_sheet("<w><row><c><v>11</v></c></row><row><c><v>12</v></c></row></w>");
        let part = b"xl/worksheets/main.xml";
        let at = archive.windows(part.len()).rposition(|bytes| bytes == part).unwrap();
        // The directory says that three bytes less were packed.
        archive[at - 26] -= 3;
        assert!(matches!(
            read(&archive, false).1,
            Some(FormatError::BadCompression { reason: "a file is cut off", .. })
        ));
    }

    #[test]
    fn a_part_is_read_once_however_often_it_is_named() {
        // The second one would be an error if anybody read it.
        let relation = ["styles", "cut"]
            .map(|part| format!(r#"<Relationship Id="t" Type="x/styles" Target="{part}.xml"/>"#))
            .concat();
        let bytes = workbook(&[
            ("xl/workbook.xml", BOOK),
            ("xl/_rels/workbook.xml.rels", &format!("<Relationships>{relation}</Relationships>")),
            ("xl/styles.xml", "<s><cellXfs><xf/></cellXfs></s>"),
            ("xl/cut.xml", "<s><cellXfs>"),
            ("xl/worksheets/sheet1.xml", "<w><row><c><v>1</v></c></row></w>"),
        ]);
        assert_eq!(read(&bytes, false), (vec![r#"{"Column1":1}"#.into()], None));
    }

    #[test]
    fn a_text_that_comments_cut_into_pieces_is_counted() {
        let piece = format!("{}<!---->", "x".repeat(1000));
        let text = piece.repeat(6_000);
        let (_, error) = read(&with_sheet(&format!("<w><row><c t='str'><v>{text}</v></c></row></w>")), false);
        assert!(matches!(error, Some(FormatError::RecordTooBig { .. })), "{error:?}");
    }

    #[test]
    fn the_rows_of_a_wide_sheet_come_a_few_at_a_time() {
        let head = r#"<row><c r="XFC1"><v>1</v></c></row>"#;
        let rows = "<row><c><v>1</v></c></row>".repeat(500);
        let mut reader = XlsxReader::new(true);
        reader.push(&with_sheet(&format!("<w>{head}{rows}</w>"))).unwrap();
        let mut count = 0;
        loop {
            let mut out = Vec::new();
            let more = reader.finish(&mut out).unwrap();
            assert!(out.len() < 20, "{}", out.len());
            count += out.len();
            if !more {
                break;
            }
        }
        assert_eq!(count, 500);
    }

    #[test]
    fn workbooks_made_to_exhaust_the_reader_are_ended_by_limits() {
        let row = format!("<row><c><v>1</v></c></row>{}", " ".repeat(100_000)).repeat(400);
        let (_, error) = read(&with_sheet(&format!("<w>{row}</w>")), false);
        assert!(matches!(error, Some(FormatError::InflatesTooMuch { .. })), "{error:?}");
        let wide: String = (0..20_000).map(|_| "<c><v>1</v></c>").collect();
        let (_, error) = read(&with_sheet(&format!("<w><row>{wide}</row></w>")), false);
        assert!(matches!(error, Some(FormatError::TooManyColumns { .. })), "{error:?}");
    }
}
