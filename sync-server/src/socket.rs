//! One socket of `/sync`: carries what [`Peer`] wants done to the store, the hub and the wire.
//!
//! Decides nothing about synchronising. Questions to the store are answered in whatever order they finish; a
//! device that does not read is waited for, which stops reading from it too, until its stream gives up.
//!
//! Invariant: rights are looked up anew whenever any of the account have changed or the session has ended, so that a
//! removed member's socket hears of it at once; what is pushed meanwhile is judged by the store with the role of that
//! moment. However a socket ends, also by a panic, nobody stays shown as present because of it.

mod answers;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::time::{Instant, Interval};
use tombolo_model::{Action, Id, Rights};
use tombolo_sync::server::{Effect, Event, Peer, Session};
use tombolo_wire::store::Person;

use crate::app::App;
use crate::auth::caller::{Caller, lacking};
use crate::clock;
use crate::hub::{AccountHub, Place, SessionHash};

/// Frames that wait for a slow device.
const QUEUE: usize = 32;
/// Questions to the store that may be open before no more frames are read from the device.
const QUESTIONS: usize = 8;
/// How often a session is looked at even if nothing happened: it may have expired.
const LOOK: Duration = Duration::from_secs(60);
/// Frames from which on decoding gets off the threads that answer others.
const HEAVY: usize = 64 * 1024;

static SOCKETS: AtomicU64 = AtomicU64::new(1);

/// Serves one socket until it closes.
pub(crate) async fn serve(app: App, caller: Caller, account: Id, rights: Rights, socket: WebSocket) {
    let number = SOCKETS.fetch_add(1, Ordering::Relaxed);
    let (sink, stream) = socket.split();
    let (frames, queue) = mpsc::channel(QUEUE);
    let writer = tokio::spawn(write(sink, queue));
    tracing::debug!(socket = number, user = %caller.user.id, %account, "socket open");
    let session = Session { user: caller.user.clone(), session: format!("{number:x}") };
    let hub = app.hub.account(account);
    // Held until the last frame is out: the server waits for it.
    let open = app.hub.stopping();
    let mut line = Line {
        peer: Peer::new(session, now()),
        number,
        sequence: hub.sequence(),
        places: hub.places(),
        rights: hub.rights(),
        ended: app.hub.ended(),
        here: Here { hub, number },
        stopping: app.hub.stopping(),
        held: rights,
        visibility_epoch: None,
        answers: FuturesUnordered::new(),
        frames: Some(frames),
        wake: None,
        app,
        caller,
        account,
    };
    line.run(stream).await;
    drop(line);
    if let Err(error) = writer.await {
        tracing::debug!(socket = number, %error, "the writer of a socket ended badly");
    }
    drop(open);
    tracing::debug!(socket = number, "socket closed");
}

fn now() -> u64 {
    u64::try_from(clock::now_ms()).unwrap_or_default()
}

/// A socket and everything it listens to.
struct Line {
    app: App,
    caller: Caller,
    account: Id,
    number: u64,
    peer: Peer,
    /// What the person may do, as last looked up.
    held: Rights,
    /// Of what they see, once the conversation has begun.
    visibility_epoch: Option<u64>,
    sequence: watch::Receiver<u64>,
    places: broadcast::Receiver<(u64, Place)>,
    rights: watch::Receiver<u64>,
    ended: broadcast::Receiver<SessionHash>,
    here: Here,
    stopping: watch::Receiver<bool>,
    answers: FuturesUnordered<BoxFuture<'static, Event>>,
    /// Gone once the socket is to be closed.
    frames: Option<mpsc::Sender<Message>>,
    wake: Option<Instant>,
}

/// A socket's place among those who are present, until this is dropped.
struct Here {
    hub: Arc<AccountHub>,
    number: u64,
}

impl Drop for Here {
    fn drop(&mut self) {
        self.hub.gone(self.number);
    }
}

/// What a socket waits for.
enum Happened {
    /// A binary message.
    Frame(Vec<u8>),
    /// Something of no interest.
    Nothing,
    /// The device has gone, or says what is no frame.
    Gone,
    /// Something for the peer.
    Event(Event),
    /// Somebody else's place.
    Place(Result<(u64, Place), RecvError>),
    /// Some rights have changed, the session has ended, or it is time to look.
    Rights,
}

impl Line {
    async fn run(&mut self, mut stream: SplitStream<WebSocket>) {
        let mut look = tokio::time::interval(LOOK);
        self.sequence.mark_unchanged();
        while self.frames.is_some() {
            match self.next(&mut stream, &mut look).await {
                Happened::Frame(bytes) => self.frame(bytes).await,
                Happened::Nothing => {}
                Happened::Gone => break,
                Happened::Event(event) => self.handle(event).await,
                Happened::Place(place) => self.place(place).await,
                Happened::Rights => self.look_again().await,
            }
        }
        self.handle(Event::Closed).await;
    }

