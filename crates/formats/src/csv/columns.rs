//! Names of columns.

use std::collections::{HashMap, HashSet};

/// Column names, each once: the second `name` becomes `name_2`. Columns without a name are numbered from `first`.
pub(crate) fn distinct(names: Vec<String>, first: usize) -> Vec<String> {
    let mut made: Vec<String> = Vec::with_capacity(names.len());
    let mut taken: HashSet<String> = HashSet::with_capacity(names.len());
    // How often each name was given; the search for a free number goes on where it ended.
    let mut counts: HashMap<String, usize> = HashMap::new();
    for (at, name) in names.into_iter().enumerate() {
        let name = if name.is_empty() { format!("Column{}", at + first) } else { name };
        let count = counts.entry(name.clone()).or_insert(0);
        let unique = loop {
            *count += 1;
            let unique = if *count == 1 { name.clone() } else { format!("{name}_{count}") };
            if taken.insert(unique.clone()) {
                break unique;
            }
        };
        made.push(unique);
    }
    made
}
