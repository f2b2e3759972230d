//! Runs, errors and decisions about errors made on this device, on their way up: one frame at a time, each row until it is
//! confirmed. A decision goes after all runs and errors: the server refuses one about a run that it does not know.

use std::collections::BTreeMap;

use tombolo_model::Id;
use tombolo_wire::run::{ErrorMark, RunError, RunRow};
use tombolo_wire::sync::{RunErrorRow, RunRows};

/// What one frame is filled up to; rows are far smaller, and the rest of the frame's limit is for one big one.
const MOST_BYTES: usize = 256 * 1024;

/// The heaviest error that is sent with its record: it must fit into what a frame has left.
const MOST_ERROR_BYTES: usize = 512 * 1024;

/// The longest message of an error that is sent without its record.
const MOST_MESSAGE_BYTES: usize = 16 * 1024;

/// The rows, errors and decisions of one frame: each run with its `n`, each decision with its run.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub(super) runs: Vec<(Id, u64)>,
    pub(super) errors: Vec<(Id, u64)>,
    pub(super) marks: Vec<(Id, Id)>,
}

/// The rows that the server does not have.
#[derive(Debug, Default)]
pub(super) struct Runs {
    rows: BTreeMap<Id, RunRow>,
    errors: BTreeMap<(Id, u64), RunError>,
    /// By their runs and ids.
    marks: BTreeMap<(Id, Id), ErrorMark>,
    flight: Option<(u64, Sent)>,
    last_push: u64,
}

impl Runs {
    pub(super) fn add(&mut self, rows: RunRows) {
        for mut row in rows.runs {
            row.error = row.error.map(sendable);
            match self.rows.get(&row.id) {
                Some(known) if known.n >= row.n => {}
                _ => {
                    self.rows.insert(row.id, row);
                }
            }
        }
        for row in rows.errors {
            self.errors.insert((row.run, row.n), sendable(row.error));
        }
        self.marks.extend(rows.marks.into_iter().map(|mark| ((mark.run, mark.id), mark)));
    }

    /// The next frame, if none is unanswered.
    pub(super) fn next(&mut self) -> Option<(u64, RunRows)> {
        if self.flight.is_some() || (self.rows.is_empty() && self.errors.is_empty() && self.marks.is_empty()) {
            return None;
        }
        let mut frame = RunRows::default();
        let mut size = 0;
        for row in self.rows.values() {
            if size > MOST_BYTES {
                break;
            }
            size += 512 + row.steps.len() * 256 + weight(row.error.as_ref());
            frame.runs.push(row.clone());
        }
        for ((run, n), error) in &self.errors {
            if size > MOST_BYTES {
                break;
            }
            size += weight(Some(error));
            frame.errors.push(RunErrorRow { run: *run, n: *n, error: error.clone() });
        }
        for mark in self.marks.values() {
            if size > MOST_BYTES {
                break;
            }
            // A number takes at most nine bytes.
            size += 256 + mark.errors.len() * 9;
            frame.marks.push(mark.clone());
        }
        self.last_push += 1;
        let runs = frame.runs.iter().map(|row| (row.id, row.n)).collect();
        let errors = frame.errors.iter().map(|row| (row.run, row.n)).collect();
        let marks = frame.marks.iter().map(|mark| (mark.run, mark.id)).collect();
        self.flight = Some((self.last_push, Sent { runs, errors, marks }));
        Some((self.last_push, frame))
    }

    /// The rows of a frame are on the server: names them.
    pub(super) fn stored(&mut self, push: u64) -> Option<Sent> {
        let (_, sent) = self.flight.take_if(|(flying, _)| *flying == push)?;
        for (run, n) in &sent.runs {
            if self.rows.get(run).is_some_and(|row| row.n <= *n) {
                self.rows.remove(run);
            }
        }
        for key in &sent.errors {
            self.errors.remove(key);
        }
        for key in &sent.marks {
            self.marks.remove(key);
        }
        Some(sent)
    }

    /// Takes rows out that cannot be sent, so that they do not hold up the others.
    pub(super) fn drop_flight(&mut self) -> Option<Sent> {
        let push = self.flight.as_ref().map(|(push, _)| *push)?;
        self.stored(push)
    }

    pub(super) fn disconnected(&mut self) {
        self.flight = None;
    }
}

/// An error that fits into a frame: a record that is too large for one stays on the device that made the run.
fn sendable(mut error: RunError) -> RunError {
    if weight(Some(&error)) <= MOST_ERROR_BYTES {
        return error;
    }
    error.record = None;
    error.message.truncate(error.message.floor_char_boundary(MOST_MESSAGE_BYTES));
    error.message.push_str(" The record is too large to be sent: it is on the device that made the run.");
    error
}

/// Roughly how much an error weighs on the wire.
fn weight(error: Option<&RunError>) -> usize {
    error.map_or(0, |error| {
        let record = error.record.as_ref().map_or(0, |record| record.to_string().len());
        256 + error.message.len() + record
    })
}
