//! "Test connection": sends what the connection says of its test, from here, with the secrets as they are typed, and says
//! what came of it.

use leptos::prelude::*;
use tombolo_wire::store::{Call, Tested};

use crate::components::{Ago, Icon};
use crate::state::{App, Doc};

/// What came of a test: whether it is good, and in words. `typed` says that a secret was tested which is not kept.
fn outcome(tested: &Tested, typed: bool) -> (bool, String) {
    let (good, mut words) = plain_outcome(tested);
    if typed {
        words.push_str(" Tested with the secret that you typed, which is not kept yet.");
    }
    (good, words)
}

fn plain_outcome(tested: &Tested) -> (bool, String) {
    match (&tested.problem, tested.status) {
        // Where no test URL is named the base URL is asked, and that an application answers at all says little.
        (None, Some(status)) if status >= 400 => (
            false,
            format!(
                "The application was reached and answered with status {status}. Check the base URL, or enter a test URL that answers without an error."
            ),
        ),
        (None, Some(status)) => (true, format!("It works: the application answered with status {status}.")),
        (None, None) => (true, "It works.".to_owned()),
        (Some(problem), _) => (false, problem.clone()),
    }
}

/// The button, and what came of it.
#[component]
pub(crate) fn TestConnection(doc: Doc) -> impl IntoView {
    let app = App::here();
    let busy = RwSignal::new(false);
    let tested = RwSignal::new(None::<(bool, String)>);
    let test = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        tested.set(None);
        let secrets = app.drafts.of(doc.id);
        let typed = !secrets.is_empty();
        // After what is being typed.
        app.in_turn(async move {
            let answer = app.call::<Tested>(Call::TestConnection { connection: doc.id, secrets }).await;
            busy.try_set(false);
            match answer {
                Ok(answer) => drop(tested.try_set(Some(outcome(&answer, typed)))),
                Err(error) => drop(tested.try_set(Some((false, error.message)))),
            }
            Ok(())
        });
    };
    let outage = move || app.outage(doc.id);
    view! {
        {move || outage().map(|outage| view! {
            <div class="banner warning"><Icon name="unplug"/><p class="grow">{format!(
                "Offline: {}. Nothing is sent through this connection. Enter its credentials again, then test it.",
                outage.why
            )}" Since "<Ago ms=outage.since_ms/>"."</p></div>
        })}
        <div class="test-connection">
            <button class="button" type="button" prop:disabled=busy aria-busy=move || busy.get().to_string() on:click=test>
                {move || if busy.get() { view! { <Icon name="loader-circle"/> } } else { view! { <Icon name="zap"/> } }}"Test connection"</button>
            <div class="grow" role="status">{move || tested.get().map(|(good, words)| view! {
                <div class=if good { "banner success" } else { "banner danger" }><Icon name=if good { "circle-check" } else { "circle-alert" }/><p class="grow">{words}</p></div>
            })}</div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_says_its_status_or_what_is_wrong() {
        let good = Tested { status: Some(204), problem: None };
        assert_eq!(outcome(&good, false), (true, "It works: the application answered with status 204.".to_owned()));
        let elsewhere = outcome(&Tested { status: Some(404), problem: None }, false);
        assert!(!elsewhere.0 && elsewhere.1.contains("status 404"), "{}", elsewhere.1);
        let bad = Tested { status: Some(401), problem: Some("The endpoint said no.".into()) };
        assert_eq!(outcome(&bad, false), (false, "The endpoint said no.".to_owned()));
    }

    #[test]
    fn a_test_of_a_secret_that_is_not_kept_says_so() {
        let good = outcome(&Tested { status: Some(200), problem: None }, true);
        assert!(good.0 && good.1.ends_with("which is not kept yet."), "{}", good.1);
    }
}
