//! Connections that break, stall, lose what is under way, and say some things twice; in order within one, in any
//! order between two: what a device said before it died may arrive after it has come back.

use tombolo_wire::store::UserInfo;
use tombolo_wire::sync::{Down, Up, decode_down, decode_up};

use super::world::{Happening, World};
use crate::client::Event as ClientEvent;
use crate::server::{Peer, Session};

/// One connection.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) device: usize,
    /// The pipe still carries bytes.
    pub(super) alive: bool,
    /// The device has gone; what it had said still arrives.
    pub(super) draining: bool,
    up_free: u64,
    down_free: u64,
}

impl World {
    pub(super) fn client_closed(&mut self, device: usize) {
        self.devices[device].link = None;
        let reason = "The connection broke.".to_owned();
        self.client(device, ClientEvent::Closed { reason, retry: true });
    }

    pub(super) fn connect(&mut self, device: usize) {
        let life = self.devices[device].life;
        let reachable = self.now >= self.server.down_until && self.now >= self.partition_until[device];
        if !reachable {
            // A broken network says so at once, or never.
            if self.random.chance(70) || self.healing {
                let delay = 5 + self.random.below(200);
                self.schedule(delay, Happening::Refused { device, life });
            }
            return;
        }
        self.last_link += 1;
        let link = self.last_link;
        self.links.insert(link, Link { device, alive: true, draining: false, up_free: 0, down_free: 0 });
        self.devices[device].link = Some(link);
        self.report.connections += 1;
        let delay = 1 + self.random.below(60);
        self.schedule(delay, Happening::Opened { device, link });
    }

    pub(super) fn opened(&mut self, device: usize, link: u64) {
        if self.devices[device].link != Some(link) || !self.links.get(&link).is_some_and(|link| link.alive) {
            return;
        }
        let user = self.devices[device].user;
        let name = user.to_string();
        let user_info = UserInfo { id: user, name: name.clone(), email: name };
        let session = Session { user: user_info, session: link.to_string() };
        self.server.peers.insert(link, (user, Peer::new(session, self.now)));
        self.client(device, ClientEvent::Connected);
    }

    /// The device closes its end.
    pub(super) fn disconnect(&mut self, device: usize) {
        if let Some(link) = self.devices[device].link.take() {
            let arrives = self.random.chance(70);
            let mut at = self.now + 1 + self.random.below(100);
            if let Some(found) = self.links.get_mut(&link) {
                found.alive = false;
                found.draining = arrives;
                at = at.max(found.up_free + 1);
            }
            self.schedule_at(at, Happening::ServerSeesEnd { link });
        }
    }

    /// The server closes its end, after what it has sent.
    pub(super) fn close_from_server(&mut self, link: u64) {
        self.server.peers.remove(&link);
        if let Some(found) = self.links.get(&link) {
            let (device, after) = (found.device, found.down_free);
            self.schedule_at(after.max(self.now) + 1, Happening::DeviceSeesEnd { device, link });
        }
    }

    /// The connection breaks: what is under way is lost, and each end notices late or, now and then, never.
    pub(super) fn cut(&mut self, link: u64) {
        let Some(found) = self.links.get_mut(&link) else {
            return;
        };
        found.alive = false;
        let device = found.device;
        if self.random.chance(80) {
            let delay = 1 + self.random.below(500);
            self.schedule(delay, Happening::DeviceSeesEnd { device, link });
        }
        if self.random.chance(80) {
            let delay = 1 + self.random.below(500);
            self.schedule(delay, Happening::ServerSeesEnd { link });
        }
    }

    pub(super) fn carry_up(&mut self, device: usize, bytes: Vec<u8>) {
        let delay = 1 + self.random.below(40);
        let Some(link) = self.devices[device].link else {
            return;
        };
        let Some(found) = self.links.get_mut(&link) else {
            return;
        };
        let at = (self.now + delay).max(found.up_free);
        found.up_free = at;
        // A connection begins once; all else must bear being said twice.
        if !matches!(decode_up(&bytes), Ok(Up::Hello(_))) && self.random.chance(2) {
            self.schedule_at(at, Happening::ToServer { link, bytes: bytes.clone() });
        }
        self.schedule_at(at, Happening::ToServer { link, bytes });
    }

    pub(super) fn carry_down(&mut self, link: u64, bytes: Vec<u8>) {
        let delay = 1 + self.random.below(40);
        let Some(found) = self.links.get_mut(&link) else {
            return;
        };
        let at = (self.now + delay).max(found.down_free);
        found.down_free = at;
        if !matches!(decode_down(&bytes), Ok(Down::Welcome(_))) && self.random.chance(2) {
            self.schedule_at(at, Happening::ToDevice { link, bytes: bytes.clone() });
        }
        self.schedule_at(at, Happening::ToDevice { link, bytes });
    }
}
