//! The outside as a script can ask for it: `integrator-api`.

/// A call of `integrator-api`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiCall {
    /// `exports`, `state` and so on; empty for `request`.
    pub object: String,
    /// The function of it.
    pub function: String,
    /// Its arguments, as a JSON array; those that are undefined are null.
    pub arguments: String,
}

/// Answers `integrator-api`. A call blocks the script until it is answered.
pub trait Api {
    /// The answer as JSON, or the sentence that the script gets as an error.
    ///
    /// # Errors
    ///
    /// When the call cannot be made.
    fn call(&self, call: ApiCall) -> Result<String, String>;
}

/// An outside that there is not.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoApi;

impl Api for NoApi {
    fn call(&self, call: ApiCall) -> Result<String, String> {
        let object = if call.object.is_empty() { "integrator-api" } else { &call.object };
        Err(format!("{object}.{} cannot be called here: this script does not run in a flow.", call.function))
    }
}
