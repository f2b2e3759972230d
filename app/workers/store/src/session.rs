//! The leader's session with the server: drives `tombolo-sync`'s client with the socket, the disk and the clock.
//!
//! Effects that need no disk are done at once; the others one after the other in their order.

mod compare;
mod outbox;
mod socket;
mod store;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use tombolo_sync::client::{Client, Effect, Event, Options, Received, Status};
use tombolo_wire::store::{Access, Link, Notice};
use wasm_bindgen_futures::spawn_local;

use crate::account::Account;
use crate::fault::Fault;
use crate::storage::{Store, text};
use crate::tabs::Say;
use crate::{api, ended, env, moving, news, outages, park, presence, runs, stubs};

pub(crate) use outbox::read as read_outbox;

/// A session.
pub(crate) struct Session {
    client: RefCell<Client>,
    socket: RefCell<Option<socket::Socket>>,
    alarm: RefCell<Option<Timeout>>,
    outbox: outbox::Outbox,
    slow: RefCell<VecDeque<Effect>>,
    busy: Cell<bool>,
    alive: Cell<bool>,
}

impl Session {
    /// A session that goes on where the last one stopped.
    pub(crate) async fn new(account: &Rc<Account>) -> Result<Self, Fault> {
        let cursor = account.storage.get_json(Store::Meta, &text("cursor")).await?;
        let seed = u64::from_le_bytes(env::random());
        Ok(Self {
            client: RefCell::new(Client::new(Options { seed, cursor })),
            socket: RefCell::default(),
            alarm: RefCell::default(),
            outbox: outbox::Outbox::default(),
            slow: RefCell::default(),
            busy: Cell::new(false),
            alive: Cell::new(true),
        })
    }

    /// Whether the account has the person, as the server said last.
    pub(crate) fn access(&self) -> Access {
        self.client.borrow().status().access
    }

    /// Whether the socket is up and everything that came is stored.
    pub(crate) fn is_online(&self) -> bool {
        self.client.borrow().status().link == Link::Online
    }
}

/// Starts: first what waits, then the link.
pub(crate) async fn begin(account: &Rc<Account>, session: &Rc<Session>) {
    outbox::read_now(account, session).await;
    runs::offer(account, session).await;
    presence::offer(account, session);
    drive(account, session, Event::Fetch(account.damaged()));
    drive(account, session, Event::Start);
}

/// Ends the session; what was not confirmed is repeated by the next one.
pub(crate) fn end(account: &Rc<Account>, session: &Rc<Session>) {
    // A link that has stopped says why, which the person should go on seeing.
    if session.client.borrow().status().link != Link::Stopped {
        drive(account, session, Event::Stop);
    }
    session.alive.set(false);
    session.alarm.replace(None);
    session.socket.replace(None);
}

/// Tells the client what happened and does what it wants.
pub(crate) fn drive(account: &Rc<Account>, session: &Rc<Session>, event: Event) {
    if !session.alive.get() {
        return;
    }
    let effects = session.client.borrow_mut().handle(env::now_unsigned_ms(), event);
    for effect in effects {
        match effect {
            Effect::Connect => socket::connect(account, session),
            Effect::Disconnect => drop(session.socket.take()),
            Effect::Send(frame) => socket::send(session, &frame),
            Effect::WakeAt(at) => wake_at(account, session, at),
            Effect::Show(received) => show(account, received),
            Effect::Status(status) => tell(account, status),
            Effect::Rights(rights) => moving::rights_changed(account, rights),
            Effect::Damaged { document, reason } => account.notice(Notice {
                code: "damaged".to_owned(),
                message: format!("Something that came from the server was left out: {reason}."),
                document: Some(document),
            }),
            slow @ (Effect::Store(_)
            | Effect::Park(_)
            | Effect::Empty
            | Effect::Compare { .. }
            | Effect::Supply { .. }) => {
                session.slow.borrow_mut().push_back(slow);
            }
        }
    }
    work(account, session);
}

/// Does what needs the disk, one after the other.
fn work(account: &Rc<Account>, session: &Rc<Session>) {
    if session.slow.borrow().is_empty() || session.busy.replace(true) {
        return;
    }
    let (account, session) = (account.clone(), session.clone());
    spawn_local(async move {
        loop {
            let Some(effect) = session.slow.borrow_mut().pop_front() else {
                break;
            };
            if !session.alive.get() {
                break;
            }
            if let Some(event) = perform(&account, &session, effect).await {
                drive(&account, &session, event);
            }
        }
        session.busy.set(false);
    });
}

