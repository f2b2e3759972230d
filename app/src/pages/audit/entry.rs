//! One entry of the log, and the view of what was there and what is there now.

use leptos::prelude::*;
use serde_json::Value;
use tombolo_wire::rest::{AuditEntry, AuditSource, FieldChange};

use super::filters::{action_words, source_words, type_words};
use crate::browser::time;
use crate::components::{Dialog, Icon};
use crate::words::fields::{place_words, value_words};

#[component]
pub(super) fn Line(entry: AuditEntry) -> impl IntoView {
    let open = RwSignal::new(false);
    let who = match (&entry.by_user, entry.source) {
        (Some(user), _) => user.name.clone(),
        (None, AuditSource::System) => "The server".to_owned(),
        // Who guesses at a password has no name.
        (None, _) => "Somebody".to_owned(),
    };
    let source = source_words(entry.source.name());
    let token =
        entry.token.clone().map(|token| view! { <small class="cut" title=token.clone()>{token.clone()}</small> });
    let email = entry.by_user.as_ref().map(|user| user.email.clone());
    let name = if entry.resource_name.is_empty() { "Without a name".to_owned() } else { entry.resource_name.clone() };
    let action = action_words(entry.action.name());
    let fields = fields_in_words(&entry.field_changes);
    let has = !entry.field_changes.is_empty();
    let label = format!("Show what changed: {action} {name}");
    let title = format!("{action}: {name}");
    let (ms, changes) = (entry.time_ms, entry.field_changes);
    view! {
        <tr>
            <td class="muted num">{move || time::exact(ms)}</td>
            <td title=email>{who}</td>
            <td class="muted" data-rank="3"><span class="cut">{source}</span>{token}</td>
            <td class="muted" data-rank="2">{type_words(&entry.resource_type)}</td>
            <td class="name"><span class="cut" title=name.clone()>{name.clone()}</span></td>
            <td>{if has {
                view! { <button class="button small quiet" aria-label=label on:click=move |_| open.set(true)>{action}<Icon name="chevron-right" small=true/></button> }.into_any()
            } else {
                view! { <span>{action}</span> }.into_any()
            }}
            <Dialog open=open title=title wide=true><Difference changes=changes.clone()/></Dialog></td>
            <td class="muted" data-rank="2"><span class="cut" title=fields.clone()>{fields.clone()}</span></td>
        </tr>
    }
}

/// How many letters of a value are told in the list.
const MOST_LETTERS: usize = 32;

/// A field with what was in it and what is: `Role: monitor → manage`.
fn change_in_words(change: &FieldChange) -> String {
    let place = place_words(&change.field_path);
    let said = |value: Option<&Value>| {
        let words = value_words(&change.field_path, value, |_| None)?;
        let cut: String = words.chars().take(MOST_LETTERS).collect();
        Some(if cut.len() < words.len() { format!("{cut}…") } else { cut })
    };
    match (said(change.old_value.as_ref()), said(change.new_value.as_ref())) {
        (None, None) => place,
        (old, new) => {
            let nothing = || "nothing".to_owned();
            format!("{place}: {} → {}", old.unwrap_or_else(nothing), new.unwrap_or_else(nothing))
        }
    }
}

/// `Name: a → b`, `Name and 2 more`.
fn fields_in_words(changes: &[FieldChange]) -> String {
    let first = changes.iter().find(|change| !change.field_path.is_empty());
    match (first, changes.len()) {
        (None, _) => String::new(),
        (Some(one), 1) => change_in_words(one),
        (Some(one), many) => format!("{} and {} more", place_words(&one.field_path), many - 1),
    }
}

/// Field by field: what was there beside what is there now, lines that differ marked.
#[component]
fn Difference(changes: Vec<FieldChange>) -> impl IntoView {
    let shown = changes.into_iter().map(|change| {
        let place = if change.field_path.is_empty() {
            "The whole resource".to_owned()
        } else {
            place_words(&change.field_path)
        };
        let (old, new) = (lines(change.old_value.as_ref()), lines(change.new_value.as_ref()));
        let (gone, come) = (marked(&old, &new), marked(&new, &old));
        let path = change.field_path.clone();
        view! {
            <section class="difference" aria-label=place.clone()>
                <h3 title=path>{place.clone()}</h3>
                <div class="sides">
                    <Side title="Before" class="removed" lines=gone/>
                    <Side title="After" class="added" lines=come/>
                </div>
            </section>
        }
    });
    view! { <div class="dialog-body differences">{shown.collect_view()}</div> }
}

#[component]
fn Side(title: &'static str, class: &'static str, lines: Vec<(String, bool)>) -> impl IntoView {
    let nothing = lines.is_empty();
    let shown = lines.into_iter().map(move |(line, differs)| {
        let class = if differs { class } else { "" };
        view! { <span class=class>{line}"\n"</span> }
    });
    view! {
        <div><p class="muted">{title}</p>
            {if nothing { view! { <p class="faint">"Nothing"</p> }.into_any() } else { view! { <pre class="code" tabindex="0" aria-label=title>{shown.collect_view()}</pre> }.into_any() }}
        </div>
    }
}

/// A value as lines of text.
fn lines(value: Option<&Value>) -> Vec<String> {
    let text = match value {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => serde_json::to_string_pretty(value).unwrap_or_default(),
    };
    text.lines().map(str::to_owned).collect()
}

/// The lines of one side, and whether the other lacks each: by the longest run of lines that both begin and end with.
fn marked(ours: &[String], theirs: &[String]) -> Vec<(String, bool)> {
    let head = ours.iter().zip(theirs).take_while(|(one, other)| one == other).count();
    let most = ours.len().min(theirs.len()) - head;
    let tail = ours.iter().rev().zip(theirs.iter().rev()).take(most).take_while(|(one, other)| one == other).count();
    let differs = |at: usize| at >= head && at < ours.len() - tail;
    ours.iter().enumerate().map(|(at, line)| (line.clone(), differs(at))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn only_the_lines_that_the_other_side_lacks_are_marked() {
        let (old, new) = (texts(&["a", "b", "c"]), texts(&["a", "x", "y", "c"]));
        let of = |ours, theirs| marked(ours, theirs).into_iter().map(|(_, differs)| differs).collect::<Vec<_>>();
        assert_eq!(of(&old, &new), [false, true, false]);
        assert_eq!(of(&new, &old), [false, true, true, false]);
        assert_eq!(of(&old, &old), [false; 3]);
        assert_eq!(of(&[], &new), Vec::<bool>::new());
    }

    #[test]
    fn fields_are_named_by_the_first_and_counted() {
        let change = |path: &str| FieldChange { field_path: path.into(), old_value: None, new_value: None };
        assert_eq!(fields_in_words(&[change("/name")]), "Name");
        assert_eq!(fields_in_words(&[change("/name"), change("/disabled")]), "Name and 1 more");
        assert_eq!(fields_in_words(&[change("")]), "");
        let role = FieldChange {
            field_path: "/role".into(),
            old_value: Some("monitor".into()),
            new_value: Some("x".repeat(99).into()),
        };
        assert_eq!(fields_in_words(&[role]), format!("Role: monitor → {}…", "x".repeat(32)));
    }
}
