//! Pages whose program is loaded when they are first opened: a visit then downloads what it shows.
//!
//! Each part below becomes a wasm file of its own, and so does what several of them share. The service worker keeps
//! them all, so that they open offline as well.

use std::future::Future;

use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

use crate::browser::service_worker;
use crate::components::{Icon, Loading};

/// The program of a page did not come.
struct NotLoaded;

impl From<SplitLoaderError> for NotLoaded {
    fn from(_: SplitLoaderError) -> Self {
        Self
    }
}

type Loaded = Result<AnyView, NotLoaded>;

/// Makes of each page one of the same name that loads its part first.
macro_rules! pages {
    ($($part:ident: $($page:ident as $load:ident),+;)+) => {
        $($(
            #[wasm_split($part, wasm_split_path = ::leptos::wasm_split, fallible)]
            fn $load() -> Loaded {
                Ok(view! { <super::$page/> }.into_any())
            }

            #[component]
            pub(crate) fn $page() -> impl IntoView {
                later($load)
            }
        )+)+
    };
}

pages! {
    account: AccountPage as account, AuditPage as audit, MembersPage as members, NotAcceptedPage as not_accepted,
        PreferencesPage as preferences, ReviewPage as review, SecurityPage as security, SignInPage as sign_in,
        SignUpPage as sign_up, SignedInToPage as signed_in_to, SsoBackPage as sso_back, SsoPage as sso,
        SubscriptionPage as subscription, TokensPage as tokens, TransfersPage as transfers;
    flow: DataLoaderPage as data_loader, FlowPage as flow, LoaderPage as loader;
    help: GuidePage as guide, HelpPage as help, NewsPage as news;
    integration: BinPage as bin, IntegrationPage as integration, RunsPage as runs;
    playground: PlaygroundPage as playground, TestCasesPage as test_cases;
    resources: ResourcePage as resource, ResourcesPage as resources;
}

/// Shows a page as soon as its part is there.
fn later<F>(load: fn() -> F) -> impl IntoView
where
    F: Future<Output = Loaded> + Send + 'static,
{
    let tries = RwSignal::new(0_u32);
    view! {
        <Suspense fallback=|| view! { <Loading/> }>
            {move || {
                tries.track();
                Suspend::new(async move { load().await.unwrap_or_else(|NotLoaded| again(tries)) })
            }}
        </Suspense>
    }
}

/// What is shown instead of a page whose program did not come.
fn again(tries: RwSignal<u32>) -> AnyView {
    view! {
        <div class="empty" role="alert">
            <span class="kind"><Icon name="triangle-alert"/></span>
            <h2>"This page did not load"</h2>
            <p>"Its program could not be fetched. Check the connection and try again; where the server has another version by now, reload. What is saved on this device is not lost."</p>
            <div class="row">
                <button class="button" on:click=move |_| tries.update(|tries| *tries += 1)>"Try again"</button>
                <button class="button" on:click=|_| service_worker::reload()>"Reload"</button>
            </div>
        </div>
    }
    .into_any()
}
