//! The forms of exports and imports of databases: the statements that they keep. Their editor shows what becomes of
//! them; no run asks a database.

use super::Input::{Area, Item};
use super::When::Is;
use super::{Field, Section, field, section};

const HELP: &str = "A template. It is kept, and goes along with a download; flows with this step do not run here, because Tombolo asks no databases.";
const DESCRIPTION: Field = field("/description", "Description", Area(3)).optional();
const ONCE: super::When = Is("/type", &["once"]);

pub(super) const RDBMS_EXPORT: &[Section] = &[section(
    "",
    &[
        field("/rdbms/query", "Query", Area(6)).help(HELP),
        field("/rdbms/once/query", "Statement after each record", Area(3)).optional().when(ONCE),
        DESCRIPTION,
    ],
)];

pub(super) const JDBC_EXPORT: &[Section] = &[section(
    "",
    &[
        field("/jdbc/query", "Query", Area(6)).help(HELP),
        field("/jdbc/once/query", "Statement after each record", Area(3)).optional().when(ONCE),
        DESCRIPTION,
    ],
)];

pub(super) const RDBMS_IMPORT: &[Section] =
    &[section("", &[field("/rdbms/query", "Statement", Item(0)).help(HELP), DESCRIPTION])];

pub(super) const JDBC_IMPORT: &[Section] =
    &[section("", &[field("/jdbc/query", "Statement", Item(0)).help(HELP), DESCRIPTION])];
