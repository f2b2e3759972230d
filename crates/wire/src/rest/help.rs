//! Where people find help, and what they write to who runs the server.

use serde::{Deserialize, Serialize};
use tombolo_model::Id;

/// The answer to `GET /api/links`: where the operator of the server sends people. What is absent is written to them
/// as feedback instead.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Links {
    /// People who help each other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub community: Option<String>,
    /// Where a ticket is opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tickets: Option<String>,
    /// Courses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub courses: Option<String>,
    /// What is planned, and wishes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ideas: Option<String>,
}

/// What somebody writes about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FeedbackKind {
    /// Anything.
    #[default]
    Feedback,
    /// A question to others.
    Question,
    /// Something does not work.
    Ticket,
    /// A wish for a course.
    Course,
    /// A wish for the product.
    Idea,
}

impl FeedbackKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Feedback, Self::Question, Self::Ticket, Self::Course, Self::Idea];

    /// Its name in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Feedback => "feedback",
            Self::Question => "question",
            Self::Ticket => "ticket",
            Self::Course => "course",
            Self::Idea => "idea",
        }
    }
}

/// `POST /api/feedback`, also by somebody who is not signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SendFeedback {
    /// Made where it was written: what is sent twice is kept once.
    pub id: Id,
    /// About what.
    pub kind: FeedbackKind,
    /// The words, at most [`Self::LONGEST`] characters.
    pub message: String,
    /// When it was written, in milliseconds since 1970; it may have waited for a network.
    pub written_ms: i64,
    /// About the page and the browser, when the person wants that sent along; never anything of their data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnostics: Option<Diagnostics>,
}

impl SendFeedback {
    /// The longest message, in characters.
    pub const LONGEST: usize = 10_000;
}

/// What helps to find a fault.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Diagnostics {
    /// The version of the page.
    pub version: String,
    /// The browser, as it names itself.
    pub browser: String,
    /// Its language.
    pub language: String,
    /// The size of its window.
    pub window: String,
}

impl Diagnostics {
    /// The longest of its texts, in bytes.
    pub const LONGEST: usize = 400;
}
