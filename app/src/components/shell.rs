//! What is around every page: top bar and navigation.

use leptos::html;
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::{use_location, use_navigate};
use tombolo_model::Role;
use tombolo_wire::store::{AccountInfo, Call, Link, WithUnsent};

use super::owner::OwnerLines;
use super::places::{self, Place};
use super::removed::{NoAccess, is_barred};
use super::waits::WaitsElsewhere;
use super::{Banners, Bell, Icon, Menu, MenuItem, Palette, Shortcuts, SignOut, SyncPill};
use crate::browser::service_worker::News;
use crate::browser::{fold, page, service_worker, theme};
use crate::state::{App, is_removed, use_enter, use_sign_out};
use crate::words;
use crate::words::kinds::KINDS;

/// The frame of the app.
#[component]
pub(crate) fn Shell(children: Children) -> impl IntoView {
    let app = App::here();
    service_worker::register(move |news| {
        app.update.set(Some(match news {
            News::Waiting => "A new version of Tombolo is here. Reload to use it; nothing on this device is lost.",
            News::OtherTabs => {
                "The new version waits, because Tombolo is open in other tabs. Close them, then press Reload again."
            }
        }));
    });
    // The address stays as it is: the focus is all that moves.
    let skip = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        page::focus_soon(vec!["main".to_owned()]);
    };
    let path = use_location().pathname;
    let barred = Memo::new(move |_| path.with(|path| is_barred(app, path)));
    view! {
        <div class="shell">
            <a class="sr skip" href="#main" on:click=skip>"Skip to the content"</a>
            <TopBar/>
            <Navigation/>
            <main class="main" class:barred=barred id="main" tabindex="-1"><Banners/>{children()}{move || barred.get().then(|| view! { <NoAccess/> })}</main>
        </div>
    }
}

#[component]
fn TopBar() -> impl IntoView {
    view! {
        <header class="top">
            <div class="start">
                <button class="icon-button narrow-only" popovertarget="nav" aria-label="Open navigation"><Icon name="menu"/></button>
                <A href="/" attr:class="home" attr:aria-label="Tombolo, home"><Mark/></A>
                <AccountSwitch/>
            </div>
            <div class="end"><Palette/><WaitsElsewhere/><SyncPill/>
                <A href="/help" attr:class="icon-button wide-only" attr:aria-label="Help" attr:title="Help"><Icon name="circle-help"/></A>
                <Bell/><AccountMenu/>
            </div>
        </header>
    }
}

/// The account on the screen; the menu behind it goes to another.
#[component]
fn AccountSwitch() -> impl IntoView {
    let app = App::here();
    let name = move || {
        app.account
            .with(|account| account.as_ref().map_or_else(|| "Tombolo".to_owned(), |account| account.name.clone()))
    };
    let kind = move || match app.sync.with(is_removed) {
        true => Some("Not a member any more"),
        false => app.account.with(|account| account.as_ref().map(what_you_may)),
    };
    let enter = use_enter();
    let face = move || view! { <span class="cut"><b class="cut">{name}</b><small>{kind}</small></span> };
    let several = Memo::new(move |_| app.choices().len() > 1);
    view! {
        <Show when=move || several.get() fallback=move || view! { <span class="account">{face()}</span> }>
            <Menu id="accounts" label="Switch account" class="account" face=view! { {face()}<Icon name="chevron-down" small=true/> }.into_any()>
                {move || app.choices().into_iter().map(|account| {
                    let chosen = app.account.with(|have| have.as_ref().is_some_and(|have| have.id == account.id));
                    let role = what_you_may(&account);
                    view! {
                        <MenuItem chosen=chosen on_choose=Callback::new(move |()| enter.run(Call::SwitchAccount { account: account.id }))>
                            <span class="choice"><b>{account.name.clone()}</b><small>{role}</small></span>
                            {chosen.then(|| view! { <Icon name="check"/> })}
                        </MenuItem>
                    }
                }).collect_view()}
            </Menu>
        </Show>
    }
}

