//! One question to a provider at a time: however many people begin at once, it is asked once for all of them.
//!
//! Nothing is kept beyond that: who comes after the answer asks anew.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::OnceCell;

use super::provider::Provider;

type Answer = Result<Provider, String>;

/// What providers are being asked, by their issuers.
#[derive(Debug, Default)]
pub(crate) struct Asking(Mutex<HashMap<String, Weak<OnceCell<Answer>>>>);

impl Asking {
    /// Asks an issuer to describe itself, or waits for the answer to somebody else who has asked.
    ///
    /// # Errors
    ///
    /// Returns why nobody can sign in there.
    pub(crate) async fn once(&self, issuer: &str, question: impl Future<Output = Answer>) -> Answer {
        let answer = self.shared(issuer);
        // Where who asks goes away, the next who waits asks.
        answer.get_or_init(|| question).await.clone()
    }

    fn shared(&self, issuer: &str) -> Arc<OnceCell<Answer>> {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        asked.retain(|_, answer| answer.strong_count() > 0);
        if let Some(answer) = asked.get(issuer).and_then(Weak::upgrade) {
            return answer;
        }
        let answer = Arc::default();
        asked.insert(issuer.to_owned(), Arc::downgrade(&answer));
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures_util::future::join_all;

    use super::*;

    #[tokio::test]
    async fn a_provider_is_asked_once_for_all_who_sign_in_at_the_same_time() {
        let (asking, asked) = (Asking::default(), AtomicU32::new(0));
        let question = || async {
            tokio::task::yield_now().await;
            Err::<Provider, _>(asked.fetch_add(1, Ordering::Relaxed).to_string())
        };
        let all = join_all((0..100).map(|_| asking.once("https://login.example", question()))).await;
        assert_eq!(all, vec![Err("0".to_owned()); 100]);
        let [other, later] = ["https://other.example", "https://login.example"].map(|issuer| (issuer, question()));
        assert_eq!(asking.once(other.0, other.1).await, Err("1".to_owned()));
        assert_eq!(asking.once(later.0, later.1).await, Err("2".to_owned()), "an answer is kept");
        assert_eq!(asking.0.lock().unwrap().len(), 1);
    }
}
