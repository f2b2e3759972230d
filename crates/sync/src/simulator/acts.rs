//! What people do, and what goes wrong.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tombolo_docs::{Author, Document};
use tombolo_model::{Grants, Id, Intent, Kind, Level, Rights, Role};
use tombolo_wire::run::{RunPlace, RunRow, RunStatus};
use tombolo_wire::sync::{Place, RunRows};

use super::device::Write;
use super::world::{Happening, World};
use crate::client::{Event, Outgoing};
use crate::server::Event as PeerEvent;

/// More documents than this make the runs slow without making them harder.
const MOST_DOCUMENTS: usize = 6;

/// Something that is done or goes wrong.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    Edit,
    Create,
    Look,
    Run,
    Presence,
    Cut,
    Partition,
    CrashDevice,
    Takeover,
    CrashServer,
    Backup,
    Restore,
    Role,
}

/// How often, in a thousand acts.
const WEIGHTS: [(Act, u64); 13] = [
    (Act::Edit, 680),
    (Act::Create, 60),
    (Act::Look, 60),
    (Act::Run, 20),
    (Act::Presence, 20),
    (Act::Cut, 50),
    (Act::Partition, 20),
    (Act::CrashDevice, 20),
    (Act::Takeover, 10),
    (Act::CrashServer, 8),
    (Act::Backup, 15),
    (Act::Restore, 4),
    (Act::Role, 33),
];

impl World {
    pub(super) fn plan_acts(&mut self, storm_ms: u64) {
        let acts = 80 + self.random.below(60);
        for _ in 0..acts {
            let mut draw = self.random.below(WEIGHTS.iter().map(|(_, weight)| weight).sum());
            let act = WEIGHTS.iter().find(|(_, weight)| {
                let hit = draw < *weight;
                draw = draw.saturating_sub(*weight);
                hit
            });
            let at = self.random.below(storm_ms);
            if let Some((act, _)) = act {
                self.schedule(at, Happening::Act(*act));
            }
        }
    }

    pub(super) fn act(&mut self, act: Act) {
        let device = self.pick(self.devices.len());
        match act {
            Act::Edit => self.edit(device),
            Act::Create => self.create(device),
            Act::Look => self.look(device),
            Act::Run => self.run_flow(device),
            Act::Presence => {
                let place = Place { document: self.any_document(device), field: None, cursor: None };
                self.client(device, Event::Presence { tab: "a".to_owned(), place: Some(place) });
            }
            Act::Cut => {
                if let Some(link) = self.devices[device].link {
                    self.cut(link);
                }
            }
            Act::Partition => {
                self.partition_until[device] = self.now + self.random.below(8_000);
                if let Some(link) = self.devices[device].link {
                    self.cut(link);
                }
            }
            Act::CrashDevice => {
                self.report.crashes += 1;
                self.disconnect(device);
                self.start_client(device, true);
            }
            Act::Takeover => {
                self.disconnect(device);
                self.start_client(device, false);
            }
            Act::CrashServer => self.crash_server(),
            Act::Backup => {
                let disk = self.server.disk.clone();
                self.server.backups.push(disk);
            }
            Act::Restore => self.restore_server(),
            Act::Role => {
                let user = self.devices[device].user;
                let rights = self.some_rights();
                self.set_rights(user, rights.as_ref());
            }
        }
    }

    /// Of one person: in the whole account, in one of its integrations or in none.
    fn some_rights(&mut self) -> Option<Rights> {
        let level = [Level::Monitor, Level::Manage][self.pick(2)];
        let grants = || Grants::from([(integration(1), level)]);
        match self.pick(7) {
            0 => None,
            1 | 2 => Some(Role::Monitor.into()),
            3 => Some(Role::Manage.into()),
            4 => Some(Rights { role: Role::Custom, grants: Grants::new() }),
            5 => Some(Rights { role: Role::Monitor, grants: grants() }),
            _ => Some(Rights { role: Role::Custom, grants: grants() }),
        }
    }

