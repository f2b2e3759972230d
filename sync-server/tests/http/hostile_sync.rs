//! Pushes over real sockets by those who may not change what they push to: nothing is stored, and nothing is told.
//!
//! `TOMBOLO_ROUNDS` sets the number of pushes; the full figure is 100,000. The server is one that was restored from a
//! backup once, for such a one asks less of those who bring something back.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use reqwest::{Method, StatusCode};
use serde_bytes::ByteBuf;
use serde_json::{Value, json};
use sqlx::Row;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tombolo_docs::{Author, Chunk, Document};
use tombolo_model::{Id, Intent, Kind};
use tombolo_wire::sync::{Cursor, Down, Entry, Hello, Place, Up, VERSION, decode_down, encode_up};

use crate::device::{Device, author, create, id, open, set};
use crate::hostile::Dice;
use crate::runs::make;
use crate::server::{Browser, Person, Server};

/// In every text of what the hostile may not see.
const CANARY: &str = "canary-of-theirs";
/// Who pushes the same into an account of their own.
const AT_HOME: &str = "stranger at home";
/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(20);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Who pushes, and where from.
struct Attacker {
    name: &'static str,
    browser: Browser,
    /// The account whose socket they open.
    account: Id,
    /// May see what they push to, so that seeing it is no leak.
    sees: bool,
    /// Has a conversation with the server, which goes on as long as they keep to its rules.
    welcome: bool,
    line: Option<Line>,
}

/// A socket of theirs, and how far it was read.
struct Line {
    socket: Socket,
    stored: u32,
    pushes: u64,
}

/// What somebody pushes to who may not.
struct Target {
    document: Document,
    chunks: Vec<Chunk>,
    author: Author,
    home: Id,
    ours: Id,
}

