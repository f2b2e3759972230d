//! What holds where a resource says nothing, and the bounds of what it may say.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use serde_json::{Value, json};
use tombolo_engine::RunEvent;

use crate::support::{Answer, Memory, bundle, file_export, go, go_until, http_import, id, with};

fn rows(count: usize) -> Vec<u8> {
    let rows: String = (0..count).map(|row| format!("{row}\n")).collect();
    format!("id\n{rows}").into_bytes()
}

#[test]
fn an_export_that_names_no_page_size_has_pages_of_twenty() {
    for (more, want) in [(json!({}), vec![20, 40, 45]), (json!({"pageSize": 30}), vec![30, 45])] {
        let host = Memory::offline().with_file(&rows(45));
        let said = RefCell::new(Vec::new());
        go_until(&bundle(with(file_export(&json!({"type": "csv"})), &more), &[]), &host, |event| {
            if let RunEvent::Count { step: 0, count } = event {
                said.borrow_mut().push(count.success);
            }
            false
        });
        let mut said = said.take();
        said.dedup();
        assert_eq!(said, want, "{more}");
    }
}

#[test]
fn a_connection_lets_one_to_twenty_five_requests_through_at_once() {
    for (level, want) in
        [(Value::Null, 25), (json!(1), 1), (json!(7), 7), (json!(25), 25), (json!(99), 25), (json!(0), 25)]
    {
        let (now, most) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let (sent, seen) = (Rc::clone(&now), Rc::clone(&most));
        let mut host = Memory::new(move |_| {
            sent.set(sent.get() + 1);
            seen.set(seen.get().max(sent.get()));
            Some(Answer::new(200, "{}"))
        })
        .with_file(&rows(60));
        host.answer_ms = 10;
        host.on_answer = Some(Box::new(move || now.set(now.get() - 1)));
        let export = with(file_export(&json!({"type": "csv"})), &json!({"pageSize": 60}));
        let mut flow = bundle(export, &[http_import(&json!({"relativeURI": ["/x"]}))]);
        flow.resources.get_mut(&id(1)).unwrap().1["http"]["concurrencyLevel"] = level.clone();
        let ran = go(&flow, &host);
        assert_eq!((ran.counts(1), most.get()), ([60, 60, 0, 0], want), "{level}");
    }
}
