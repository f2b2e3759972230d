//! The editor: Says which branches of a router a record takes, by their numbers from 0.

use crate::components::editor::{Editor, Example, Group, Input, InputAs, Language, Rules, RulesAs};

pub(super) const EDITOR: Editor = Editor {
    slug: "branching",
    name: "Branching",
    group: Group::Records,
    icon: "split",
    about: "Says which branches of a router a record takes, by their numbers from 0.",
    eval: "branchFilter",
    rules: Some(Rules { title: "Router", language: Language::Json, given: RulesAs::Json, fixed: "" }),
    input: Some(Input { title: "Record", language: Language::Json, given: InputAs::Json }),
    options: &[],
    stubs: &[],
    examples: &[
        Example {
            name: "First that matches",
            rules: r#"{
  "routeRecordsTo": "first_matching_branch",
  "branches": [
    {
      "name": "Large",
      "inputFilter": {"version": "1", "rules": ["greaterthan", ["number", ["extract", "total"]], 1000]}
    },
    {
      "name": "Medium",
      "inputFilter": {"version": "1", "rules": ["greaterthan", ["number", ["extract", "total"]], 100]}
    },
    {"name": "Everything else"}
  ]
}"#,
            input: r#"{
  "status": "paid",
  "total": 258.3,
  "country": "FR",
  "tags": ["wholesale", "eu"],
  "customer": {"email": "ada@example.com"}
}"#,
            options: "{}",
        },
        Example {
            name: "All that match",
            rules: r#"{
  "routeRecordsTo": "all_matching_branches",
  "branches": [
    {
      "name": "Paid",
      "inputFilter": {"version": "1", "rules": ["equals", ["string", ["extract", "status"]], "paid"]}
    },
    {
      "name": "France",
      "inputFilter": {"version": "1", "rules": ["equals", ["string", ["extract", "country"]], "FR"]}
    },
    {
      "name": "Refunded",
      "inputFilter": {"version": "1", "rules": ["equals", ["string", ["extract", "status"]], "refunded"]}
    }
  ]
}"#,
            input: r#"{
  "status": "paid",
  "total": 258.3,
  "country": "FR",
  "tags": ["wholesale", "eu"],
  "customer": {"email": "ada@example.com"}
}"#,
            options: "{}",
        },
    ],
};
