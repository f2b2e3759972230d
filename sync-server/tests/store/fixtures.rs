//! People, documents and runs to store.

use serde_json::json;
use tombolo_docs::{Author, Chunk, Document};
use tombolo_model::{Id, Intent, Kind};
use tombolo_server::store::{NewUser, Push, Pushed, Road, Store};
use tombolo_sync::gate::Incoming;
use tombolo_wire::run::{RunError, RunPlace, RunRow, RunStatus};
use tombolo_wire::sync::RunErrorRow;

pub(crate) fn id(n: u8) -> Id {
    Id::from_parts(1_700_000_000, [n; 8])
}

pub(crate) fn user(n: u8) -> NewUser {
    NewUser {
        id: id(n),
        email: format!("person{n}@example.com"),
        name: format!("Person {n}"),
        password: "$argon2id$".to_owned(),
        account: id(100 + n),
        account_name: format!("Account {n}"),
        invitation: None,
        now_ms: 1_000,
    }
}

/// A flow with its first change and `edits` more.
pub(crate) fn flow(n: u8, edits: usize) -> (Id, Vec<Chunk>) {
    let author = Author { actor: [n; 16], time_ms: 0 };
    let value = json!({ "name": "0", "_integrationId": id(200) });
    let mut rows = || "row".to_owned();
    let (mut document, first) = Document::create(Kind::Flow, id(n), &value, &author, &mut rows).unwrap();
    let mut chunks = vec![first];
    for edit in 1..=edits {
        let set = Intent::Set { path: "/name".to_owned(), value: json!(edit.to_string()) };
        chunks.extend(document.edit(&author, &[set], &mut rows).unwrap());
    }
    (document.id(), chunks)
}

pub(crate) async fn push(store: &dyn Store, account: Id, user: Id, document: Id, chunks: &[Chunk]) -> Pushed {
    let changes = chunks.iter().map(|chunk| Incoming::read(chunk.bytes.clone()).unwrap()).collect();
    store
        .push(Push { account, user, document, changes, road: Road::app(), recovering: false, now_ms: 2_000 })
        .await
        .unwrap()
}

pub(crate) fn run_row(n: u64) -> RunRow {
    RunRow {
        id: id(50),
        flow: id(51),
        flow_name: "Orders".to_owned(),
        status: RunStatus::Running,
        place: RunPlace::Server,
        offline: false,
        started_ms: 5,
        ended_ms: None,
        steps: vec![],
        error: None,
        heads: [].into(),
        origin: tombolo_wire::run::RunOrigin::default(),
        n,
    }
}

pub(crate) fn run_error(n: u64) -> RunErrorRow {
    let error = RunError {
        step: "s".to_owned(),
        code: "c".to_owned(),
        message: "m".to_owned(),
        record: Some(json!({ "a": 1.0 })),
        index: Some(n),
        time_ms: 6,
        ..RunError::default()
    };
    RunErrorRow { run: id(50), n, error }
}
