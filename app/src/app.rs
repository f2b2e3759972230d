//! The app: its state, its frame and its pages.

use leptos::prelude::*;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;

use crate::components::{Shell, ToastStack};
use crate::pages::later::{
    AccountPage, AuditPage, BinPage, DataLoaderPage, FlowPage, GuidePage, HelpPage, IntegrationPage, LoaderPage,
    MembersPage, NewsPage, NotAcceptedPage, PlaygroundPage, PreferencesPage, ResourcePage, ResourcesPage, ReviewPage,
    RunsPage, SecurityPage, SignInPage, SignUpPage, SignedInToPage, SsoBackPage, SsoPage, SubscriptionPage,
    TestCasesPage, TokensPage, TransfersPage,
};
use crate::pages::{HomePage, NotFound};
use crate::state::App as State;

/// The whole app.
#[component]
pub(crate) fn App() -> impl IntoView {
    provide_context(State::start());
    view! {
        <Router>
            <Shell>
                <Routes fallback=NotFound>
                    <Route path=path!("/") view=HomePage/>
                    <Route path=path!("/integrations/:id") view=IntegrationPage/>
                    <Route path=path!("/integrations/:id/flows/:flow") view=FlowPage/>
                    <Route path=path!("/integrations/:id/tests") view=TestCasesPage/>
                    <Route path=path!("/runs") view=RunsPage/>
                    <Route path=path!("/playground/:editor?") view=PlaygroundPage/>
                    <Route path=path!("/data-loader") view=DataLoaderPage/>
                    <Route path=path!("/data-loader/:id") view=LoaderPage/>
                    <Route path=path!("/bin") view=BinPage/>
                    <Route path=path!("/preferences") view=PreferencesPage/>
                    <Route path=path!("/help") view=HelpPage/>
                    <Route path=path!("/help/guide") view=GuidePage/>
                    <Route path=path!("/help/news") view=NewsPage/>
                    <Route path=path!("/members") view=MembersPage/>
                    <Route path=path!("/security") view=SecurityPage/>
                    <Route path=path!("/account") view=AccountPage/>
                    <Route path=path!("/tokens") view=TokensPage/>
                    <Route path=path!("/audit") view=AuditPage/>
                    <Route path=path!("/transfers") view=TransfersPage/>
                    <Route path=path!("/not-accepted") view=NotAcceptedPage/>
                    <Route path=path!("/review") view=ReviewPage/>
                    <Route path=path!("/subscription") view=SubscriptionPage/>
                    <Route path=path!("/sign-in") view=SignInPage/>
                    <Route path=path!("/sign-up") view=SignUpPage/>
                    <Route path=path!("/sso/:organization?") view=SsoPage/>
                    <Route path=path!("/sign-in/callback") view=SsoBackPage/>
                    <Route path=path!("/oauth/callback") view=SignedInToPage/>
                    // The lists of all kinds and the pages of single ones, by the folder of the kind.
                    <Route path=path!("/:folder") view=ResourcesPage/>
                    <Route path=path!("/:folder/:id") view=ResourcePage/>
                </Routes>
            </Shell>
            <ToastStack/>
        </Router>
    }
}
