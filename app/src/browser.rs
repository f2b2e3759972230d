//! What the screen asks of the browser itself.

pub(crate) mod files;
pub(crate) mod server;
pub(crate) mod service_worker;
pub(crate) mod theme;
pub(crate) mod time;