#[tokio::test]
async fn nothing_that_comes_over_the_socket_of_those_who_may_not_is_stored_or_answered_with_what_they_may_not_see() {
    let rounds: u64 = std::env::var("TOMBOLO_ROUNDS").map_or(480, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let (server, ann, target, mut attackers) = scene(folder.path()).await;
    let before = stored(&server, ann.account, ann.user).await;
    let mut refused = 0;
    for round in 0..rounds {
        let mut dice = Dice(round.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let attacker = usize::try_from(round).unwrap() % attackers.len();
        let attacker = &mut attackers[attacker];
        let answers = attack(attacker, &target, &mut dice).await;
        for (frame, bytes) in &answers {
            assert!(attacker.sees || !tells(frame, bytes), "{} heard {frame:?} in round {round}", attacker.name);
            refused += u64::from(matches!(frame, Down::Refused { .. } | Down::Bye { .. } | Down::Need { .. }));
        }
        if round % 1_000 == 999 {
            assert_eq!(stored(&server, ann.account, ann.user).await, before, "before round {round}");
        }
    }
    assert_eq!(stored(&server, ann.account, ann.user).await, before, "after {rounds} rounds");
    assert!(refused > rounds / 2, "only {refused} of {rounds} were refused");
    println!("{rounds} hostile pushes over sockets, {refused} refusals, 0 stored, 0 told");
}

/// An account with two integrations, and everybody who may not change the second.
async fn scene(data: &std::path::Path) -> (Server, Person, Target, Vec<Attacker>) {
    let mut server = Server::on(data, &[]);
    let mut ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let ours = make(&mut device, Kind::Integration, &json!({ "name": "Ours" })).await;
    let home = make(&mut device, Kind::Integration, &json!({ "name": CANARY })).await;
    let me = author();
    let value = json!({ "name": CANARY, "description": CANARY, "_integrationId": home });
    let (mut document, first) = create(Kind::Flow, &value, &me);
    let second = set(&mut document, &me, "/name", json!(format!("{CANARY} again")));
    let chunks = vec![first, second];
    assert!(matches!(device.push(document.id(), &chunks).await, Some(Down::Accepted { .. })));
    let target = Target { document, chunks, author: me, home, ours };
    let members = format!("/api/accounts/{}/members", ann.account);
    let mut attackers = Vec::new();
    for (name, body, sees) in [
        ("monitor", json!({ "role": "monitor" }), true),
        ("elsewhere", json!({ "role": "custom", "grants": { ours.to_string(): "manage" } }), false),
        ("looks", json!({ "role": "custom", "grants": { home.to_string(): "monitor" } }), true),
        ("nothing", json!({ "role": "custom" }), false),
        ("removed", Value::Null, false),
        ("suspended", json!({ "enabled": false }), false),
    ] {
        let mut person = server.person(name).await;
        ann.let_in(&mut person, name, "manage").await;
        let path = format!("{members}/{}", person.user);
        let done = if body.is_null() {
            ann.browser.send(Method::DELETE, &path, None).await
        } else {
            ann.browser.send(Method::PATCH, &path, Some(body)).await
        };
        assert_eq!(done.status(), StatusCode::NO_CONTENT, "{name}");
        let welcome = !matches!(name, "removed" | "suspended");
        let browser = person.browser;
        attackers.push(Attacker { name, browser, account: ann.account, sees, welcome, line: None });
    }
    let stranger = server.person("stranger").await;
    for (name, account) in [("stranger", ann.account), (AT_HOME, stranger.account)] {
        let browser = stranger.browser.clone();
        // At home they get back what they brought there.
        let home = name == AT_HOME;
        attackers.push(Attacker { name, browser, account, sees: home, welcome: home, line: None });
    }
    drop(device);
    server.kill();
    let mut database = server.database().await;
    sqlx::query("UPDATE server SET restored = unixepoch() * 1000").execute(&mut database).await.unwrap();
    sqlx::Connection::close(database).await.unwrap();
    let server = Server::on(data, &[]);
    ann.browser = ann.browser.at(&server);
    for attacker in &mut attackers {
        attacker.browser = attacker.browser.clone().at(&server);
    }
    (server, ann, target, attackers)
}

/// One attempt: a socket if there is none, a push, now and then something beside it; all that is said until the answer.
async fn attack(attacker: &mut Attacker, target: &Target, dice: &mut Dice) -> Vec<(Down, Vec<u8>)> {
    let mut heard = Vec::new();
    let mut line = match attacker.line.take() {
        // A new socket now and then: how it begins matters to what is asked of a push.
        Some(line) if dice.roll(16) != 0 => line,
        _ => match knock(attacker, target, dice, &mut heard).await {
            Some(line) => line,
            None => return heard,
        },
    };
    for frame in beside(target, dice) {
        line.say(&frame).await;
    }
    let at_home = attacker.name == AT_HOME;
    let document = if dice.roll(8) == 0 { id() } else { target.document.id() };
    let changes = hostile(target, dice, at_home).into_iter().map(ByteBuf::from).collect();
    line.pushes += 1;
    line.say(&Up::Push { push: line.pushes, document, changes }).await;
    loop {
        let Some((frame, bytes)) = line.read().await else { return heard };
        let answered = match &frame {
            Down::Accepted { push } | Down::Refused { push, .. } | Down::Need { push, .. } => *push == line.pushes,
            Down::Failed { message, .. } => panic!("{message}"),
            _ => false,
        };
        let over = matches!(frame, Down::Bye { .. });
        heard.push((frame, bytes));
        if over {
            return heard;
        }
        if answered {
            attacker.line = Some(line);
            return heard;
        }
    }
}

/// Opens a socket as a new device, one that comes back, or one that says the server was restored.
async fn knock(
    attacker: &Attacker,
    target: &Target,
    dice: &mut Dice,
    heard: &mut Vec<(Down, Vec<u8>)>,
) -> Option<Line> {
    let socket = open(&attacker.browser, attacker.account, &attacker.browser.origin()).await.ok()?;
    let mut line = Line { socket, stored: 0, pushes: 0 };
    let cursor = match dice.roll(4) {
        0 => None,
        1 => Some(Cursor::default()),
        2 => Some(Cursor { sequence: u64::MAX, ..Cursor::default() }),
        _ => Some(Cursor { server_epoch: u64::MAX, sequence: 7, ..Cursor::default() }),
    };
    line.say(&Up::Hello(Hello { version: VERSION, cursor })).await;
    if !attacker.welcome || dice.roll(8) == 0 {
        // Who is turned away pushes all the same, before being told; and some do not wait for the welcome.
        let changes = hostile(target, dice, true).into_iter().map(ByteBuf::from).collect();
        line.say(&Up::Push { push: 0, document: target.document.id(), changes }).await;
    }
    let welcome = line.read().await?;
    let said = welcome.0.clone();
    heard.push(welcome);
    match said {
        Down::Welcome(_) => Some(line),
        Down::Bye { .. } => None,
        other => panic!("{} was greeted with {other:?}", attacker.name),
    }
}

impl Line {
    async fn say(&mut self, frame: &Up) {
        // The server may have hung up.
        drop(self.socket.send(Message::binary(encode_up(frame).unwrap())).await);
    }

    /// The next frame, with its bytes; `None` when the server has hung up.
    async fn read(&mut self) -> Option<(Down, Vec<u8>)> {
        loop {
            match tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("the server is silent") {
                Some(Ok(Message::Binary(bytes))) => {
                    let frame = decode_down(&bytes).unwrap();
                    if matches!(frame, Down::Changes { .. } | Down::Bundle { .. } | Down::Manifest { .. }) {
                        self.stored += 1;
                        let frames = self.stored;
                        self.say(&Up::Received { frames }).await;
                    }
                    return Some((frame, bytes.to_vec()));
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }
}

/// Whether a frame has anything of what may not be seen.
fn tells(frame: &Down, bytes: &[u8]) -> bool {
    let has = |bytes: &[u8]| bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
    let inside = match frame {
        Down::Bundle { page, .. } => Device::page(page).documents.iter().any(|document| {
            document
                .chunks
                .iter()
                .any(|chunk| tombolo_docs::inspect(chunk).is_ok_and(|seen| has(format!("{seen:?}").as_bytes())))
        }),
        Down::Changes { entries, .. } => entries.iter().any(|entry| match entry {
            Entry::Change { bytes, .. } => {
                tombolo_docs::inspect(bytes).is_ok_and(|seen| has(format!("{seen:?}").as_bytes()))
            }
            _ => false,
        }),
        _ => false,
    };
    inside || has(bytes)
}

/// What else a device may ask: documents by their ids, and to be shown where others are.
fn beside(target: &Target, dice: &mut Dice) -> Vec<Up> {
    let document = target.document.id();
    match dice.roll(6) {
        0 => vec![Up::Fetch { documents: vec![document, target.home, id()] }],
        1 => vec![Up::Compared],
        2 => {
            let place = Place { document: Some(document), field: Some("/name".to_owned()), cursor: None };
            vec![Up::Presence { tab: "t".to_owned(), place: Some(place) }]
        }
        _ => Vec::new(),
    }
}

/// Changes that somebody would like to see stored: new, replayed, relayed, spoofed, damaged, out of order, for another
/// document. At home, in an account of one's own, one may do what one likes under one's own name.
fn hostile(target: &Target, dice: &mut Dice, at_home: bool) -> Vec<Vec<u8>> {
    let mut document = Document::load(target.chunks.iter().map(|chunk| chunk.bytes.as_slice())).unwrap().document;
    let mut looks_like = target.author.actor;
    looks_like[15] ^= 1;
    let mut own = [0; 16];
    own.fill_with(|| u8::try_from(dice.roll(256)).unwrap());
    let actors = [own, target.author.actor, looks_like];
    let actor = if at_home { target.author.actor } else { actors[dice.roll(actors.len())] };
    let author = Author { actor, time_ms: i64::try_from(dice.roll(10_000)).unwrap() };
    let mut row = 0;
    let mut rows = || {
        row += 1;
        format!("r{row}")
    };
    let mut changes: Vec<Vec<u8>> = Vec::new();
    if dice.roll(2) == 0 {
        changes.extend(target.chunks.iter().map(|chunk| chunk.bytes.clone()));
    }
    for n in 0..=dice.roll(3) {
        let intents = [
            Intent::Set { path: "/name".to_owned(), value: json!(format!("stolen {n} {}", dice.roll(1_000))) },
            Intent::Set { path: "/_integrationId".to_owned(), value: json!(target.ours) },
            Intent::Bin,
        ];
        let intent = intents[dice.roll(3)].clone();
        let edited = document.edit(&author, &[intent], &mut rows).unwrap();
        changes.extend(edited.map(|chunk| chunk.bytes));
    }
    if dice.roll(4) == 0 {
        // Made anew under the id of the one that is there.
        let value = json!({ "name": "new", "_integrationId": target.home });
        changes.push(Document::create(Kind::Flow, target.document.id(), &value, &author, &mut rows).unwrap().1.bytes);
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

/// Everything of the account that a push could change, and whose name the actors of its owner are in.
async fn stored(server: &Server, account: Id, owner: Id) -> Vec<String> {
    let mut database = server.database().await;
    let account = account.to_string();
    let mut found = Vec::new();
    for (table, columns) in [
        ("changes", "sequence || ' ' || document || ' ' || hex(hash) || ' ' || user"),
        (
            "documents",
            "id || ' ' || hex(heads) || ' ' || size_bytes || ' ' || coalesce(integration, '') || ' ' || purged",
        ),
        ("runs", "id || ' ' || body"),
        ("grants", "user || ' ' || integration || ' ' || level"),
        ("registrations", "document || ' ' || integration"),
    ] {
        let query = format!("SELECT {columns} AS line FROM {table} WHERE account = ? ORDER BY line");
        let rows = sqlx::query(sqlx::AssertSqlSafe(query)).bind(&account).fetch_all(&mut database).await.unwrap();
        found.extend(rows.iter().map(|row| format!("{table} {}", row.get::<String, _>("line"))));
    }
    let actors = sqlx::query("SELECT hex(session) AS line FROM actors WHERE user = ? ORDER BY line");
    let rows = actors.bind(owner.to_string()).fetch_all(&mut database).await.unwrap();
    found.extend(rows.iter().map(|row| format!("actor {}", row.get::<String, _>("line"))));
    found
}
