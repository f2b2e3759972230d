//! The application of a step: one icon and one word for each, in the chooser, on the canvas, in the outline and in the
//! form.

use crate::components::is_listener;

/// What a step reads from or writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Application {
    /// Requests to a server.
    Http,
    /// What is sent to an address of the server.
    Listener,
    /// A file of this computer.
    LocalFile,
    /// A file that a run makes.
    Download,
    /// Nothing that is known here.
    Unknown,
}

impl Application {
    /// The application of an export or import, by its adaptor.
    pub(super) fn of(adaptor: Option<&str>) -> Self {
        match adaptor {
            Some("HTTPExport" | "HTTPImport") => Self::Http,
            Some(adaptor) if is_listener(adaptor) => Self::Listener,
            Some("SimpleExport" | "simple") => Self::LocalFile,
            Some("SimpleImport") => Self::Download,
            _ => Self::Unknown,
        }
    }

    /// In words.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::Listener => "Webhook",
            Self::LocalFile => "Local file",
            Self::Download => "File to download",
            Self::Unknown => "Not set up",
        }
    }

    /// Its icon; the colour of the tile says what kind of step it is.
    pub(super) const fn icon(self) -> &'static str {
        match self {
            Self::Http => "globe",
            Self::Listener => "webhook",
            Self::LocalFile | Self::Download => "file-text",
            Self::Unknown => "circle-help",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_looks_the_same_at_both_ends_of_a_flow() {
        let icon = |adaptor| Application::of(Some(adaptor)).icon();
        assert_eq!(icon("HTTPExport"), icon("HTTPImport"));
        assert_eq!(icon("SimpleExport"), icon("SimpleImport"));
        assert_ne!(icon("HTTPImport"), icon("SimpleImport"));
        assert_eq!(Application::of(None).words(), "Not set up");
    }
}
