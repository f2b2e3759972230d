//! The WebSocket. Its closing before it was open may mean that the sign-in has ended, which is asked by HTTP.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::Uint8Array;
use tombolo_sync::client::Event;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{BinaryType, MessageEvent, WebSocket};

use super::{Session, drive};
use crate::account::Account;
use crate::{api, env};

/// An open or opening socket; dropping it closes it without a word.
pub(super) struct Socket {
    socket: WebSocket,
    _opened: Closure<dyn FnMut()>,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _closed: Closure<dyn FnMut()>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        drop(self.socket.close());
    }
}

/// Opens the socket.
pub(super) fn connect(account: &Rc<Account>, session: &Rc<Session>) {
    match open(account, session) {
        Ok(socket) => drop(session.socket.replace(Some(socket))),
        Err(error) => {
            let (account, session) = (account.clone(), session.clone());
            // Told later: the client is still saying what it wants.
            spawn_local(async move {
                let reason = format!("The browser opens no connection: {error:?}.");
                drive(&account, &session, Event::Closed { reason, retry: true });
            });
        }
    }
}

fn open(account: &Rc<Account>, session: &Rc<Session>) -> Result<Socket, JsValue> {
    let location = env::scope().location();
    let scheme = if location.protocol() == "https:" { "wss" } else { "ws" };
    let user = account.info.borrow().user.as_ref().map(|user| format!("&user={}", user.id)).unwrap_or_default();
    let address = format!("{scheme}://{}/sync?account={}{user}", location.host(), account.id);
    let socket = WebSocket::new(&address)?;
    socket.set_binary_type(BinaryType::Arraybuffer);
    let was_open = Rc::new(Cell::new(false));
    let opened = Closure::<dyn FnMut()>::new(event(account, session, {
        let was_open = was_open.clone();
        move |account, session| {
            was_open.set(true);
            drive(account, session, Event::Connected);
        }
    }));
    let message = Closure::<dyn FnMut(MessageEvent)>::new({
        let (account, session) = (Rc::downgrade(account), Rc::downgrade(session));
        move |message: MessageEvent| {
            if let (Some(account), Some(session)) = (account.upgrade(), session.upgrade()) {
                let bytes = Uint8Array::new(&message.data()).to_vec();
                drive(&account, &session, Event::Frame(bytes));
            }
        }
    });
    let closed = Closure::<dyn FnMut()>::new(event(account, session, move |account, session| {
        gone(account, session, was_open.get());
    }));
    socket.set_onopen(Some(opened.as_ref().unchecked_ref()));
    socket.set_onmessage(Some(message.as_ref().unchecked_ref()));
    socket.set_onclose(Some(closed.as_ref().unchecked_ref()));
    Ok(Socket { socket, _opened: opened, _message: message, _closed: closed })
}

fn event(
    account: &Rc<Account>,
    session: &Rc<Session>,
    mut work: impl FnMut(&Rc<Account>, &Rc<Session>) + 'static,
) -> impl FnMut() + 'static {
    let (account, session) = (Rc::downgrade(account), Rc::downgrade(session));
    move || {
        if let (Some(account), Some(session)) = (account.upgrade(), session.upgrade()) {
            work(&account, &session);
        }
    }
}

fn gone(account: &Rc<Account>, session: &Rc<Session>, was_open: bool) {
    let (account, session) = (account.clone(), session.clone());
    spawn_local(async move {
        let signed_out = !was_open && api::signed_out().await;
        let (reason, retry) = if signed_out {
            ("Your sign-in has ended. Sign in again; nothing is lost.", false)
        } else {
            ("The server cannot be reached.", true)
        };
        drop(session.socket.take());
        let reason = reason.to_owned();
        drive(&account, &session, Event::Closed { reason, retry });
    });
}

/// Sends a frame. A socket that is closing takes none; its closing is told by itself.
pub(super) fn send(session: &Session, frame: &[u8]) {
    if let Some(socket) = &*session.socket.borrow() {
        drop(socket.socket.send_with_u8_array(frame));
    }
}
