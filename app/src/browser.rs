//! What the screen asks of the browser itself.

pub(crate) mod clipboard;
pub(crate) mod files;
pub(crate) mod fold;
pub(crate) mod page;
pub(crate) mod random;
pub(crate) mod server;
pub(crate) mod service_worker;
pub(crate) mod theme;
pub(crate) mod time;
pub(crate) mod times;
pub(crate) mod waits;
