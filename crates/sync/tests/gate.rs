//! The gate on real changes: what each rule refuses, and what it must not refuse.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, AutoCommit, ObjType, ROOT};
use serde_json::json;
use tombolo_docs::{Author, Chunk, Document, Hash};
use tombolo_model::{Id, Intent, Kind, Level, Rights, Role};
use tombolo_sync::gate::{Accepted, Code, Context, DocumentRow, Incoming, Verdict, judge, session_of, wanted};
use tombolo_wire::sync::MAX_DOWN_BYTES;

const AUTHOR: Author = Author { actor: [1; 16], time_ms: 5 };

fn id(n: u8) -> Id {
    Id::from_parts(7, [n; 8])
}

fn rows() -> impl FnMut() -> String {
    let mut n = 0;
    move || {
        n += 1;
        format!("r{n}")
    }
}

fn flow() -> (Document, Chunk) {
    let value = json!({"name": "f", "pageProcessors": [{"type": "import"}]});
    Document::create(Kind::Flow, id(1), &value, &AUTHOR, &mut rows()).unwrap()
}

fn set(document: &mut Document, path: &str, value: serde_json::Value) -> Chunk {
    let intent = Intent::Set { path: path.to_owned(), value };
    document.edit(&AUTHOR, &[intent], &mut rows()).unwrap().unwrap()
}

fn read(chunk: &Chunk) -> Incoming {
    Incoming::read(chunk.bytes.clone()).unwrap()
}

fn empty(role: Option<Role>) -> Context {
    Context {
        user: id(100),
        rights: role.map(Into::into),
        document: None,
        owners: BTreeMap::new(),
        last_seqs: BTreeMap::new(),
        known: BTreeSet::new(),
        hidden: BTreeSet::new(),
        recovering: false,
    }
}

/// The context after these changes were accepted from user 100.
fn after(changes: &[Incoming]) -> Context {
    let mut context = empty(Some(Role::Manage));
    for change in changes {
        let scan = &change.scan;
        context.known.insert(scan.hash);
        context.last_seqs.insert(scan.actor.clone(), scan.seq);
        context.owners.insert(session_of(&scan.actor).unwrap(), id(100));
        let max_op = scan.start_op + scan.ops - 1;
        context.document = Some(DocumentRow {
            kind: Kind::Flow,
            owner: None,
            registered: Vec::new(),
            max_op,
            purged: false,
            size_bytes: 1_000,
            inflated_bytes: 1_000,
        });
    }
    context
}

fn codes(verdict: Verdict) -> Vec<(Code, Vec<Hash>)> {
    match verdict {
        Verdict::Refuse(refusals) => refusals.into_iter().map(|no| (no.code, no.hashes)).collect(),
        other => panic!("{other:?}"),
    }
}

fn refused(context: &Context, change: Incoming) -> Code {
    let hash = change.scan.hash;
    let codes = codes(judge(id(1), &[change], context));
    assert_eq!(codes.len(), 1);
    assert_eq!(codes[0].1, vec![hash]);
    codes[0].0
}

fn accepted(verdict: Verdict) -> Accepted {
    match verdict {
        Verdict::Accept(accepted) => accepted,
        other => panic!("{other:?}"),
    }
}

/// A change behind `base` that only a foreign program would write.
fn foreign(base: &Chunk, write: impl FnOnce(&mut AutoCommit)) -> Incoming {
    let mut doc = AutoCommit::load(&base.bytes).unwrap();
    let before = doc.get_heads();
    doc.set_actor(ActorId::from([9; 16]));
    write(&mut doc);
    doc.commit_with(CommitOptions::default());
    Incoming::read(doc.get_changes(&before).remove(0).bytes().into_owned()).unwrap()
}

#[test]
fn a_first_change_makes_the_document_and_binds_its_session() {
    let (mut document, first) = flow();
    let second = set(&mut document, "/name", json!("g"));
    let changes = [read(&first), read(&second)];
    let taken = accepted(judge(id(1), &changes, &empty(Some(Role::Manage))));
    assert_eq!((taken.fresh, taken.kind, taken.created), (vec![0, 1], Some(Kind::Flow), true));
    assert_eq!(taken.bind, BTreeSet::from([[1; 16]]));
    assert_eq!(taken.max_op, changes[1].scan.start_op + changes[1].scan.ops - 1);
}

