//! The editor: Renders a statement; values are quoted as the dialect has it, three braces leave them as they are.

use crate::components::editor::{
    Editor, Example, Group, Input, InputAs, Language, Of, OptionField, OptionKind, Rules, RulesAs,
};

pub(super) const EDITOR: Editor = Editor {
    slug: "sql",
    name: "SQL query",
    group: Group::Templates,
    icon: "database",
    about: "Renders a statement; values are quoted as its database reads them, three braces leave them as they are.",
    eval: "sql",
    rules: Some(Rules { title: "Query", language: Language::Sql, given: RulesAs::Field("query"), fixed: "" }),
    input: Some(Input { title: "Input", language: Language::Json, given: InputAs::Json }),
    options: &[OptionField {
        name: "dialect",
        label: "Dialect",
        kind: OptionKind::Choice(&[
            ("", "That of the connection"),
            ("postgresql", "PostgreSQL"),
            ("mysql", "MySQL"),
            ("mariadb", "MariaDB"),
            ("mssql", "SQL Server"),
            ("azuresynapse", "Azure Synapse"),
            ("oracle", "Oracle"),
            ("snowflake", "Snowflake"),
            ("redshift", "Redshift"),
            ("bigquery", "BigQuery"),
        ]),
        of: Of::Options,
    }],
    stubs: &[],
    examples: &[
        Example {
            name: "Insert a record",
            rules: r#"INSERT INTO customers (name, email, credit)
VALUES ({{record.name}}, {{lowercase record.email}}, {{record.credit}})
ON CONFLICT (email) DO UPDATE SET name = {{record.name}}"#,
            input: r#"{
  "record": {"name": "Miles O'Brien", "email": "Miles@Example.com", "credit": 500}
}"#,
            options: r#"{"dialect": "postgresql"}"#,
        },
        Example {
            name: "Rows of a list",
            rules: r#"SELECT id, status
FROM {{{settings.connection.table}}}
WHERE sku IN ({{#each record.lines}}{{#unless @first}}, {{/unless}}{{sku}}{{/each}})
  AND updated_at > {{lastExportDateTime}}"#,
            input: r#"{
  "settings": {"connection": {"table": "stock"}},
  "lastExportDateTime": "2026-11-23 08:39:51",
  "record": {"lines": [{"sku": "hp-2040"}, {"sku": "hp-4471"}]}
}"#,
            options: "{}",
        },
        Example {
            name: "A path, for MySQL",
            rules: r#"INSERT INTO `file names` (`path`, `owner`)
VALUES ({{record.path}}, {{record.owner}})
ON DUPLICATE KEY UPDATE `owner` = {{record.owner}}"#,
            input: r#"{
  "record": {"path": "C:\\orders\\", "owner": "Miles O'Brien"}
}"#,
            options: r#"{"dialect": "mysql"}"#,
        },
    ],
};
