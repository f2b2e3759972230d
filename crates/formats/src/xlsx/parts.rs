//! The parts of a workbook beside its sheet: where the sheet is, the texts that cells share, and the formats.

use super::number::Shows;
use super::rooted::Rooted;
use super::{KIND, MAX_STRINGS_BYTES};
use crate::compress::ZipIndex;
use crate::error::FormatError;
use crate::xml::path::local;
use crate::xml::scan::{Handler, Token, Wrong};
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
        let mut relations = Relations { sheet_id: id, ..Relations::default() };
        read_part(index, "xl/_rels/workbook.xml.rels", &mut relations)?;
        let Relations { sheet, strings: shared, styles: formats, .. } = relations;
        let mut strings = Strings::default();
        let mut styles = Styles::default();
        if let Some(target) = shared {
            read_part(index, &place(&target), &mut strings)?;
        }
        if let Some(target) = formats {
            read_part(index, &place(&target), &mut styles)?;
        }
        let sheet = sheet.map(|target| place(&target));
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
fn read_part<H: Handler>(index: &ZipIndex, name: &str, handler: &mut H) -> Result<bool, FormatError> {
    let Some(mut entry) = index.open(name, KIND)? else { return Ok(false) };
    let mut part = Rooted::new(handler);
    while entry.next(index, &mut |bytes| part.push(bytes))? {}
    if part.is_complete() { Ok(true) } else { Err(FormatError::NotXlsx(format!("its part {name} is cut off"))) }
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

/// Where the parts are that are wanted. A part is named once: the first relation of its kind counts.
#[derive(Default)]
struct Relations {
    /// The relation of the sheet.
    sheet_id: String,
    sheet: Option<String>,
    strings: Option<String>,
    styles: Option<String>,
}

impl Handler for Relations {
    fn token(&mut self, token: Token<'_>) -> Result<(), Wrong> {
        if let Token::Open { name, attributes: tag, .. } = token
            && local(name) == "Relationship"
        {
            let (mut id, mut kind, mut target) = (String::new(), String::new(), String::new());
            attributes(tag, |name, value| match name {
                "Id" => id = value.into_owned(),
                "Type" => kind = value.into_owned(),
                "Target" => target = value.into_owned(),
                _ => {}
            })?;
            let wanted = match kind.rsplit('/').next() {
                _ if id == self.sheet_id => &mut self.sheet,
                Some("sharedStrings") => &mut self.strings,
                Some("styles") => &mut self.styles,
                _ => return Ok(()),
            };
            wanted.get_or_insert(target);
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
            Token::Text(text) if self.within => self.text.push_str(&unescape(text)?),
            Token::Data(text) if self.within => self.text.push_str(text),
            Token::Text(_) | Token::Data(_) => {}
        }
        self.bounded()
    }

    fn record(&self) -> u64 {
        1
    }
}

impl Strings {
    /// The text at hand counts before it is complete: comments may cut it into any number of pieces.
    fn bounded(&self) -> Result<(), Wrong> {
        if self.bytes + self.text.len() > MAX_STRINGS_BYTES {
            let error = FormatError::TooBig { what: "The text in the workbook", most: MAX_STRINGS_BYTES };
            return Err(Wrong::Error(error));
        }
        Ok(())
    }

    fn complete(&mut self) -> Result<(), Wrong> {
        self.bytes += self.text.len() + 24;
        self.list.push(self.text.as_str().into());
        self.text.clear();
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