async fn perform(account: &Rc<Account>, session: &Rc<Session>, effect: Effect) -> Option<Event> {
    match effect {
        Effect::Store(wanted) => {
            let token = wanted.token;
            Some(match store::store(account, session, wanted).await {
                Ok(()) => Event::Stored { token },
                Err(error) => Event::StoreFailed { token, reason: error.to_wire().message },
            })
        }
        Effect::Park(park) => match park::park(account, session, &park).await {
            Ok(hashes) => Some(Event::Withdrawn { document: park.document, hashes }),
            Err(error) => {
                account.notice(Notice {
                    code: "not_accepted".to_owned(),
                    message: format!("{} It could not be put aside: {}", park.message, error.to_wire().message),
                    document: Some(park.document),
                });
                None
            }
        },
        Effect::Empty => {
            if ended::empty(account, session).await.is_err() {
                empty_later(account, session);
            }
            None
        }
        Effect::Compare { manifest, course, round } => {
            match compare::compare(account, session, &manifest, course, round).await {
                Ok(event) => Some(event),
                Err(error) => Some(Event::Closed { reason: error.to_wire().message, retry: true }),
            }
        }
        Effect::Supply { document, hashes } => {
            let supply = match compare::supply(account, document, &hashes).await {
                Ok(supply) => supply,
                Err(Fault::NotFound(_)) => compare::Supply { found: Vec::new(), absent: hashes },
                // It may be readable again later; until the next connection the document waits.
                Err(Fault::Damaged { .. }) => return None,
                Err(error) => return Some(Event::Closed { reason: error.to_wire().message, retry: true }),
            };
            drive(account, session, Event::Outbox(supply.found));
            (!supply.absent.is_empty()).then_some(Event::Absent { document, hashes: supply.absent })
        }
        _ => None,
    }
}

/// What could not be emptied is tried again for as long as the tab leads; the next leader is told the same.
fn empty_later(account: &Rc<Account>, session: &Rc<Session>) {
    const A_WHILE_MS: u32 = 2_000;
    let (account, session) = (account.clone(), session.clone());
    spawn_local(async move {
        env::pause(A_WHILE_MS).await;
        if session.alive.get() && account.is_open() && session.access() == Access::Ended {
            session.slow.borrow_mut().push_back(Effect::Empty);
            work(&account, &session);
        }
    });
}

fn wake_at(account: &Rc<Account>, session: &Rc<Session>, at_ms: u64) {
    let wait = at_ms.saturating_sub(env::now_unsigned_ms());
    let wait = u32::try_from(wait).unwrap_or(u32::MAX / 4);
    let (weak, keeper) = (Rc::downgrade(session), Rc::downgrade(account));
    let alarm = Timeout::new(wait, move || {
        if let (Some(session), Some(account)) = (weak.upgrade(), keeper.upgrade()) {
            drive(&account, &session, Event::Wake);
        }
    });
    if let Some(before) = session.alarm.replace(Some(alarm)) {
        drop(before.cancel());
    }
}

/// What others did, on this screen at once; it is stored a moment later.
fn show(account: &Rc<Account>, received: Vec<Received>) {
    for item in received {
        if account.documents.takes_news(item.document) {
            let row = news::apply(account, item.document, &item.chunks);
            account.take_rows(row.into_iter().collect(), &[]);
        }
    }
}

fn tell(account: &Rc<Account>, status: Status) {
    let was_online = account.link.borrow().link == Link::Online;
    let online = status.link == Link::Online;
    let stopped = status.link == Link::Stopped;
    let removed = status.access != Access::Open && account.link.borrow().access == Access::Open;
    presence::remember(account, &status.people);
    account.link.replace(status);
    account.show_status();
    // Whoever has lost the lead speaks for nobody: the next leader may have said that it is online.
    if account.leads() {
        account.say(&Say::Link { status: account.status() });
    }
    if stopped {
        account.link_stopped();
    }
    if removed {
        account.say(&Say::Removed);
        runs::end_all(account);
    }
    if online && !was_online {
        api::errands(account);
        outages::ask(account);
        stubs::ask_soon(account);
    }
    if online && account.pending.borrow().is_empty() {
        moving::all_is_there(account);
    }
}
