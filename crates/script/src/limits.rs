//! How much a script may do in one call.

use boa_engine::vm::RuntimeLimits;

/// Bounds that every call of a script has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Rounds of all loops of one call of a function.
    pub loops: u64,
    /// Calls within calls.
    pub recursion: usize,
    /// Values on the interpreter's stack.
    pub stack: usize,
    /// Levels of what a script returns.
    pub depth: usize,
    /// Bytes of what a script returns, about as JSON has them.
    pub result_bytes: usize,
    /// Lines that `console` keeps of a call.
    pub console_lines: usize,
    /// Bytes that `console` keeps of a call.
    pub console_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // About two seconds: what is endless is stopped long before a call's deadline.
            loops: 30_000_000,
            recursion: 512,
            stack: 64 * 1024,
            depth: 100,
            result_bytes: 5 * 1024 * 1024,
            console_lines: 1_000,
            console_bytes: 256 * 1024,
        }
    }
}

impl Limits {
    pub(crate) fn of_the_interpreter(self) -> RuntimeLimits {
        let mut limits = RuntimeLimits::default();
        limits.set_loop_iteration_limit(self.loops);
        limits.set_recursion_limit(self.recursion);
        limits.set_stack_size_limit(self.stack);
        limits
    }
}