/// The role in words.
fn what_you_may(account: &AccountInfo) -> &'static str {
    match account.role {
        _ if account.local => "Not signed in",
        _ if account.ended => "No access, changes of yours are kept",
        Role::Owner => "Owner",
        Role::Administer => "Administrator",
        Role::Manage => "Manager",
        Role::Monitor => "Monitor",
        Role::Custom => "Chosen integrations",
    }
}

/// What concerns this person and this device.
#[component]
fn AccountMenu() -> impl IntoView {
    let app = App::here();
    let navigate = StoredValue::new_local(use_navigate());
    let go = move |place: &'static str| {
        navigate.with_value(|navigate| navigate(place, leptos_router::NavigateOptions::default()))
    };
    let person = move || app.account.with(|account| account.as_ref().and_then(|account| account.user.clone()));
    let turn = move |()| theme::choose(if theme::is_dark() { "light" } else { "dark" });
    let shortcuts = RwSignal::new(false);
    let leave = use_sign_out();
    let sign_out = move |()| leave.run(WithUnsent::Ask);
    let ended = move || app.sync.with(|sync| sync.link == Link::Stopped && !is_removed(sync));
    let face = (move || match person() {
        Some(user) => view! { <span class=format!("avatar p{}", words::tint(&user.email)) aria-hidden="true">{words::monogram(&user.name)}</span> }.into_any(),
        None => view! { <Icon name="user"/> }.into_any(),
    })
    .into_any();
    view! {
        <Menu id="person" label="Account menu" face=face>
            {move || match person() {
                Some(user) => view! {
                    <p class="menu-head"><b>{user.name}</b><small>{user.email}</small></p>
                    <MenuItem on_choose=Callback::new(move |()| go("/sign-in"))><Icon name="user"/>"Your account"</MenuItem>
                    <MenuItem on_choose=Callback::new(move |()| go("/security"))><Icon name="shield-check"/>"Password and security"</MenuItem>
                    {move || ended().then(|| view! { <MenuItem on_choose=Callback::new(move |()| go("/sign-in"))><Icon name="log-in"/>"Sign in again"</MenuItem> })}
                }.into_any(),
                None => view! {
                    <MenuItem on_choose=Callback::new(move |()| go("/sign-in"))><Icon name="log-in"/>"Sign in"</MenuItem>
                    <MenuItem on_choose=Callback::new(move |()| go("/sign-up"))><Icon name="user-plus"/>"Create an account"</MenuItem>
                }.into_any(),
            }}
            <MenuItem on_choose=Callback::new(move |()| go("/preferences"))><Icon name="settings"/>"Preferences"</MenuItem>
            <MenuItem on_choose=Callback::new(move |()| shortcuts.set(true))><Icon name="square-terminal"/>"Keyboard shortcuts"</MenuItem>
            <MenuItem on_choose=Callback::new(turn)>{move || if theme::is_dark() { view! { <Icon name="sun"/>"Use the light theme" }.into_any() } else { view! { <Icon name="moon"/>"Use the dark theme" }.into_any() }}</MenuItem>
            <MenuItem on_choose=Callback::new(move |()| go("/help"))><Icon name="circle-help"/>"Help"</MenuItem>
            <MenuItem on_choose=Callback::new(move |()| go("/help?write=feedback"))><Icon name="message-square"/>"Send feedback"</MenuItem>
            <MenuItem on_choose=Callback::new(move |()| crate::pages::export_all(app))><Icon name="download"/>"Export everything"</MenuItem>
            <OwnerLines/>
            {move || person().map(|_| view! { <MenuItem on_choose=Callback::new(sign_out)><Icon name="log-out"/>"Sign out"</MenuItem> })}
        </Menu>
        <Shortcuts open=shortcuts/>
        <SignOut/>
    }
}

