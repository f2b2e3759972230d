//! A file that a step of a run made: whether it can be had here, and having it.
//!
//! A browser keeps what its own runs made; the server has what it ran itself. Whether the file of a browser's run is on
//! this device, only the store can tell, so it is asked once the file is there.

use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::Id;
use tombolo_wire::run::{RunPlace, RunRow};
use tombolo_wire::store::{BlobInfo, Call, CallError};
use web_sys::Blob;

use crate::browser::files;
use crate::state::App;

/// Said beside a file that is not here.
pub(super) const ELSEWHERE: &str = "This file is on the device that made it.";

/// The file of one step.
#[derive(Clone, Copy)]
pub(super) struct RunFile {
    app: App,
    run: Id,
    step: StoredValue<String>,
    elsewhere: RwSignal<bool>,
}

impl RunFile {
    /// The file that `step` makes, once `there` says that it has.
    pub(super) fn new(run: Memo<Option<RunRow>>, id: Id, step: String, there: Signal<bool>) -> Self {
        let app = App::here();
        let file = Self { app, run: id, step: StoredValue::new(step), elsewhere: RwSignal::new(false) };
        // Asking for what the server made would fetch it.
        let doubtful = Memo::new(move |_| {
            let browser =
                run.with(|run| run.as_ref().is_some_and(|run| run.place == RunPlace::Browser && has_ended(run)));
            browser && there.get() && !app.is_alone()
        });
        Effect::new(move |_| {
            if doubtful.get() {
                spawn_local(async move {
                    if let Err(error) = file.ask().await {
                        file.elsewhere.try_set(is_elsewhere(&error));
                    }
                });
            }
        });
        file
    }

    /// Whether it is known not to be here.
    pub(super) fn is_elsewhere(self) -> bool {
        self.elsewhere.get()
    }

    async fn ask(self) -> Result<(Option<Blob>, String), CallError> {
        let step = self.step.try_get_value().unwrap_or_default();
        let reply = self.app.client()?.call_with::<BlobInfo>(Call::RunFile { run: self.run, step }, &[]).await?;
        Ok((reply.files.into_iter().next(), reply.value.name))
    }

    /// Hands it to the browser's downloads.
    pub(super) fn save(self) {
        spawn_local(async move {
            match self.ask().await {
                Ok((file, name)) => {
                    let saved = file.map(|file| files::download(&file, &name));
                    if !matches!(saved, Some(Ok(()))) {
                        self.app.toasts.fail("The browser did not take the file. Try again.");
                    }
                }
                Err(error) if is_elsewhere(&error) => drop(self.elsewhere.try_set(true)),
                Err(error) => self.app.toasts.fail(error.message),
            }
        });
    }
}

fn has_ended(run: &RunRow) -> bool {
    run.ended_ms.is_some()
}

/// Whether the store says that the file is nowhere it can reach. A network that is away says nothing about that.
fn is_elsewhere(error: &CallError) -> bool {
    error.code == "invalid"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_stores_word_puts_a_file_on_another_device() {
        let error = |code: &str| CallError { code: code.into(), message: String::new() };
        assert!(is_elsewhere(&error("invalid")));
        assert!(!is_elsewhere(&error("offline")));
        assert!(!is_elsewhere(&error("internal")));
    }
}
