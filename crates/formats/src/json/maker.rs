//! Records out of single JSON values: objects, or the rows of a table.

use std::sync::Arc;

use tombolo_model::{KeyPool, Keys, Record, Val, stopped_at};

use crate::csv::distinct;
use crate::error::{MAX_COLUMNS, Row, RowError};

/// Makes the records of one text.
#[derive(Default)]
pub(super) struct Maker {
    pool: KeyPool,
    table: Option<Table>,
    /// Records so far, the failed ones included.
    made: u64,
}

/// Lists of cells where objects usually are, as spreadsheets answer.
#[derive(Default)]
struct Table {
    /// The first row names the columns, and is still to come.
    header_comes: bool,
    /// Whether rows have names of their own.
    named: bool,
    keys: Arc<Keys>,
}

impl Maker {
    /// For a list of rows; the first may name the columns.
    pub(super) fn of_table(has_header: bool) -> Self {
        let table = Table { header_comes: has_header, named: has_header, keys: Arc::default() };
        Self { table: Some(table), ..Self::default() }
    }

    /// Records so far, the failed ones included.
    pub(super) fn made(&self) -> u64 {
        self.made
    }

    /// The record that a text is, which begins at a byte of the whole text; nothing for the row that names the columns.
    pub(super) fn row(&mut self, text: &[u8], begins: u64) -> Option<Row> {
        let at = self.made + 1;
        let mut byte = begins;
        let row = match (Val::parse(text, &mut self.pool), &mut self.table) {
            (Err(error), _) => {
                byte += stopped_at(text, &error) as u64;
                // The parser's own place is one in the record, and nobody has that before them. Nor is the byte a place that
                // everybody can look up: the file may be packed, or in another encoding.
                let whole = error.to_string();
                let reason = whole.split(" at line ").next().unwrap_or(&whole);
                Err(format!("Record {at} is not valid JSON: {reason}."))
            }
            (Ok(Val::List(cells)), Some(table)) => table.row(cells, at).transpose()?,
            (Ok(other), Some(_)) => Err(format!("Row {at} is {} and not a list of cells.", other.kind())),
            (Ok(Val::Map(record)), None) => Ok(record),
            (Ok(other), None) => Err(format!("Record {at} is {} and not an object.", other.kind())),
        };
        let index = self.made;
        self.made += 1;
        Some(row.map_err(|message| RowError::new(index, message).at_byte(byte)))
    }

    /// The row in the place of one that was passed over for its size.
    pub(super) fn too_big(&mut self, begins: u64) -> Row {
        let index = self.made;
        self.made += 1;
        Err(RowError::too_big(index, &format!("Record {}", self.made)).at_byte(begins))
    }

    /// The row for what is wrong between two.
    pub(super) fn wrong(&mut self, message: String, byte: u64) -> Row {
        let index = self.made;
        self.made += 1;
        Err(RowError::new(index, message).at_byte(byte))
    }
}

impl Table {
    fn row(&mut self, cells: Vec<Val>, at: u64) -> Result<Option<Record>, String> {
        if cells.len() > MAX_COLUMNS {
            return Err(format!("Row {at} has more than {MAX_COLUMNS} cells. Have the source leave out columns."));
        }
        if std::mem::take(&mut self.header_comes) {
            let names = cells.iter().map(|cell| cell.display().trim().to_owned()).collect();
            self.keys = Arc::new(Keys::new(distinct(names, 0)));
            return Ok(None);
        }
        if cells.len() > self.keys.len() {
            if self.named {
                let (have, most) = (cells.len(), self.keys.len());
                return Err(format!(
                    "Row {at} has {have} cells and there are {most} columns. Have the source name every column in the first row."
                ));
            }
            self.keys = Arc::new(Keys::new((0..cells.len()).map(|column| format!("Column{column}"))));
        }
        // Spreadsheets leave out empty cells at the end.
        Ok(Some(Record::new(Arc::clone(&self.keys), cells)))
    }
}