#[component]
fn Navigation() -> impl IntoView {
    let app = App::here();
    let refused = move || app.sync.with(|sync| sync.not_accepted);
    let shared = Memo::new(move |_| {
        app.account.with(|account| places::open(places::ACCOUNT, account.as_ref()).collect::<Vec<_>>())
    });
    // On a narrow screen the navigation is a drawer, which a chosen page closes.
    let drawer = NodeRef::<html::Nav>::new();
    let path = use_location().pathname;
    let folded = RwSignal::new(fold::is_folded());
    let turn = move |event: leptos::ev::Event| {
        folded.set(event_target_checked(&event));
        fold::choose(folded.get_untracked());
    };
    Effect::new(move |_| {
        path.track();
        if let Some(drawer) = drawer.get_untracked()
            && let Err(error) = drawer.hide_popover()
        {
            leptos::logging::debug_warn!("{error:?}");
        }
    });
    view! {
        <nav class="nav" id="nav" popover="" aria-label="Main" node_ref=drawer>
            {places::MAIN.iter().map(link).collect_view()}
            <details open=""><summary><Icon name="chevron-down"/>"Resources"</summary>
                {KINDS.iter().map(|words| view! { <A href=format!("/{}", words.folder) attr:title=words.title><Icon name=words.icon/><span>{words.title}</span></A> }).collect_view()}
            </details>
            {move || Some(shared.get()).filter(|places| !places.is_empty()).map(|places| view! {
                <details open=""><summary><Icon name="chevron-down"/>"Account"</summary>
                    {places.into_iter().map(|place| if place.to == places::REVIEW { review_link(app, place).into_any() } else { link(place).into_any() }).collect_view()}
                </details>
            })}
            {move || (refused() > 0).then(|| view! {
                <A href="/not-accepted" attr:title="Not accepted" attr:class="has-dot"><Icon name="circle-alert"/><span>"Not accepted"</span><span class="badge danger">{refused}</span></A>
            })}
            <label class="fold" title=move || if folded.get() { "Show the names" } else { "Show the icons alone" }>
                <input class="sr" type="checkbox" id="fold" aria-label="Collapse the navigation" prop:checked=folded on:change=turn/>
                <Icon name="panel-left"/><span>"Collapse"</span>
            </label>
        </nav>
    }
}

fn link(place: &'static Place) -> impl IntoView {
    // Every address begins with the one of Home.
    let exact = place.to == "/";
    view! { <A href=place.to exact=exact attr:title=place.name><Icon name=place.icon/><span>{place.short}</span></A> }
}

/// The page of changes to review, with how many wait in the account that is open.
fn review_link(app: App, place: &'static Place) -> impl IntoView {
    let count = Memo::new(move |_| {
        let here = app.account.with(|account| account.as_ref().map(|account| account.id));
        app.reviews.with(|reviews| reviews.iter().filter(|account| Some(**account) == here).count())
    });
    let class = move || if count.get() == 0 { "" } else { "has-dot" };
    view! {
        <A href=place.to attr:title=place.name attr:class=class><Icon name=place.icon/><span>{place.short}</span>
            {move || (count.get() > 0).then(|| view! { <span class="badge danger" title="Changes that wait for you">{words::number(count.get() as u64)}</span> })}
        </A>
    }
}

#[component]
fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 28 28" aria-hidden="true">
            <rect width="28" height="28" rx="8" class="mark-sea"></rect>
            <path d="M0 15.4c5-.9 8 .9 10.500 4.300 1.900 2.600 2.400 5 2.400 8.300H8a8 8 0 0 1-8-8z" class="mark-sand"></path>
            <path d="M9.300 19.800c3.600-1.400 6.300-4.200 8.900-8.300" class="mark-bar"></path>
            <circle cx="19.800" cy="9" r="4.200" class="mark-sand"></circle>
        </svg>
    }
}
