//! What caches and endpoints were asked, and what they said.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use tombolo_model::Val;

/// Something that a mapping has to know from outside.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Question {
    /// The value of a key in a lookup cache. A key that is not there is answered with [`Val::Absent`].
    Cache {
        /// The cache.
        id: Box<str>,
        /// The key.
        key: Box<str>,
    },
    /// The body of the answer to a request on the step's connection.
    Request {
        /// As it is written in the lookup.
        method: Box<str>,
        /// What follows the address of the connection.
        uri: Box<str>,
        /// What is sent.
        body: Option<Box<str>>,
    },
}

/// Answers so far, and the questions that came up without one.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    known: HashMap<Question, Result<Val, String>>,
    /// The caches of which every key is known.
    complete: HashSet<Box<str>>,
    /// In their order, each once.
    open: RefCell<(Vec<Question>, HashSet<Question>)>,
}

impl Answers {
    /// Keeps an answer, or why there is none.
    pub(crate) fn put(&mut self, question: Question, answer: Result<Val, String>) {
        self.known.insert(question, answer);
    }

    /// Says that the keys of a cache that are put are all there are.
    pub(crate) fn complete(&mut self, cache: &str) {
        self.complete.insert(cache.into());
    }

    /// The answer; without one the question is noted.
    pub(super) fn get(&self, question: &Question) -> Option<&Result<Val, String>> {
        const NOTHING: &Result<Val, String> = &Ok(Val::Absent);
        let known = self.known.get(question);
        if known.is_none() {
            if let Question::Cache { id, .. } = question
                && self.complete.contains(id)
            {
                return Some(NOTHING);
            }
            let (open, seen) = &mut *self.open.borrow_mut();
            if seen.insert(question.clone()) {
                open.push(question.clone());
            }
        }
        known
    }

    /// The questions that came up without an answer, in their order.
    pub(crate) fn take_open(&self) -> Vec<Question> {
        self.open.take().0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn very_many_questions_are_noted_once_each_and_in_their_order() {
        let answers = Answers::default();
        let question = |number: u32| Question::Cache { id: "c".into(), key: number.to_string().into() };
        for number in (0..200_000).chain(0..200_000) {
            assert!(answers.get(&question(number)).is_none());
        }
        let open = answers.take_open();
        assert_eq!((open.len(), &open[77], answers.take_open().len()), (200_000, &question(77), 0));
    }
}
