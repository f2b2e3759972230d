//! Memory and stopping: what a run holds does not grow with its records, and it stops wherever it waits.

use std::cell::Cell;
use std::rc::Rc;

use serde_json::json;
use tombolo_engine::RunEvent;
use tombolo_model::run::RunStatus;

use crate::support::{Answer, Memory, bundle, file_export, file_import, go, go_until, http_export, http_import};

const ROWS: usize = 100_000;
const ROWS_A_PIECE: usize = 100;

#[test]
fn a_hundred_thousand_records_are_never_in_memory_at_once() {
    let mut pieces = vec![b"id\n".to_vec()];
    for piece in 0..ROWS / ROWS_A_PIECE {
        let rows = piece * ROWS_A_PIECE..(piece + 1) * ROWS_A_PIECE;
        pieces.push(rows.map(|n| format!("{n}\n")).collect::<String>().into_bytes());
    }
    let sent = Rc::new(Cell::new(0));
    let most = Rc::new(Cell::new(0));
    let (counted, highest) = (Rc::clone(&sent), Rc::clone(&most));
    let read = Rc::new(Cell::new(Rc::new(Cell::new(0))));
    let pieces_read = Rc::clone(&read);
    let host = Memory::new(move |_| {
        let pieces = pieces_read.take();
        let live = pieces.get() * ROWS_A_PIECE - counted.get();
        pieces_read.set(pieces);
        counted.set(counted.get() + 1);
        highest.set(highest.get().max(live));
        Some(Answer::new(200, ""))
    })
    .with_pieces(pieces);
    read.set(Rc::clone(&host.pieces_read));
    let import = http_import(&json!({"relativeURI": ["/x"]}));
    let ran = go(&bundle(file_export(&json!({"type": "csv"})), &[import]), &host);
    assert_eq!(ran.counts(1), [ROWS as u64, ROWS as u64, 0, 0]);
    assert_eq!(sent.get(), ROWS);
    // One piece with the header, one being read, and the pages between the steps.
    assert!(most.get() <= 4 * ROWS_A_PIECE, "{} records were in memory", most.get());
}

#[test]
fn a_run_stops_while_it_waits_for_an_answer() {
    let host = Memory::new(|request| {
        let first = request.url.to_string().ends_with("page=0");
        first.then(|| Answer::json(&json!([{"a": 1}, {"a": 2}])))
    });
    let export =
        http_export(&json!({"relativeURI": "x?page={{export.http.paging.page}}", "paging": {"method": "page"}}));
    let bundle = {
        let mut made = bundle(export, &[file_import(&json!({"type": "csv"}))]);
        let (_, export) = made.resources.get_mut(&crate::support::id(2)).unwrap();
        export["pageSize"] = json!(1);
        made
    };
    let ran = go_until(&bundle, &host, |event| matches!(event, RunEvent::Count { step: 1, .. }));
    assert_eq!(ran.outcome.status, RunStatus::Canceled);
    assert_eq!(ran.outcome.error, None);
    assert_eq!(host.made_text(), None, "a canceled run leaves no file");
}

#[test]
fn a_run_stops_between_two_records() {
    let rows: String = (0..10_000).map(|n| format!("{n}\n")).collect();
    let host = Memory::new(|_| Some(Answer::new(200, ""))).with_file(format!("id\n{rows}").as_bytes());
    let import = http_import(&json!({"relativeURI": ["/x"]}));
    let ran = go_until(
        &bundle(file_export(&json!({"type": "csv"})), &[import]),
        &host,
        |event| matches!(event, RunEvent::Count { step: 1, count } if count.pages >= 3),
    );
    assert_eq!(ran.outcome.status, RunStatus::Canceled);
    assert!(ran.counts(1)[1] < 5_000, "{:?}", ran.counts(1));
}
