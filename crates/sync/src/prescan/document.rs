//! A saved document: its columns are deflated one by one, so each is counted by itself.

use std::io::BufReader;

use flate2::bufread::DeflateDecoder;

use super::change::{actors, hashes};
use super::column::{self, Column};
use super::header::{self, Chunk};
use super::inflate::{self, BUFFER_BYTES};
use super::leb::Reader;
use super::{Budget, ChunkKind, Scan, ScanError};

/// Scans a saved document.
pub(super) fn scan(chunk: &Chunk<'_>, budget: &mut Budget) -> Result<Scan, ScanError> {
    let hash = header::verify(chunk)?;
    let length = u64::try_from(chunk.data.len()).unwrap_or(u64::MAX);
    let before = budget.inflated_bytes;
    let mut reader = Reader::new(chunk.data, length);
    actors(&mut reader, budget.caps.actors)?;
    let deps = hashes(&mut reader, budget.caps.deps)?;
    let changes = column::announced(&mut reader)?;
    let ops = column::announced(&mut reader)?;
    let start = length - reader.left();
    budget.spend_bytes(start)?;
    let mut at = start;
    for column in &changes {
        at = scan_column(chunk.data, at, *column, budget)?.0;
    }
    let mut count = 0;
    for column in &ops {
        let (end, items) = scan_column(chunk.data, at, *column, budget)?;
        at = end;
        if column.counts_ops() {
            budget.spend_ops(items)?;
            count = items;
        }
    }
    Ok(Scan {
        kind: ChunkKind::Document,
        hash,
        actor: Vec::new(),
        seq: 0,
        start_op: 0,
        time_ms: 0,
        ops: count,
        deps,
        inflated_bytes: before - budget.inflated_bytes,
    })
}

/// Scans the column that begins at `at`; says where it ends and how many items it claims.
fn scan_column(data: &[u8], at: u64, column: Column, budget: &mut Budget) -> Result<(u64, u64), ScanError> {
    let end = at.saturating_add(column.length);
    let range = usize::try_from(at).ok().zip(usize::try_from(end).ok());
    let bytes = range.and_then(|(at, end)| data.get(at..end)).ok_or(ScanError::Malformed("it ends too early"))?;
    if !column.deflated() {
        budget.spend_bytes(column.length)?;
        let items = column::walk(&mut Reader::new(bytes, column.length), column, budget)?;
        return Ok((end, items));
    }
    let size = inflate::count(bytes, budget.inflated_bytes)?;
    let size = u64::try_from(size).unwrap_or(u64::MAX);
    budget.spend_bytes(size)?;
    let inflated = BufReader::with_capacity(BUFFER_BYTES, DeflateDecoder::new(bytes));
    let items = column::walk(&mut Reader::new(inflated, size), column, budget)?;
    Ok((end, items))
}
