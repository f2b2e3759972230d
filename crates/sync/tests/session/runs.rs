//! Runs, their errors and what people decide about these, on their way between a device and the server.

use serde_json::json;
use tombolo_model::Id;
use tombolo_model::run::{Decision, ErrorMark, RunError};
use tombolo_sync::client::Event;
use tombolo_sync::server::{self, Effect, Numbered, Peer, Session};
use tombolo_wire::sync::{Down, Entry, Hello, RunErrorRow, RunRows, Up, VERSION, decode_down, encode_up};

use super::pair::{Pair, user};
use super::{id, online};

fn mark(n: u8) -> ErrorMark {
    ErrorMark { id: id(n), run: id(9), errors: vec![1], decision: Decision::Resolve, by: None, time_ms: 5 }
}

fn rows_sent(pair: &Pair) -> Vec<RunRows> {
    let rows = |frame: &Up| if let Up::Runs { rows, .. } = frame { Some(rows.clone()) } else { None };
    pair.up.iter().filter_map(rows).collect()
}

#[test]
fn a_record_too_large_for_a_frame_stays_here_and_its_error_goes() {
    let mut pair = online();
    let error = |n: u64, record: String| RunErrorRow {
        run: id(9),
        n,
        error: RunError {
            step: "s".to_owned(),
            code: "mapping".to_owned(),
            message: "It did not fit.".to_owned(),
            record: Some(json!(record)),
            index: Some(n),
            time_ms: 0,
            ..RunError::default()
        },
    };
    let errors = vec![error(1, "x".repeat(3 << 20)), error(2, "small".to_owned())];
    pair.client(Event::Runs(RunRows { errors, ..RunRows::default() }));
    let sent: Vec<RunErrorRow> = pair
        .up
        .iter()
        .flat_map(|frame| match frame {
            Up::Runs { rows, .. } => rows.errors.clone(),
            _ => Vec::new(),
        })
        .collect();
    assert_eq!(sent.iter().map(|row| row.n).collect::<Vec<_>>(), [1, 2]);
    assert!(sent[0].error.record.is_none() && sent[0].error.message.contains("on the device that made the run"));
    assert_eq!(sent[1].error.record, Some(json!("small")));
}

#[test]
fn a_decision_about_errors_goes_up_once_and_behind_the_errors_it_is_about() {
    let mut pair = online();
    let error = RunErrorRow {
        run: id(9),
        n: 1,
        error: RunError { record: Some(json!("x".repeat(400 * 1024))), ..RunError::default() },
    };
    let rows = RunRows { errors: vec![error], marks: vec![mark(1)], ..RunRows::default() };
    pair.client(Event::Runs(rows));
    let sent = rows_sent(&pair);
    assert_eq!(sent.iter().map(|rows| (rows.errors.len(), rows.marks.len())).collect::<Vec<_>>(), [(1, 0), (0, 1)]);
    let acked: Vec<(Id, Id)> = pair.stores.iter().flat_map(|store| store.acked_marks.clone()).collect();
    assert_eq!(acked, [(id(9), id(1))]);
    pair.wait(60_000);
    assert_eq!(rows_sent(&pair).len(), 2, "what is stored is not sent again");
}

#[test]
fn a_decision_of_somebody_else_reaches_the_disk() {
    let mut pair = online();
    pair.state.sequence += 1;
    pair.log.push(Numbered { sequence: pair.state.sequence, hash: None, entry: Entry::RunMark(mark(2)) });
    pair.notify();
    let stored: Vec<ErrorMark> = pair.stores.iter().flat_map(|store| store.runs.marks.clone()).collect();
    assert_eq!(stored, [mark(2)]);
}

/// What a device that speaks `version` is sent of a decision.
fn entries_for(version: u16) -> Vec<Entry> {
    let mut pair = Pair::new(None);
    pair.state.sequence = 1;
    let cursor = Some(pair.cursor(0));
    let mut peer = Peer::new(Session { user: user(), session: "s".to_owned() }, 0);
    let hello = encode_up(&Up::Hello(Hello { version, cursor })).unwrap();
    let mut waiting = vec![server::Event::Frame(hello)];
    let mut found = Vec::new();
    while let Some(event) = waiting.pop() {
        for effect in peer.handle(0, event) {
            match effect {
                Effect::Begin { request } => {
                    waiting.push(server::Event::Begun { request, state: Some(pair.state.clone()) });
                }
                Effect::Read { request, .. } => {
                    let entries = vec![Numbered { sequence: 1, hash: None, entry: Entry::RunMark(mark(1)) }];
                    waiting.push(server::Event::Read { request, entries, upto: 1, more: false });
                }
                Effect::Send(bytes) => {
                    if let Down::Changes { entries, .. } = decode_down(&bytes).unwrap() {
                        found.extend(entries);
                    }
                }
                _ => {}
            }
        }
    }
    found
}

#[test]
fn a_device_of_an_older_page_is_sent_nothing_that_it_cannot_read() {
    assert_eq!(entries_for(VERSION), [Entry::RunMark(mark(1))]);
    assert_eq!(entries_for(1), []);
}