#[test]
fn pushing_again_what_is_stored_is_accepted_and_stores_nothing_even_for_a_monitor() {
    let (_, first) = flow();
    let mut context = after(&[read(&first)]);
    for role in [Some(Role::Manage), Some(Role::Monitor), None] {
        context.rights = role.map(Into::into);
        let taken = accepted(judge(id(1), &[read(&first), read(&first)], &context));
        assert!(taken.fresh.is_empty() && taken.bind.is_empty() && !taken.created);
    }
}

#[test]
fn a_monitor_and_a_removed_member_change_nothing() {
    let (mut document, first) = flow();
    let second = set(&mut document, "/name", json!("g"));
    let mut context = after(&[read(&first)]);
    context.rights = Some(Role::Monitor.into());
    assert_eq!(refused(&context, read(&second)), Code::Rights);
    context.rights = None;
    assert_eq!(refused(&context, read(&second)), Code::NotMember);
    assert_eq!(refused(&empty(Some(Role::Monitor)), read(&first)), Code::Rights);
}

#[test]
fn one_bad_change_refuses_the_whole_push_and_names_only_what_is_bad_and_what_builds_on_it() {
    let (mut document, first) = flow();
    let good = set(&mut document, "/name", json!("g"));
    let mut context = after(&[read(&first)]);
    context.hidden.insert(id(50));
    let bad = set(&mut document, "/_integrationId", json!(id(50).to_string()));
    let child = set(&mut document, "/name", json!("h"));
    let verdict = judge(id(1), &[read(&good), read(&bad), read(&child)], &context);
    assert_eq!(codes(verdict), vec![(Code::Reference, vec![bad.hash]), (Code::DependsOnRefused, vec![child.hash])]);
}

#[test]
fn a_reference_to_what_does_not_exist_yet_is_accepted() {
    let (mut document, first) = flow();
    let change = set(&mut document, "/_integrationId", json!(id(50).to_string()));
    assert!(wanted(&[read(&change)]).references.contains(&id(50)));
    accepted(judge(id(1), &[read(&change)], &after(&[read(&first)])));
}

#[test]
fn a_session_bound_to_somebody_else_is_refused_unless_a_restored_server_is_being_healed() {
    let (mut document, first) = flow();
    let second = set(&mut document, "/name", json!("g"));
    let mut context = after(&[read(&first)]);
    context.owners.insert([1; 16], id(101));
    assert_eq!(refused(&context, read(&second)), Code::Actor);
    context.recovering = true;
    let taken = accepted(judge(id(1), &[read(&second)], &context));
    assert!(taken.bind.is_empty(), "who brings back a change does not become its author");
}

#[test]
fn an_edit_at_older_heads_belongs_to_the_session_that_made_it() {
    let value = json!({"name": "s", "content": "abcdef"});
    let (mut document, first) = Document::create(Kind::Script, id(1), &value, &AUTHOR, &mut rows()).unwrap();
    let heads = document.heads_hex();
    let second = set(&mut document, "/name", json!("t"));
    let splice = Intent::Splice { path: "/content".to_owned(), at: 3, delete: 1, insert: "X".to_owned(), heads };
    let third = document.edit(&AUTHOR, &[splice], &mut rows()).unwrap().unwrap();
    let change = read(&third);
    assert_ne!(change.scan.actor, vec![1; 16], "Automerge derives an actor");
    assert_eq!(session_of(&change.scan.actor), Some([1; 16]));
    let mut context = after(&[read(&first), read(&second)]);
    context.document = context.document.map(|row| DocumentRow { kind: Kind::Script, ..row });
    accepted(judge(id(1), &[read(&third)], &context));
    context.owners.insert([1; 16], id(101));
    assert_eq!(refused(&context, change), Code::Actor);
}

#[test]
fn a_missing_change_is_asked_for_and_nothing_of_the_push_is_stored() {
    let (mut document, first) = flow();
    let second = set(&mut document, "/name", json!("g"));
    let third = set(&mut document, "/name", json!("h"));
    let fourth = set(&mut document, "/name", json!("i"));
    let verdict = judge(id(1), &[read(&third), read(&fourth)], &after(&[read(&first)]));
    assert_eq!(verdict, Verdict::Need(vec![second.hash]));
    let verdict = judge(id(1), &[read(&second)], &empty(Some(Role::Manage)));
    assert_eq!(verdict, Verdict::Need(vec![first.hash]));
}

#[test]
fn a_number_used_twice_by_an_actor_is_refused() {
    let (document, first) = flow();
    let (mut one, mut two) = (document.clone(), document);
    let here = set(&mut one, "/name", json!("here"));
    let there = set(&mut two, "/name", json!("there"));
    let context = after(&[read(&first), read(&here)]);
    assert_eq!(refused(&context, read(&there)), Code::Sequence);
}