    /// Waits for the next thing; whatever is not taken stays where it is.
    async fn next(&mut self, stream: &mut SplitStream<WebSocket>, look: &mut Interval) -> Happened {
        let wake = self.wake;
        let alarm = async move {
            match wake {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let frames = self.frames.as_ref();
        let deaf = async move {
            match frames {
                Some(frames) => frames.closed().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = deaf => Happened::Gone,
            message = stream.next(), if self.answers.len() < QUESTIONS => match message {
                Some(Ok(Message::Binary(bytes))) => Happened::Frame(bytes.into()),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => Happened::Nothing,
                Some(Ok(Message::Text(_) | Message::Close(_)) | Err(_)) | None => Happened::Gone,
            },
            Some(event) = self.answers.next() => Happened::Event(event),
            Ok(()) = self.sequence.changed() => {
                let sequence = *self.sequence.borrow_and_update();
                Happened::Event(Event::Available { sequence })
            }
            place = self.places.recv() => Happened::Place(place),
            Ok(()) = self.rights.changed() => Happened::Rights,
            ended = self.ended.recv() => match ended {
                Ok(session) if session != self.caller.session => Happened::Nothing,
                // Ours, or so many that ours may have been among them.
                Ok(_) | Err(_) => Happened::Rights,
            },
            Ok(_) = self.stopping.wait_for(|stop| *stop) => Happened::Event(Event::ShuttingDown),
            _ = look.tick() => Happened::Rights,
            () = alarm => {
                self.wake = None;
                Happened::Event(Event::Wake)
            }
        }
    }

    async fn frame(&mut self, bytes: Vec<u8>) {
        if bytes.len() < HEAVY {
            return self.handle(Event::Frame(bytes)).await;
        }
        let effects = tokio::task::block_in_place(|| self.peer.handle(now(), Event::Frame(bytes)));
        self.carry_out(effects).await;
    }

    async fn handle(&mut self, event: Event) {
        if let Event::Begun { state: Some(state), .. } = &event {
            self.held = state.rights.clone();
            self.visibility_epoch = Some(state.visibility_epoch);
        }
        let begun = matches!(event, Event::Begun { state: Some(_), .. });
        let effects = self.peer.handle(now(), event);
        self.carry_out(effects).await;
        if begun {
            for person in self.here.hub.present() {
                let person = Self::as_seen(self.app.clone(), self.account, self.held.clone(), person).await;
                let effects = self.peer.handle(now(), Event::Person(person));
                self.carry_out(effects).await;
            }
        }
    }

    async fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send(bytes) => self.send(bytes).await,
                Effect::WakeAt(ms) => {
                    let wait = Duration::from_millis(ms.saturating_sub(now()));
                    self.wake = Some(Instant::now() + wait);
                }
                Effect::Announce(person) => self.here.hub.announce(self.number, person),
                Effect::Leave { session } => self.here.hub.leave(self.number, session),
                Effect::Close => self.frames = None,
                question => {
                    let asked =
                        answers::Asked { app: self.app.clone(), account: self.account, user: self.caller.user.id };
                    self.answers.push(answers::answer(asked, question));
                }
            }
        }
    }

    async fn send(&mut self, bytes: Vec<u8>) {
        let Some(frames) = &self.frames else { return };
        if frames.send(Message::Binary(bytes.into())).await.is_err() {
            tracing::debug!(socket = self.number, "a device does not read and is let go");
            self.frames = None;
        }
    }

