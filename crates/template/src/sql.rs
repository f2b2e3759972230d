//! Texts in statements of SQL: how each database reads what stands between single quotes.
//!
//! Invariant: what is written is one text to the database that it is written for, whatever is in it. Names of tables and
//! columns are no texts: they are written with three braces, as they are.

/// Which characters end or change a text between single quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SqlDialect {
    /// The standard: only the quote does, and is doubled. `PostgreSQL`, SQL Server, Azure Synapse and Oracle.
    #[default]
    Standard,
    /// A backslash changes what follows it, so it is doubled too. `MySQL`, `MariaDB`, Snowflake and Redshift.
    Backslash,
    /// A quote is not doubled but stands behind a backslash, and a line end cannot stand there at all. `BigQuery`.
    BigQuery,
}

/// The databases by the names that `rdbms.type` of a connection has for them.
const DATABASES: [(&str, SqlDialect); 9] = [
    ("postgresql", SqlDialect::Standard),
    ("mysql", SqlDialect::Backslash),
    ("mariadb", SqlDialect::Backslash),
    ("mssql", SqlDialect::Standard),
    ("azuresynapse", SqlDialect::Standard),
    ("oracle", SqlDialect::Standard),
    ("snowflake", SqlDialect::Backslash),
    ("redshift", SqlDialect::Backslash),
    ("bigquery", SqlDialect::BigQuery),
];

impl SqlDialect {
    /// That of a database, by the name that `rdbms.type` of a connection has for it.
    #[must_use]
    pub fn named(database: &str) -> Option<Self> {
        DATABASES.iter().find(|(name, _)| *name == database).map(|(_, dialect)| *dialect)
    }

    /// The names of all databases.
    pub fn databases() -> impl Iterator<Item = &'static str> {
        DATABASES.iter().map(|(name, _)| *name)
    }

    /// Its name where a secret that is written later keeps it.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Standard => "sql",
            Self::Backslash => "sql-backslash",
            Self::BigQuery => "sql-bigquery",
        }
    }

    /// The dialect with this key.
    pub(crate) fn of_key(key: &str) -> Option<Self> {
        [Self::Standard, Self::Backslash, Self::BigQuery].into_iter().find(|dialect| dialect.key() == key)
    }

    /// Appends a text between single quotes.
    pub(crate) fn write(self, text: &str, out: &mut String) {
        out.push('\'');
        for character in text.chars() {
            match (self, character) {
                (Self::BigQuery, '\'') => out.push_str("\\'"),
                (Self::BigQuery, '\n') => out.push_str("\\n"),
                (Self::BigQuery, '\r') => out.push_str("\\r"),
                (_, '\'') => out.push_str("''"),
                (Self::Backslash | Self::BigQuery, '\\') => out.push_str("\\\\"),
                (_, other) => out.push(other),
            }
        }
        out.push('\'');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_one_text_in_every_dialect() {
        let write = |dialect: SqlDialect, text: &str| {
            let mut out = String::new();
            dialect.write(text, &mut out);
            out
        };
        for (text, standard, backslash, big_query) in [
            ("O'Brien", "'O''Brien'", "'O''Brien'", r"'O\'Brien'"),
            (r"C:\dir\", r"'C:\dir\'", r"'C:\\dir\\'", r"'C:\\dir\\'"),
            (r"\' or 1=1 --", r"'\'' or 1=1 --'", r"'\\'' or 1=1 --'", r"'\\\' or 1=1 --'"),
            ("a\r\nb", "'a\r\nb'", "'a\r\nb'", r"'a\r\nb'"),
            ("", "''", "''", "''"),
            ("é😀", "'é😀'", "'é😀'", "'é😀'"),
        ] {
            assert_eq!(write(SqlDialect::Standard, text), standard);
            assert_eq!(write(SqlDialect::Backslash, text), backslash);
            assert_eq!(write(SqlDialect::BigQuery, text), big_query);
        }
    }

    #[test]
    fn each_database_has_its_dialect() {
        assert_eq!(SqlDialect::named("mariadb"), Some(SqlDialect::Backslash));
        assert_eq!(SqlDialect::named("mssql"), Some(SqlDialect::Standard));
        assert_eq!(SqlDialect::named("dbase"), None);
        assert!(SqlDialect::databases().all(|name| SqlDialect::named(name).is_some()));
        for dialect in [SqlDialect::Standard, SqlDialect::Backslash, SqlDialect::BigQuery] {
            assert_eq!(SqlDialect::of_key(dialect.key()), Some(dialect));
        }
    }
}