#[test]
fn the_first_change_of_another_document_is_refused_here() {
    let (_, first) = flow();
    let context = empty(Some(Role::Manage));
    assert_eq!(codes(judge(id(2), &[read(&first)], &context))[0].0, Code::Envelope);
}

#[test]
fn kind_id_and_schema_never_change() {
    let (_, first) = flow();
    let context = after(&[read(&first)]);
    for (key, value) in [("kind", "export"), ("id", "0"), ("schema", "2")] {
        let change = foreign(&first, |doc| doc.put(ROOT, key, value).unwrap());
        assert_eq!(refused(&context, change), Code::Immutable);
        let change = foreign(&first, |doc| doc.delete(ROOT, key).unwrap());
        assert_eq!(refused(&context, change), Code::Immutable);
    }
}

#[test]
fn what_is_no_flat_leaf_text_or_row_is_refused() {
    let (_, first) = flow();
    let context = after(&[read(&first)]);
    let shapes: [fn(&mut AutoCommit); 5] = [
        |doc| drop(doc.put_object(ROOT, "/http", ObjType::Map).unwrap()),
        |doc| drop(doc.put_object(ROOT, "/list", ObjType::List).unwrap()),
        |doc| drop(doc.put_object(ROOT, "/name", ObjType::Text).unwrap()),
        |doc| doc.put(ROOT, "ours", 1).unwrap(),
        |doc| doc.put(ROOT, "bin", "yes").unwrap(),
    ];
    for write in shapes {
        assert_eq!(refused(&context, foreign(&first, write)), Code::Shape);
    }
    accepted(judge(id(1), &[foreign(&first, |doc| doc.put(ROOT, "bin", true).unwrap())], &context));
}

#[test]
fn secrets_and_what_the_server_sets_never_enter() {
    let value = json!({"name": "c", "type": "http"});
    let (_, first) = Document::create(Kind::Connection, id(1), &value, &AUTHOR, &mut rows()).unwrap();
    let mut context = after(&[read(&first)]);
    context.document = context.document.map(|row| DocumentRow { kind: Kind::Connection, ..row });
    let secret = foreign(&first, |doc| doc.put(ROOT, "/http/auth/basic/password", "hunter2").unwrap());
    assert_eq!(refused(&context, secret), Code::Secret);
    let derived = foreign(&first, |doc| doc.put(ROOT, "/lastModified", "2026-01-01").unwrap());
    assert_eq!(refused(&context, derived), Code::Derived);
}

#[test]
fn a_leaf_above_256_kib_and_a_change_above_its_cap_are_refused() {
    let (mut document, first) = flow();
    let large = set(&mut document, "/name", json!("x".repeat(300 * 1024)));
    assert_eq!(refused(&after(&[read(&first)]), read(&large)), Code::TooLarge);
    let noise: String =
        (0..1_200_000_u32).map(|n| char::from_digit(n.wrapping_mul(2_654_435_761) >> 27, 32).unwrap()).collect();
    let raw = foreign_raw(&first, &noise);
    assert_eq!(Incoming::read(raw).unwrap_err().code, Code::TooLarge);
}

/// The uncompressed bytes of a change with one large value.
fn foreign_raw(base: &Chunk, value: &str) -> Vec<u8> {
    let mut doc = AutoCommit::load(&base.bytes).unwrap();
    let before = doc.get_heads();
    doc.set_actor(ActorId::from([9; 16]));
    doc.put(ROOT, "/name", value).unwrap();
    doc.commit();
    doc.get_changes(&before).remove(0).raw_bytes().to_vec()
}

#[test]
fn operations_may_not_be_counted_from_far_ahead() {
    let (mut document, first) = flow();
    let text =
        Intent::Splice { path: "/description".to_owned(), at: 0, delete: 0, insert: "x".repeat(11_000), heads: vec![] };
    document.edit(&AUTHOR, &[text], &mut rows()).unwrap().unwrap();
    let third = read(&set(&mut document, "/name", json!("g")));
    let mut context = after(&[read(&first)]);
    context.known.extend(third.scan.deps.iter().copied());
    context.last_seqs.insert(vec![1; 16], 2);
    assert_eq!(refused(&context, third), Code::Malformed);
}

#[test]
fn nothing_enters_a_document_that_was_deleted_for_good() {
    let (mut document, first) = flow();
    let second = set(&mut document, "/name", json!("g"));
    let mut context = after(&[read(&first)]);
    context.document = context.document.map(|row| DocumentRow { purged: true, ..row });
    assert_eq!(refused(&context, read(&second)), Code::Gone);
}

