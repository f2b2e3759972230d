//! What somebody signs up with, checked: the same for the form and for the command line.

use std::collections::BTreeSet;

use thiserror::Error;

use super::password::{LONGEST, SHORTEST};
use crate::clock;
use crate::fresh::{self, NoRandom};
use crate::store::NewUser;

/// A field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub(crate) struct Wrong {
    /// Which.
    pub(crate) field: &'static str,
    /// What to enter instead.
    pub(crate) message: String,
}

impl Wrong {
    fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self { field, message: message.into() }
    }
}

/// A name and an address to sign up with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Details {
    name: String,
    email: String,
}

impl Details {
    /// Checks them.
    ///
    /// # Errors
    ///
    /// Returns the first that is wrong.
    pub(crate) fn checked(name: &str, email: &str) -> Result<Self, Wrong> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > 200 {
            return Err(Wrong::new("name", "Enter your name."));
        }
        Ok(Self { name: name.to_owned(), email: checked_email(email)? })
    }

    /// The person, with an account of their own by the same name.
    ///
    /// # Errors
    ///
    /// Returns when the machine gives no ids.
    pub(crate) fn user(self, password_hash: String, invitation: Option<[u8; 32]>) -> Result<NewUser, NoRandom> {
        Ok(NewUser {
            id: fresh::id()?,
            email: self.email,
            account_name: self.name.clone(),
            name: self.name,
            password: password_hash,
            account: fresh::id()?,
            invitation,
            now_ms: clock::now_ms(),
        })
    }
}

/// Lower case, with something on both sides of one `@`.
pub(crate) fn checked_email(text: &str) -> Result<String, Wrong> {
    let email = text.trim().to_lowercase();
    let fine = email.len() <= 254
        && !email.chars().any(|c| c.is_whitespace() || c.is_control())
        && email
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
    if fine { Ok(email) } else { Err(Wrong::new("email", "Enter an e-mail address such as ann@example.com.")) }
}

/// From so many characters on any will do: a sentence is harder to guess than a word with a digit in it.
const SENTENCE: usize = 15;
/// The fewest different characters.
const DIFFERENT: usize = 5;

/// Long and mixed enough, and not so long that hashing it would be work.
pub(crate) fn check_password(password: &str) -> Result<(), Wrong> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(Wrong::new("password", format!("Choose a password of at least {SHORTEST} characters.")));
    }
    if password.len() > LONGEST {
        return Err(Wrong::new("password", "Choose a shorter password."));
    }
    if password.chars().collect::<BTreeSet<_>>().len() < DIFFERENT {
        return Err(Wrong::new("password", format!("Use at least {DIFFERENT} different characters.")));
    }
    let has = |of: fn(char) -> bool| password.chars().any(of);
    if length < SENTENCE && !(has(char::is_lowercase) && has(char::is_uppercase) && has(char::is_numeric)) {
        let message = format!("Mix lower and upper case and digits, or use at least {SENTENCE} characters.");
        return Err(Wrong::new("password", message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_and_mixed_or_a_sentence() {
        for fine in ["correct horse battery", "Tr0ub4dor&x", "sehr langes kennwort"] {
            assert!(check_password(fine).is_ok(), "{fine}");
        }
        for wrong in ["Sh0rt", "aaaaaaaaaaaaaaaaaaaa", "1234567890", "abcdefghij", "Abcdefghij"] {
            assert_eq!(check_password(wrong).unwrap_err().field, "password", "{wrong}");
        }
        assert!(check_password(&"Ab1 ".repeat(1_000)).is_err());
    }

    #[test]
    fn an_address_is_compared_in_lower_case_and_has_two_sides() {
        assert_eq!(checked_email(" Ann@Example.com ").unwrap(), "ann@example.com");
        for wrong in ["", "ann", "@example.com", "ann@", "a@b@c", "a b@example.com"] {
            assert_eq!(checked_email(wrong).unwrap_err().field, "email", "{wrong}");
        }
    }
}
