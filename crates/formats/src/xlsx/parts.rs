//! The parts of a workbook beside its sheet: where the sheet is, the texts that cells share, and the formats.

use super::number::Shows;
use super::{KIND, MAX_STRINGS_BYTES};
use crate::compress::ZipIndex;
use crate::error::FormatError;
use crate::xml::path::local;
use crate::xml::scan::{Handler, Scanner, Token, Wrong};
use crate::xml::text::{attributes, unescape};

/// What has to be known before the sheet is read.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// The name of the sheet's part.
    pub(super) sheet: String,
    pub(super) strings: Vec<Box<str>>,
    /// What the number of a cell of each style shows.
    pub(super) styles: Vec<Shows>,
    pub(super) from_1904: bool,
}

impl Parts {
    pub(super) fn read(index: &ZipIndex) -> Result<Self, FormatError> {
        let mut workbook = Workbook::default();
        if !read_part(index, "xl/workbook.xml", &mut workbook)? {
            return Err(FormatError::NotXlsx("its part xl/workbook.xml is missing".to_owned()));
        }
        let id = workbook.first_sheet.ok_or_else(|| FormatError::NotXlsx("it has no sheet".to_owned()))?;
        let mut relations = Relations { id, sheet: None, strings: None, styles: None };
        read_part(index, "xl/_rels/workbook.xml.rels", &mut relations)?;
        let mut strings = Strings::default();
        if let Some(target) = &relations.strings {
            read_part(index, &place(target), &mut strings)?;
        }
        let mut styles = Styles::default();
        if let Some(target) = &relations.styles {
            read_part(index, &place(target), &mut styles)?;
        }
        let sheet = relations.sheet.as_deref().map(place);
        Ok(Self {
            sheet: sheet.unwrap_or_else(|| "xl/worksheets/sheet1.xml".to_owned()),
            strings: strings.list,
            styles: styles.shows(),
            from_1904: workbook.from_1904,
        })
    }
}

/// The name of a part from the workbook's point of view.
fn place(target: &str) -> String {
    match target.strip_prefix('/') {
        Some(absolute) => absolute.to_owned(),
        None => format!("xl/{}", target.trim_start_matches("./")),
    }
}

/// Reads a part to its end; whether it is there.
fn read_part(index: &ZipIndex, name: &str, handler: &mut impl Handler) -> Result<bool, FormatError> {
    let Some(mut entry) = index.open(name, KIND)? else { return Ok(false) };
    let mut scanner = Scanner::new();
    while entry.next(index, &mut |bytes| scanner.push(bytes, handler))? {}
    if scanner.is_complete() { Ok(true) } else { Err(FormatError::NotXlsx(format!("its part {name} is cut off"))) }
}

#[derive(Default)]
struct Workbook {
    first_sheet: Option<String>,
    from_1904: bool,
}

impl Handler for Workbook {
    fn token(&mut self, token: Token<'_>) -> Result<(), Wrong> {
        if let Token::Open { name, attributes: tag, .. } = token {
            match local(name) {
                "sheet" if self.first_sheet.is_none() => attributes(tag, |name, value| {
                    if name.contains(':') && local(name) == "id" {
                        self.first_sheet = Some(value.into_owned());
                    }
                })?,
                "workbookPr" => attributes(tag, |name, value| {
                    self.from_1904 |= name == "date1904" && matches!(&*value, "1" | "true");
                })?,
                _ => {}
            }
        }
        Ok(())
    }

    fn record(&self) -> u64 {
        1
    }
}

/// The parts that the workbook refers to: of each kind the first, as a workbook has no more of it. Each is read once,
/// however often it is named.
struct Relations {
    /// The first sheet's.
    id: String,
    sheet: Option<String>,
    strings: Option<String>,
    styles: Option<String>,
}