    fn set_rights(&mut self, user: Id, rights: Option<&Rights>) {
        let before = match rights.cloned() {
            Some(rights) => self.server.disk.members.insert(user, rights),
            None => self.server.disk.members.remove(&user),
        };
        if before.as_ref() != rights {
            *self.server.disk.rights.entry(user).or_default() += 1;
        }
        let sight = |rights: Option<&Rights>| rights.map(Rights::sight);
        let narrowed = rights.is_some() && sight(before.as_ref()) != sight(rights);
        let links: Vec<u64> =
            self.server.peers.iter().filter(|(_, (other, _))| *other == user).map(|(link, _)| *link).collect();
        for link in links {
            self.peer(link, PeerEvent::RightsChanged { rights: rights.cloned() });
            if narrowed {
                self.peer(link, PeerEvent::SightChanged);
            }
        }
    }

    /// Everything works again. Some who were removed come back, the others stay away.
    pub(super) fn heal(&mut self) {
        self.healing = true;
        self.server.down_until = 0;
        self.partition_until.fill(0);
        let users: Vec<Id> = self.devices.iter().map(|device| device.user).collect();
        let members: BTreeSet<Id> =
            users.iter().copied().filter(|user| self.server.disk.members.contains_key(user)).collect();
        for user in users {
            if members.contains(&user) || members.is_empty() || self.random.chance(50) {
                let rights = self.server.disk.members.get(&user).cloned();
                self.set_rights(user, Some(&rights.unwrap_or_else(|| Role::Manage.into())));
            }
        }
        for device in 0..self.devices.len() {
            self.client(device, Event::Start);
            self.client(device, Event::Nudge);
        }
        self.notify(self.server.disk.sequence());
        self.schedule(5_000, Happening::StartAgain);
    }

    /// Whoever was told a moment ago that they are no member any more tries again.
    pub(super) fn start_again(&mut self) {
        for device in 0..self.devices.len() {
            self.client(device, Event::Start);
        }
    }

    fn any_document(&mut self, device: usize) -> Option<Id> {
        let ids: Vec<Id> = self.devices[device].documents.keys().copied().collect();
        self.random.index(ids.len()).and_then(|index| ids.get(index).copied())
    }

    fn create(&mut self, device: usize) {
        if self.devices[device].documents.len() >= MOST_DOCUMENTS {
            return;
        }
        let id = self.random_id();
        let home = integration([1, 2][self.pick(2)]);
        let (kind, value) = match self.pick(3) {
            0 => (Kind::Script, json!({"name": "script", "content": "function hook() {}", "_integrationId": home})),
            1 => (Kind::Export, json!({"name": "export", "http": {"method": "GET"}})),
            _ => {
                let flow = json!({"name": "flow", "_integrationId": home, "pageProcessors": [{"type": "import"}]});
                (Kind::Flow, flow)
            }
        };
        let author = self.author(device);
        let mut random = self.random.clone();
        let made = Document::create(kind, id, &value, &author, &mut || row_id(&mut random));
        self.random = random;
        match made {
            Ok((document, chunk)) => {
                self.devices[device].documents.insert(id, document);
                self.report.edits += 1;
                self.write(device, Write::Edit(Outgoing { document: id, hash: chunk.hash, bytes: chunk.bytes }));
            }
            Err(error) => self.problems.push(format!("create: {error}")),
        }
    }

    fn author(&self, device: usize) -> Author {
        let time_ms = i64::try_from(self.now).unwrap_or(0);
        Author { actor: self.devices[device].actor, time_ms }
    }

    /// A slow screen takes its picture of a text now and types into it later.
    fn look(&mut self, device: usize) {
        if let Some(id) = self.any_document(device)
            && let Some(document) = self.devices[device].documents.get(&id)
        {
            let view = document.view();
            let length = content(&view.value).encode_utf16().count();
            self.devices[device].seen.insert(id, (view.heads, length));
        }
    }

