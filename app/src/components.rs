//! Parts that two screens or more are made of.

mod ago;
mod code;
mod conflict;
mod dialog;
mod fields;
mod history;
mod icon;
mod menu;
mod name;
mod name_dialog;
mod notices;
mod people;
mod shell;
mod status;
mod switch;
mod sync_pill;
mod toasts;
mod undo;

pub(crate) use ago::Ago;
pub(crate) use code::CodeEditor;
pub(crate) use conflict::{ConflictBadge, FieldConflict};
pub(crate) use dialog::Dialog;
pub(crate) use fields::{DocSelect, DocText, Field, SelectBox, TextBox, described_by};
pub(crate) use history::HistoryDialog;
pub(crate) use icon::Icon;
pub(crate) use menu::{Menu, MenuItem};
pub(crate) use name::LiveName;
pub(crate) use name_dialog::NameDialog;
pub(crate) use notices::{Banners, DocNotices};
pub(crate) use people::{Flag, PeopleHere, in_field};
pub(crate) use shell::Shell;
pub(crate) use status::RunState;
pub(crate) use switch::Switch;
pub(crate) use sync_pill::{SyncPill, sync_words};
pub(crate) use toasts::ToastStack;
pub(crate) use undo::UndoButtons;