    async fn place(&mut self, place: Result<(u64, Place), RecvError>) {
        match place {
            Ok((from, _)) if from == self.number => {}
            Ok((_, Place::Person(person))) => {
                let person = Self::as_seen(self.app.clone(), self.account, self.held.clone(), person).await;
                self.handle(Event::Person(person)).await;
            }
            Ok((_, Place::Left(session))) => self.handle(Event::Left { session }).await,
            // Places are worth nothing once they are old.
            Err(RecvError::Lagged(missed)) => tracing::debug!(missed, "places were missed"),
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }

    /// Somebody's place, without a document that may not be seen here: not even its id is told.
    async fn as_seen(app: App, account: Id, held: Rights, person: Person) -> Person {
        let Some(document) = person.document.filter(|_| held.sight().is_some()) else {
            return person;
        };
        let home = app.store.home(account, document).await;
        let seen = matches!(home, Ok(Some(home)) if held.may(Action::Read, home.kind, home.home()));
        if seen { person } else { Person { document: None, field: None, cursor: None, ..person } }
    }

    /// Looks the session and the role up again, after some have changed.
    async fn look_again(&mut self) {
        self.rights.mark_unchanged();
        let session = self.app.store.session(&self.caller.session, clock::now_ms()).await;
        let state = self.app.store.state(self.account, self.caller.user.id, clock::now_ms()).await;
        // A session may have lost what opened it: what it was opened with is looked up, too.
        let proofs = session.as_ref().ok().and_then(Option::as_ref).map_or(self.caller.proofs, |row| row.proofs);
        let lacks = lacking(&self.app, self.account, self.caller.user.id, proofs).await.map(|no| no.is_some());
        match (session, state, lacks) {
            (Ok(None), ..) => self.handle(Event::SignedOut).await,
            (_, Ok(None), _) => self.handle(Event::RightsChanged { rights: None }).await,
            // The device comes again, and the door says what it lacks: it is a member as before.
            (Ok(Some(_)), Ok(Some(_)), Ok(true)) => self.handle(Event::SightChanged).await,
            (Ok(Some(_)), Ok(Some(state)), Ok(false)) => {
                let before = std::mem::replace(&mut self.held, state.rights.clone());
                let bounded = !before.sees_all() || !state.rights.sees_all();
                let moved = self.visibility_epoch.is_some_and(|epoch| epoch != state.visibility_epoch);
                if before != state.rights {
                    self.handle(Event::RightsChanged { rights: Some(state.rights) }).await;
                }
                if bounded && moved {
                    self.handle(Event::SightChanged).await;
                }
            }
            (Err(error), ..) | (_, Err(error), _) | (.., Err(error)) => {
                tracing::error!(%error, "a socket's rights cannot be looked up; it is closed");
                self.frames = None;
            }
        }
    }
}

/// Writes frames until the line hangs up, then says goodbye.
async fn write(mut sink: SplitSink<WebSocket, Message>, mut queue: mpsc::Receiver<Message>) {
    while let Some(message) = queue.recv().await {
        if sink.send(message).await.is_err() {
            return;
        }
    }
    let goodbye = Message::Close(Some(CloseFrame { code: axum::extract::ws::close_code::NORMAL, reason: "".into() }));
    if sink.send(goodbye).await.is_err() {
        tracing::trace!("the device was gone already");
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use crate::store::Proofs;
    use axum::Router;
    use axum::extract::ws::WebSocketUpgrade;
    use axum::routing::get;
    use axum::serve::Listener;
    use tokio::io::{AsyncReadExt, DuplexStream};
    use tokio_tungstenite::tungstenite::Message as Frame;
    use tombolo_wire::store::UserInfo;
    use tombolo_wire::sync::{Hello, Up, VERSION, encode_up};

    use super::*;
    use crate::connections::{self, Patience};
    use crate::fresh;
    use crate::listen::Patient;
    use crate::serve::tests::fresh as fresh_app;
    use crate::store::NewUser;

    /// Less than the first frame.
    const BUFFER_BYTES: usize = 16;
    /// Sooner than a device that says nothing is let go.
    const SOON: Duration = Duration::from_secs(30);

    /// One connection, over a line that holds little.
    struct One(Option<Patient<DuplexStream>>);

    impl Listener for One {
        type Io = Patient<DuplexStream>;
        type Addr = SocketAddr;

        async fn accept(&mut self) -> (Self::Io, SocketAddr) {
            match self.0.take() {
                Some(io) => (io, SocketAddr::from(([127, 0, 0, 1], 1))),
                None => std::future::pending().await,
            }
        }

        fn local_addr(&self) -> std::io::Result<SocketAddr> {
            Ok(SocketAddr::from(([127, 0, 0, 1], 1)))
        }
    }

    /// Somebody who has just signed up, and their account.
    async fn ann(app: &App) -> (Caller, Id) {
        let (user, account, session) = (fresh::id().unwrap(), fresh::id().unwrap(), [1; 32]);
        let new = NewUser {
            id: user,
            email: "ann@example.com".to_owned(),
            name: "Ann".to_owned(),
            password: String::new(),
            account,
            account_name: "Ann".to_owned(),
            invitation: None,
            now_ms: 1,
        };
        app.store.sign_up(&new).await.unwrap();
        app.store.open_session(&session, user, Proofs::PASSWORD, 1, i64::MAX).await.unwrap();
        (
            Caller { user: UserInfo { id: user, name: new.name, email: new.email }, session, proofs: Proofs::PASSWORD },
            account,
        )
    }

    #[tokio::test]
    async fn a_socket_whose_device_does_not_read_ends_as_a_whole_and_is_counted_no_more() {
        let data = tempfile::tempdir().unwrap();
        let (app, _tcp) = fresh_app(data.path()).await;
        let (caller, account) = ann(&app).await;
        let served = app.clone();
        let open = async move |upgrade: WebSocketUpgrade| {
            upgrade.on_upgrade(move |socket| serve(served, caller, account, tombolo_model::Role::Owner.into(), socket))
        };
        let (near, far) = tokio::io::duplex(BUFFER_BYTES);
        let patience = Patience { write: Duration::from_millis(500), ..Patience::USUAL };
        let listener = One(Some(Patient::new(near, patience.write)));
        let stop = watch::Sender::new(false);
        let router = Router::new().route("/sync", get(open));
        tokio::spawn(connections::serve(listener, router, patience, stop.subscribe()));
        let (mut device, _) = tokio_tungstenite::client_async("ws://a/sync", far).await.unwrap();
        let hello = encode_up(&Up::Hello(Hello { version: VERSION, cursor: None })).unwrap();
        device.send(Frame::binary(hello)).await.unwrap();
        // The beginning of the welcome: from here on the device is deaf, and says nothing.
        device.get_mut().read_u8().await.unwrap();
        tokio::time::timeout(SOON, app.hub.all_gone()).await.expect("the socket is still there");
        tokio::time::timeout(SOON, device.get_mut().read_to_end(&mut Vec::new())).await.unwrap().unwrap();
    }
}