    fn edit(&mut self, device: usize) {
        let Some(id) = self.any_document(device) else {
            self.create(device);
            return;
        };
        let Some(mut document) = self.devices[device].documents.remove(&id) else {
            return;
        };
        let intent = self.intent(device, &document);
        let author = self.author(device);
        let mut random = self.random.clone();
        let edited = document.edit(&author, &[intent], &mut || row_id(&mut random));
        self.random = random;
        self.devices[device].documents.insert(id, document);
        // An edit that cannot be made (a row that has just gone) is the screen's to explain.
        if let Ok(Some(chunk)) = edited {
            self.report.edits += 1;
            self.write(device, Write::Edit(Outgoing { document: id, hash: chunk.hash, bytes: chunk.bytes }));
        }
    }

    fn intent(&mut self, device: usize, document: &Document) -> Intent {
        let view = document.view();
        let word = format!("w{}", self.random.below(1_000));
        let list = "/pageProcessors".to_owned();
        let rows = view.rows.get(&list).cloned().unwrap_or_default();
        let row = self.random.index(rows.len()).and_then(|index| rows.get(index).cloned());
        match (document.kind(), self.pick(6)) {
            (Kind::Script, 0..=3) => self.splice(device, document.id(), content(&view.value), word),
            (Kind::Flow, 0) => {
                let new = row_id(&mut self.random);
                Intent::InsertRow { list, row: new, after: row, value: json!({"type": "export", "_exportId": word}) }
            }
            (Kind::Flow, 1) if row.is_some() => Intent::DeleteRow { list, row: row.unwrap_or_default() },
            (Kind::Flow, 2 | 3) if row.is_some() => {
                let after = self.random.index(rows.len()).and_then(|index| rows.get(index).cloned());
                Intent::MoveRow {
                    list,
                    after: after.filter(|after| Some(after) != row.as_ref()),
                    row: row.unwrap_or_default(),
                }
            }
            (Kind::Flow, 4) if row.is_some() => {
                Intent::Set { path: format!("{list}/{}/name", row.unwrap_or_default()), value: json!(word) }
            }
            (_, 4) => Intent::Set { path: format!("/http/headers{}", self.random.below(3)), value: json!([word]) },
            (_, 5) if self.random.chance(20) => [Intent::Bin, Intent::Unbin][self.pick(2)].clone(),
            _ => Intent::Set { path: "/name".to_owned(), value: json!(word) },
        }
    }

    fn splice(&mut self, device: usize, id: Id, text: &str, word: String) -> Intent {
        let seen = self.devices[device].seen.remove(&id);
        let (heads, length) = seen.unwrap_or_else(|| (Vec::new(), text.encode_utf16().count()));
        let at = self.pick(length + 1);
        let delete = self.pick((length - at).min(4) + 1);
        Intent::Splice { path: "/content".to_owned(), at, delete, insert: word, heads }
    }

    fn run_flow(&mut self, device: usize) {
        let row = RunRow {
            id: self.random_id(),
            flow: self.random_id(),
            flow_name: "flow".to_owned(),
            status: RunStatus::Completed,
            place: RunPlace::Browser,
            offline: false,
            started_ms: 0,
            ended_ms: None,
            steps: Vec::new(),
            error: None,
            heads: std::collections::BTreeMap::new(),
            origin: tombolo_wire::run::RunOrigin::default(),
            n: 1,
        };
        self.write(device, Write::Run(RunRows { runs: vec![row], ..RunRows::default() }));
    }
}

/// One of the integrations that documents belong to; nobody has its own document.
fn integration(n: u8) -> Id {
    Id::from_parts(9, [n; 8])
}

fn content(value: &Value) -> &str {
    value.get("content").and_then(Value::as_str).unwrap_or_default()
}

fn row_id(random: &mut crate::random::Random) -> String {
    format!("{:08x}", random.next() >> 32)
}