/// The context in which the document weighs this much already.
fn heavy(first: &Chunk, stored: u64, inflated: u64) -> Context {
    let mut context = after(&[read(first)]);
    context.document = context.document.map(|row| DocumentRow { size_bytes: stored, inflated_bytes: inflated, ..row });
    context
}

#[test]
fn a_document_takes_no_more_than_one_frame_to_an_empty_device_holds() {
    let (mut document, first) = flow();
    let second = set(&mut document, "/name", json!("g"));
    let room = u64::try_from(MAX_DOWN_BYTES - second.bytes.len()).unwrap();
    assert_eq!(refused(&heavy(&first, room, room), read(&second)), Code::Quota);
    accepted(judge(id(1), &[read(&second)], &heavy(&first, room / 2, room / 2)));
}

#[test]
fn what_deflates_well_fills_a_document_by_what_it_inflates_to() {
    let (mut document, first) = flow();
    let zeros = "0".repeat(200 * 1024);
    let mut context = after(&[read(&first)]);
    let (mut stored, mut inflated) = (0_u64, 0_u64);
    let full = loop {
        let change = read(&set(&mut document, "/name", json!(format!("{inflated}{zeros}"))));
        stored += u64::try_from(change.bytes.len()).unwrap();
        inflated += u64::try_from(change.scan.inflated_bytes).unwrap();
        match judge(id(1), std::slice::from_ref(&change), &context) {
            Verdict::Accept(_) => {}
            other => break codes(other)[0].0,
        }
        let scan = &change.scan;
        context.known.insert(scan.hash);
        context.last_seqs.insert(scan.actor.clone(), scan.seq);
        let max_op = scan.start_op + scan.ops - 1;
        context.document =
            context.document.map(|row| DocumentRow { max_op, size_bytes: stored, inflated_bytes: inflated, ..row });
    };
    assert_eq!(full, Code::Quota);
    assert!(stored < 1024 * 1024, "{stored} bytes are stored");
    assert!((32 << 20..33 << 20).contains(&inflated), "{inflated} bytes inflated");
}

fn custom(grants: &[(u8, Level)]) -> Option<Rights> {
    Some(Rights { role: Role::Custom, grants: grants.iter().map(|(n, level)| (id(*n), *level)).collect() })
}

fn flow_of(integration: u8) -> (Document, Chunk) {
    let value = json!({"name": "f", "_integrationId": id(integration)});
    Document::create(Kind::Flow, id(1), &value, &AUTHOR, &mut rows()).unwrap()
}

#[test]
fn a_custom_member_makes_and_changes_what_their_integration_owns_and_nothing_else() {
    let rights = custom(&[(50, Level::Manage), (51, Level::Monitor)]);
    for (integration, taken) in [(50, true), (51, false), (52, false)] {
        let (mut document, first) = flow_of(integration);
        let second = set(&mut document, "/name", json!("g"));
        let new = Context { rights: rights.clone(), ..empty(None) };
        let made = judge(id(1), &[read(&first)], &new);
        assert_eq!(matches!(made, Verdict::Accept(_)), taken, "{integration}");
        let mut there = Context { rights: rights.clone(), ..after(&[read(&first)]) };
        there.document.as_mut().unwrap().owner = Some(id(integration));
        let changed = judge(id(1), &[read(&second)], &there);
        assert_eq!(matches!(changed, Verdict::Accept(_)), taken, "{integration}");
    }
    let (_, without) = flow();
    assert_eq!(refused(&Context { rights, ..empty(None) }, read(&without)), Code::Rights);
}

#[test]
fn moving_a_resource_asks_for_the_right_on_both_sides() {
    let (mut document, first) = flow_of(50);
    let moved = set(&mut document, "/_integrationId", json!(id(51)));
    for (grants, taken) in [
        (vec![(50, Level::Manage)], false),
        (vec![(51, Level::Manage)], false),
        (vec![(50, Level::Manage), (51, Level::Monitor)], false),
        (vec![(50, Level::Manage), (51, Level::Manage)], true),
    ] {
        let mut context = Context { rights: custom(&grants), ..after(&[read(&first)]) };
        context.document.as_mut().unwrap().owner = Some(id(50));
        match judge(id(1), &[read(&moved)], &context) {
            Verdict::Accept(accepted) => assert!(taken && accepted.moved && accepted.owner == Some(id(51))),
            other => assert!(!taken, "{grants:?} {other:?}"),
        }
    }
}

