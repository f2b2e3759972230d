//! Elements on their way to being values.

use std::collections::HashMap;
use std::sync::Arc;

use tombolo_model::{KeyPool, Keys, Record, Val};

use super::XmlOptions;

/// An open element.
#[derive(Debug, Default)]
pub(super) struct Node {
    attributes: Fields,
    fields: Fields,
    text: String,
    children: bool,
}

impl Node {
    pub(super) fn attribute(&mut self, name: &str, value: &str, options: &XmlOptions) {
        if options.automatic {
            self.attributes.set(name.into(), Val::text(value));
        } else {
            let name = if options.attribute_prefix.is_empty() {
                name.into()
            } else {
                format!("{}{name}", options.attribute_prefix).into_boxed_str()
            };
            self.fields.add(name, Val::text(value), false);
        }
    }

    pub(super) fn text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(super) fn child(&mut self, name: Box<str>, value: Val, list: bool) {
        self.children = true;
        self.fields.add(name, value, list);
    }

    /// The element was there, and its children are left out.
    pub(super) fn left_out(&mut self) {
        self.children = true;
    }

    /// The value of an element inside of a record. `bare` are the keys of one that is a text and nothing else.
    pub(super) fn into_value(self, options: &XmlOptions, bare: &Arc<Keys>, pool: &mut KeyPool, depth: usize) -> Val {
        if self.children || !self.attributes.is_empty() || !self.fields.is_empty() {
            return Val::Map(self.into_record(options, pool, depth));
        }
        if !options.automatic {
            return Val::Str(cleaned(self.text, options).into());
        }
        if is_blank(&self.text) {
            return Val::text("");
        }
        Val::Map(Record::new(Arc::clone(bare), vec![Val::Str(self.text.into())]))
    }

    /// The record that an element is.
    pub(super) fn into_record(mut self, options: &XmlOptions, pool: &mut KeyPool, depth: usize) -> Record {
        if options.automatic && !self.attributes.is_empty() {
            let attributes = self.attributes.into_record(pool, depth + 1);
            self.fields.list.insert(0, ("$".into(), Val::Map(attributes)));
            // What was known of places is one off now.
            self.fields.places = None;
        }
        if !is_blank(&self.text) {
            let key = if options.automatic { TEXT } else { &options.text_node_name };
            self.fields.add(key.into(), Val::Str(cleaned(self.text, options).into()), false);
        }
        self.fields.into_record(pool, depth)
    }
}

/// The field for the text of an element, by the strategy “automatic”.
pub(super) const TEXT: &str = "_";

fn is_blank(text: &str) -> bool {
    text.trim_ascii().is_empty()
}

fn cleaned(text: String, options: &XmlOptions) -> String {
    if options.automatic || !(options.trim_spaces || options.strip_new_lines) {
        return text;
    }
    let kept = if options.trim_spaces { text.trim() } else { &text };
    if options.strip_new_lines { kept.replace(['\r', '\n'], "") } else { kept.to_owned() }
}

/// Named values, each name once.
#[derive(Debug, Default)]
struct Fields {
    list: Vec<(Box<str>, Val)>,
    /// For many: a hostile record has hundreds of thousands of names.
    places: Option<HashMap<Box<str>, usize>>,
}

/// More names than this are found by their hash.
const WIDE: usize = 16;

impl Fields {
    fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    fn find(&mut self, name: &str) -> Option<usize> {
        // Most often the one before.
        if self.list.last().is_some_and(|(have, _)| **have == *name) {
            return Some(self.list.len() - 1);
        }
        if self.places.is_none() && self.list.len() > WIDE {
            self.places = Some(self.list.iter().map(|(name, _)| name.clone()).zip(0..).collect());
        }
        match &self.places {
            Some(places) => places.get(name).copied(),
            None => self.list.iter().position(|(have, _)| **have == *name),
        }
    }

    fn push(&mut self, name: Box<str>, value: Val) {
        if let Some(places) = &mut self.places {
            places.insert(name.clone(), self.list.len());
        }
        self.list.push((name, value));
    }

    fn set(&mut self, name: Box<str>, value: Val) {
        match self.find(&name) {
            Some(at) => self.list[at].1 = value,
            None => self.push(name, value),
        }
    }

    /// Adds a value; the second one of a name makes both a list.
    fn add(&mut self, name: Box<str>, value: Val, list: bool) {
        match self.find(&name) {
            Some(at) => match &mut self.list[at].1 {
                Val::List(values) => values.push(value),
                one => *one = Val::List(vec![std::mem::take(one), value]),
            },
            None => self.push(name, if list { Val::List(vec![value]) } else { value }),
        }
    }

    fn into_record(self, pool: &mut KeyPool, depth: usize) -> Record {
        // Of a record with one field room for four would be kept otherwise, and there may be half a million of them.
        let mut names = Vec::with_capacity(self.list.len());
        let mut values = Vec::with_capacity(self.list.len());
        for (name, value) in self.list {
            names.push(name);
            values.push(value);
        }
        Record::new(pool.keep(depth, names), values)
    }
}
