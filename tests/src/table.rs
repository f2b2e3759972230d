//! Reads the tables in `tests/*.md`.

/// The cells of each row of the first table whose head starts with `first`, without head and rule.
pub fn rows(markdown: &str, first: &str) -> Vec<Vec<String>> {
    let mut lines = markdown.lines().skip_while(|line| cells(line).first().is_none_or(|cell| cell != first));
    lines.next();
    lines
        .take_while(|line| line.trim_start().starts_with('|'))
        .filter(|line| !line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' ')))
        .map(cells)
        .collect()
}

fn cells(line: &str) -> Vec<String> {
    let line = line.trim().trim_start_matches('|').trim_end_matches('|');
    line.split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::rows;

    #[test]
    fn a_table_is_read_without_its_head() {
        let text = "Words.\n\n| system | test |\n|---|---|\n| docs | `a::b` |\n| sync | `c` |\n\nMore.";
        assert_eq!(rows(text, "system"), [["docs", "a::b"], ["sync", "c"]]);
    }
}