impl Handler for Relations {
    fn token(&mut self, token: Token<'_>) -> Result<(), Wrong> {
        if let Token::Open { name, attributes: tag, .. } = token
            && local(name) == "Relationship"
        {
            let (mut is_sheet, mut kind, mut target) = (false, String::new(), String::new());
            attributes(tag, |name, value| match name {
                "Id" => is_sheet = *value == *self.id,
                "Type" => kind = value.into_owned(),
                "Target" => target = value.into_owned(),
                _ => {}
            })?;
            let part = match kind.rsplit('/').next() {
                _ if is_sheet => &mut self.sheet,
                Some("sharedStrings") => &mut self.strings,
                Some("styles") => &mut self.styles,
                _ => return Ok(()),
            };
            part.get_or_insert(target);
        }
        Ok(())
    }

    fn record(&self) -> u64 {
        1
    }
}

#[derive(Default)]
struct Strings {
    list: Vec<Box<str>>,
    text: String,
    within: bool,
    /// How to pronounce a text, which is no part of it.
    spoken: bool,
    bytes: usize,
}

impl Handler for Strings {
    fn token(&mut self, token: Token<'_>) -> Result<(), Wrong> {
        match token {
            Token::Open { name, empty, .. } => match local(name) {
                "t" => self.within = !empty && !self.spoken,
                "rPh" => self.spoken = !empty,
                "si" if empty => self.complete()?,
                _ => {}
            },
            Token::Close { name } => match local(name) {
                "t" => self.within = false,
                "rPh" => self.spoken = false,
                "si" => self.complete()?,
                _ => {}
            },
            Token::Text(text) if self.within => self.append(&unescape(text)?)?,
            Token::Data(text) if self.within => self.append(text)?,
            Token::Text(_) | Token::Data(_) => {}
        }
        Ok(())
    }

    fn record(&self) -> u64 {
        1
    }
}

impl Strings {
    /// Counted here, since a text may never end.
    fn append(&mut self, text: &str) -> Result<(), Wrong> {
        self.text.push_str(text);
        self.count(text.len())
    }

    fn complete(&mut self) -> Result<(), Wrong> {
        self.list.push(self.text.as_str().into());
        self.text.clear();
        self.count(24)
    }

    fn count(&mut self, bytes: usize) -> Result<(), Wrong> {
        self.bytes += bytes;
        if self.bytes > MAX_STRINGS_BYTES {
            let error = FormatError::TooBig { what: "The text in the workbook", most: MAX_STRINGS_BYTES };
            return Err(Wrong::Error(error));
        }
        Ok(())
    }
}

#[derive(Default)]
struct Styles {
    codes: Vec<(u32, Shows)>,
    cells: Vec<u32>,
    within: bool,
}

/// No workbook has more formats.
const MOST_STYLES: usize = 65_536;

impl Handler for Styles {
    fn token(&mut self, token: Token<'_>) -> Result<(), Wrong> {
        match token {
            Token::Open { name, attributes: tag, empty } => {
                let (mut id, mut code) = (0, None);
                let wanted = matches!(local(name), "numFmt" | "xf") && self.cells.len() < MOST_STYLES;
                if wanted {
                    attributes(tag, |name, value| match name {
                        "numFmtId" => id = value.parse().unwrap_or_default(),
                        "formatCode" => code = Some(Shows::code(&value)),
                        _ => {}
                    })?;
                }
                match (local(name), code) {
                    ("numFmt", Some(shows)) if self.codes.len() < MOST_STYLES => self.codes.push((id, shows)),
                    ("cellXfs", _) => self.within = !empty,
                    ("xf", _) if self.within && wanted => self.cells.push(id),
                    _ => {}
                }
            }
            Token::Close { name } if local(name) == "cellXfs" => self.within = false,
            _ => {}
        }
        Ok(())
    }

    fn record(&self) -> u64 {
        1
    }
}

impl Styles {
    fn shows(self) -> Vec<Shows> {
        let codes: std::collections::HashMap<u32, Shows> = self.codes.into_iter().collect();
        let of = |id: u32| codes.get(&id).copied().unwrap_or_else(|| Shows::built_in(id));
        self.cells.into_iter().map(of).collect()
    }
}
