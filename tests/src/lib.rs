//! What end-to-end tests stand on: real browsers, real servers, a real other side, and a wire that can be cut.
//!
//! Decides how a person at a screen is imitated. What a person expects to see is each test's business.
//!
//! Invariant: whatever a test starts ends with it, also when it panics, and by its own process id.

pub mod browser;
pub mod bundle;
pub mod datasets;
pub mod device;
pub mod dice;
pub mod downloads;
pub mod fake;
pub mod flows;
pub mod golden;
pub mod golden_run;
pub mod identity;
pub mod link;
pub mod mail;
pub mod member;
pub mod places;
pub mod process;
pub mod screen;
pub mod server;
pub mod sink;
pub mod site;
pub mod table;
pub mod wait;

pub use browser::{Browser, cryptography};
pub use device::{Device, Everything};
pub use dice::Dice;
pub use fake::FakeServer;
pub use link::{Link, Way};
pub use member::Member;
pub use places::axe_core;
pub use screen::Screen;
pub use server::Server;
pub use sink::Sink;
pub use wait::until;

/// How often a long test goes round: `short` unless `cargo xtask torture NAME` says more.
pub fn rounds(short: usize) -> usize {
    std::env::var("TOMBOLO_ROUNDS").map_or(short, |text| text.parse().expect("TOMBOLO_ROUNDS is a number"))
}
