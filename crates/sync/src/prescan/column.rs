//! Columns: what their run lengths claim, counted without unrolling them.

use std::io::BufRead;

use super::leb::Reader;
use super::{Budget, ScanError};

/// More columns than the format knows today, few enough to list.
const MOST_COLUMNS: u64 = 64;

/// The column that has one item an operation, in changes and in documents.
const ACTION: u32 = (4 << 4) | 2;

const DEFLATED: u32 = 0b1000;

/// A column as it is announced.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) spec: u32,
    pub(super) length: u64,
}

impl Column {
    pub(super) const fn deflated(self) -> bool {
        self.spec & DEFLATED != 0
    }

    /// Whether its items are the operations themselves.
    pub(super) const fn counts_ops(self) -> bool {
        self.spec & !DEFLATED == ACTION
    }
}

/// Reads the list that announces columns.
pub(super) fn announced<R: BufRead>(reader: &mut Reader<R>) -> Result<Vec<Column>, ScanError> {
    let count = reader.unsigned()?;
    if count > MOST_COLUMNS {
        return Err(ScanError::TooBig { what: "columns", most: MOST_COLUMNS });
    }
    let mut columns = Vec::new();
    let mut last = 0;
    for _ in 0..count {
        let spec = u32::try_from(reader.unsigned()?).map_err(|_| ScanError::Malformed("a column has no such kind"))?;
        if !columns.is_empty() && spec & !DEFLATED <= last {
            return Err(ScanError::Malformed("its columns are out of order"));
        }
        last = spec & !DEFLATED;
        let length = reader.unsigned()?;
        columns.push(Column { spec, length });
    }
    Ok(columns)
}

/// Walks a whole column and says how many items it claims to have.
pub(super) fn walk<R: BufRead>(reader: &mut Reader<R>, column: Column, budget: &mut Budget) -> Result<u64, ScanError> {
    match column.spec & 0b111 {
        4 => booleans(reader, budget),
        7 => {
            reader.skip(reader.left())?;
            Ok(0)
        }
        kind => runs(reader, kind, budget),
    }
}

fn booleans<R: BufRead>(reader: &mut Reader<R>, budget: &Budget) -> Result<u64, ScanError> {
    let mut items = 0;
    while reader.left() > 0 {
        items = add_items(items, reader.unsigned()?, budget)?;
    }
    Ok(items)
}

fn runs<R: BufRead>(reader: &mut Reader<R>, kind: u32, budget: &mut Budget) -> Result<u64, ScanError> {
    let mut items = 0;
    let mut grouped = 0;
    while reader.left() > 0 {
        let head = reader.signed()?;
        if head == 0 {
            items = add_items(items, reader.unsigned()?, budget)?;
            continue;
        }
        items = add_items(items, head.unsigned_abs(), budget)?;
        let (values, times) = if head > 0 { (1, head.unsigned_abs()) } else { (head.unsigned_abs(), 1) };
        for _ in 0..values {
            grouped = value(reader, kind, times, grouped, budget)?;
        }
    }
    Ok(items)
}

/// Reads one value that is meant `times` times, and adds to the group's items.
fn value<R: BufRead>(
    reader: &mut Reader<R>,
    kind: u32,
    times: u64,
    grouped: u64,
    budget: &mut Budget,
) -> Result<u64, ScanError> {
    match kind {
        0 => add_items(grouped, reader.unsigned()?.saturating_mul(times), budget),
        3 => {
            reader.signed()?;
            Ok(grouped)
        }
        5 => {
            let length = reader.unsigned()?;
            reader.skip(length)?;
            budget.spend_bytes(length.saturating_mul(times.saturating_sub(1)))?;
            Ok(grouped)
        }
        _ => {
            reader.unsigned()?;
            Ok(grouped)
        }
    }
}

fn add_items(items: u64, more: u64, budget: &Budget) -> Result<u64, ScanError> {
    let most = budget.caps.ops;
    match items.checked_add(more) {
        Some(items) if items <= most => Ok(items),
        _ => Err(ScanError::TooBig { what: "operations", most }),
    }
}
