//! A change, lying open or deflated: its envelope is read, its columns are walked, nothing is kept.

use std::io::{BufRead, BufReader, Read};

use flate2::bufread::DeflateDecoder;
use sha2::{Digest, Sha256};
use tombolo_wire::sync::Hash;

use super::column::{self, Column};
use super::header::{self, Chunk, Kind};
use super::inflate::{self, BUFFER_BYTES};
use super::leb::Reader;
use super::{Budget, ChunkKind, Scan, ScanError};

/// Longer than any actor that is ever made.
const MOST_ACTOR_BYTES: u64 = 64;

/// Automerge counts operations in 32 bits.
const MOST_COUNTER: u64 = 0xffff_ffff;

/// Scans a change whose data lie open.
pub(super) fn scan(chunk: &Chunk<'_>, budget: &mut Budget) -> Result<Scan, ScanError> {
    let length = u64::try_from(chunk.data.len()).unwrap_or(u64::MAX);
    budget.spend_bytes(length)?;
    let hash = header::verify(chunk)?;
    let envelope = Envelope::read(&mut Reader::new(chunk.data, length), budget)?;
    Ok(envelope.finish(hash, chunk.data.len()))
}

/// Scans a deflated change: once to count, then, now that it is known to be small enough, to hash and walk.
pub(super) fn scan_deflated(chunk: &Chunk<'_>, budget: &mut Budget) -> Result<Scan, ScanError> {
    let inflated_bytes = inflate::count(chunk.data, budget.inflated_bytes)?;
    let length = u64::try_from(inflated_bytes).unwrap_or(u64::MAX);
    budget.spend_bytes(length)?;
    let hashing = Hashing { inner: DeflateDecoder::new(chunk.data), hasher: header::hasher(Kind::Change, length) };
    let mut buffered = BufReader::with_capacity(BUFFER_BYTES, hashing);
    let envelope = Envelope::read(&mut Reader::new(&mut buffered, length), budget)?;
    let hash = header::finish(buffered.into_inner().hasher, chunk.checksum)?;
    Ok(envelope.finish(hash, inflated_bytes))
}

/// Hashes what passes.
struct Hashing<R> {
    inner: R,
    hasher: Sha256,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

/// What stands before a change's columns, and the number of its operations.
struct Envelope {
    deps: Vec<Hash>,
    actor: Vec<u8>,
    seq: u64,
    start_op: u64,
    time_ms: i64,
    ops: u64,
}

impl Envelope {
    fn read<R: BufRead>(reader: &mut Reader<R>, budget: &mut Budget) -> Result<Self, ScanError> {
        let deps = hashes(reader, budget.caps.deps)?;
        let actor = actor(reader)?;
        let seq = reader.unsigned()?;
        let start_op = reader.unsigned()?;
        let time_ms = reader.signed()?;
        let message = reader.unsigned()?;
        reader.skip(message)?;
        actors(reader, budget.caps.actors)?;
        let columns = column::announced(reader)?;
        let ops = columns_of(reader, &columns, budget)?;
        reader.skip(reader.left())?;
        if start_op == 0 || start_op.saturating_add(ops) > MOST_COUNTER {
            return Err(ScanError::Malformed("its operations are numbered wrongly"));
        }
        Ok(Self { deps, actor, seq, start_op, time_ms, ops })
    }

    fn finish(self, hash: Hash, inflated_bytes: usize) -> Scan {
        Scan {
            kind: ChunkKind::Change,
            hash,
            actor: self.actor,
            seq: self.seq,
            start_op: self.start_op,
            time_ms: self.time_ms,
            ops: self.ops,
            deps: self.deps,
            inflated_bytes,
        }
    }
}

fn columns_of<R: BufRead>(reader: &mut Reader<R>, columns: &[Column], budget: &mut Budget) -> Result<u64, ScanError> {
    let mut ops = 0;
    for column in columns {
        if column.deflated() {
            return Err(ScanError::Malformed("a change has no deflated columns"));
        }
        let items = reader.within(column.length, |part| column::walk(part, *column, budget))?;
        if column.counts_ops() {
            budget.spend_ops(items)?;
            ops = items;
        }
    }
    Ok(ops)
}

/// Reads a counted list of hashes.
pub(super) fn hashes<R: BufRead>(reader: &mut Reader<R>, most: u64) -> Result<Vec<Hash>, ScanError> {
    let count = reader.unsigned()?;
    if count > most {
        return Err(ScanError::TooBig { what: "hashes", most });
    }
    let mut list = Vec::new();
    for _ in 0..count {
        let mut hash = [0; 32];
        reader.exact(&mut hash)?;
        list.push(hash);
    }
    Ok(list)
}

/// Reads past a counted list of actors.
pub(super) fn actors<R: BufRead>(reader: &mut Reader<R>, most: u64) -> Result<u64, ScanError> {
    let count = reader.unsigned()?;
    if count > most {
        return Err(ScanError::TooBig { what: "actors", most });
    }
    for _ in 0..count {
        actor(reader)?;
    }
    Ok(count)
}

fn actor<R: BufRead>(reader: &mut Reader<R>) -> Result<Vec<u8>, ScanError> {
    let length = reader.unsigned()?;
    if length > MOST_ACTOR_BYTES {
        return Err(ScanError::TooBig { what: "bytes of an actor", most: MOST_ACTOR_BYTES });
    }
    (0..length).map(|_| reader.byte()).collect()
}