#[test]
fn a_document_that_may_not_be_seen_answers_like_one_that_does_not_exist() {
    let (mut document, first) = flow_of(52);
    let second = set(&mut document, "/name", json!("g"));
    let rights = custom(&[(50, Level::Manage)]);
    let absent = Context { rights: rights.clone(), ..empty(None) };
    let mut hidden = Context { rights, ..after(&[read(&first)]) };
    hidden.document.as_mut().unwrap().owner = Some(id(52));
    hidden.known.clear();
    let ask = |context: &Context, chunk: &Chunk| format!("{:?}", judge(id(1), &[read(chunk)], context));
    assert_eq!(ask(&absent, &second), ask(&hidden, &second));
    for context in [&absent, &hidden] {
        assert_eq!(refused(context, read(&first)), Code::Rights);
    }
}

/// Numbers that follow from a seed (<https://prng.di.unimi.it/splitmix64.c>).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % below as u64).unwrap()
    }
}

/// Changes that somebody would like to see stored: new ones, replayed, relayed, spoofed, damaged, out of order.
fn hostile(dice: &mut Dice, base: &[Chunk]) -> Vec<Vec<u8>> {
    let mut document = Document::load(base.iter().map(|chunk| chunk.bytes.as_slice())).unwrap().document;
    // Their own session, that of the one who wrote the document, or one that looks like it.
    let actor = [[9; 16], AUTHOR.actor, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2]][dice.roll(3)];
    let author = Author { actor, time_ms: i64::try_from(dice.roll(10_000)).unwrap() };
    let mut changes: Vec<Vec<u8>> = Vec::new();
    if dice.roll(2) == 0 {
        changes.extend(base.iter().map(|chunk| chunk.bytes.clone()));
    }
    for n in 0..=dice.roll(3) {
        let intents = [
            Intent::Set { path: "/name".to_owned(), value: json!(format!("stolen {n} {}", dice.roll(1_000))) },
            Intent::Set { path: "/_integrationId".to_owned(), value: json!(id(8)) },
            Intent::Bin,
        ];
        let intent = intents[dice.roll(3)].clone();
        changes.extend(document.edit(&author, &[intent], &mut rows()).unwrap().map(|chunk| chunk.bytes));
    }
    if dice.roll(4) == 0 {
        let value = json!({ "name": "new", "_integrationId": id(8) });
        changes.push(Document::create(Kind::Flow, id(1), &value, &author, &mut rows()).unwrap().1.bytes);
    }
    if dice.roll(4) == 0 {
        changes.reverse();
    }
    if dice.roll(4) == 0 {
        let at = dice.roll(changes.len());
        let byte = dice.roll(changes[at].len());
        changes[at][byte] ^= 1 << dice.roll(8);
    }
    changes
}

#[test]
fn nothing_that_is_pushed_by_those_who_may_not_change_is_stored() {
    let rounds: u32 = std::env::var("TOMBOLO_ROUNDS").map_or(2_000, |text| text.parse().unwrap());
    let (mut document, first) = flow();
    let base = [first, set(&mut document, "/name", json!("g"))];
    let stored: Vec<Incoming> = base.iter().map(read).collect();
    let level = |home, level| Rights { role: Role::Custom, grants: [(home, level)].into() };
    let rights = [
        None,
        Some(Rights::from(Role::Monitor)),
        Some(Rights::from(Role::Custom)),
        // The document is integration 8's: they may see it there, and change what is in 9.
        Some(level(id(8), Level::Monitor)),
        Some(level(id(9), Level::Manage)),
    ];
    let mut judged = 0;
    for round in 0..rounds {
        let mut dice = Dice(u64::from(round));
        let changes = hostile(&mut dice, &base);
        let read: Result<Vec<Incoming>, _> = changes.into_iter().map(Incoming::read).collect();
        // One that cannot be read refuses all of the push.
        let Ok(changes) = read else { continue };
        let mut context = after(&stored);
        context.document.as_mut().unwrap().owner = Some(id(8));
        context.user = id(200);
        context.rights.clone_from(&rights[dice.roll(rights.len())]);
        if dice.roll(8) == 0 {
            // A document that is not there yet, in an integration that is not theirs.
            context = Context { document: None, known: BTreeSet::new(), ..context };
        }
        let target = if dice.roll(8) == 0 { id(2) } else { id(1) };
        if let Verdict::Accept(accepted) = judge(target, &changes, &context) {
            assert!(
                accepted.fresh.is_empty() && accepted.bind.is_empty(),
                "seed {round}: {:?} {accepted:?}",
                context.rights
            );
        }
        judged += 1;
    }
    assert!(judged > rounds / 2, "{judged}");
}
