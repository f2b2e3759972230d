//! Parts that two screens or more are made of.

mod ago;
mod as_of;
mod bell;
mod code;
mod conflict;
mod days;
mod dialog;
mod differs;
pub(crate) mod editor;
mod fields;
mod form;
mod history;
mod icon;
mod listener;
mod loading;
mod menu;
mod name;
mod name_dialog;
mod notices;
mod owner;
mod palette;
mod people;
mod places;
mod removed;
mod shell;
mod shortcuts;
mod sign_out;
mod status;
mod switch;
mod sync_pill;
mod toasts;
mod undo;
mod waits;

pub(crate) use ago::Ago;
pub(crate) use as_of::{AsOf, NeedsServer};
use bell::Bell;
pub(crate) use code::CodeEditor;
pub(crate) use conflict::{ConflictBadge, FieldConflict};
pub(crate) use days::{DayRange, Days};
pub(crate) use dialog::Dialog;
pub(crate) use fields::{
    DocText, Field, JsonReading, Reading, SelectBox, Shared, TextBox, Typed, change, choices, described_by, offered,
    typed_json,
};
pub(crate) use form::{DocForm, JsonView, NewConnection, SignInTo, TestConnection, format_of};
pub(crate) use history::HistoryDialog;
pub(crate) use icon::Icon;
pub(crate) use listener::{ListenerAddress, is_listener, last_of};
pub(crate) use loading::Loading;
pub(crate) use menu::{Menu, MenuItem};
pub(crate) use name::LiveName;
pub(crate) use name_dialog::{AskName, NameDialog, opener_id};
pub(crate) use notices::{Banners, DocNotices};
use palette::Palette;
pub(crate) use people::{Flag, PeopleHere, in_field};
pub(crate) use removed::RemovedBanner;
pub(crate) use shell::Shell;
use shortcuts::Shortcuts;
use sign_out::SignOut;
pub(crate) use status::RunState;
pub(crate) use switch::Switch;
pub(crate) use sync_pill::{SyncPill, sync_words};
pub(crate) use toasts::ToastStack;
pub(crate) use undo::UndoButtons;
pub(crate) use waits::after_joining;
