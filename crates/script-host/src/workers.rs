//! What calls scripts, as its asker sees it.

use futures::future::LocalBoxFuture;

use crate::pool::CALL_MS;

/// Starts workers: processes or browser workers, each with an interpreter.
pub trait Workers {
    /// Starts one, or says why there will be none. Its first frame says that it is ready.
    fn start(&self) -> LocalBoxFuture<'_, Result<Box<dyn Worker>, String>>;
    /// Milliseconds that only go up.
    fn clock_ms(&self) -> u64;
    /// Waits.
    fn sleep(&self, ms: u32) -> LocalBoxFuture<'static, ()>;
    /// How long a call of a run may take here, waiting for `integrator-api` not counted. A single call of a built-in function, such
    /// as an expression that tries all ways, cannot be stopped by the interpreter: who cannot tell from outside whether it
    /// computes or waits for the machine has to be shorter.
    fn call_ms(&self) -> u32 {
        CALL_MS
    }
    /// Hears once that the machine does not hold a worker to all that it gave up.
    fn loose(&self) {}
}

/// One of them. Dropping it ends it, whatever it is doing.
pub trait Worker {
    /// Sends a frame. To one that has ended nothing is sent: it is heard.
    fn say(&mut self, frame: String);
    /// Sends an answer to the question that it waits with.
    fn answer(&mut self, frame: String) {
        self.say(frame);
    }
    /// The next frame; nothing when it has ended. Dropping the future loses no frame.
    fn hear(&mut self) -> LocalBoxFuture<'_, Option<String>>;
}
