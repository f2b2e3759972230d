//! What a person says of themselves: the name that others see, and what they do. Kept on the server, so that it is
//! changed with a network; what was heard last is shown without.

use gloo::net::http::Method;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::Id;
use tombolo_wire::rest::Profile;
use tombolo_wire::store::{Call, Link, UserInfo};

use crate::browser::{page, server};
use crate::components::{Field, Icon, SelectBox, described_by};
use crate::state::App;
use crate::words;

const NAME: &str = "profile-name";
const COMPANY: &str = "profile-company";
const ROLE: &str = "profile-role";
const PHONE: &str = "profile-phone";

fn key(user: Id) -> String {
    format!("tombolo.profile.{user}")
}

/// What was heard last; of somebody who was never asked, the name that this device knows.
fn kept(user: &UserInfo) -> Profile {
    let storage = window().local_storage().ok().flatten();
    let text = storage.and_then(|storage| storage.get_item(&key(user.id)).ok().flatten());
    text.and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_else(|| Profile { name: user.name.clone(), ..Profile::default() })
}

fn keep(user: Id, profile: &Profile) {
    let Ok(Some(storage)) = window().local_storage() else { return };
    let text = serde_json::to_string(profile).unwrap_or_default();
    if let Err(error) = storage.set_item(&key(user), &text) {
        leptos::logging::warn!("the profile is not kept: {error:?}");
    }
}

/// The form's state.
#[derive(Clone, Copy)]
struct Form {
    user: Id,
    draft: RwSignal<Profile>,
    /// Somebody has typed: what comes from the server stays behind it.
    touched: RwSignal<bool>,
    /// What is wrong with the name.
    wrong_name: RwSignal<Option<String>>,
    /// What the server says, or that it does not answer.
    problem: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
}

impl Form {
    fn ask(self) {
        spawn_local(async move {
            match server::ask::<Profile>(Method::GET, "/api/profile", None::<&()>).await {
                Ok(profile) => {
                    keep(self.user, &profile);
                    if self.touched.try_get_untracked() == Some(false) {
                        self.draft.try_set(profile);
                    }
                }
                Err(error) => drop(self.problem.try_set(Some(error.message))),
            }
        });
    }

    fn save(self, app: App) {
        if let Some(wrong) = self.draft.with_untracked(|draft| words::name_problem(&draft.name)) {
            self.wrong_name.set(Some(wrong));
            return page::focus_soon(vec![NAME.to_owned()]);
        }
        self.busy.set(true);
        self.problem.set(None);
        let body = self.draft.get_untracked();
        spawn_local(async move {
            match server::ask::<Profile>(Method::PUT, "/api/profile", Some(&body)).await {
                Ok(profile) => {
                    keep(self.user, &profile);
                    self.touched.try_set(false);
                    app.send(Call::Renamed { name: profile.name.clone() });
                    self.draft.try_set(profile);
                    app.toasts.say("Your profile is saved.");
                }
                Err(error) => drop(self.problem.try_set(Some(error.message))),
            }
            self.busy.try_set(false);
        });
    }
}

/// The form; nothing for who is not signed in.
#[component]
pub(super) fn ProfileForm() -> impl IntoView {
    let app = App::here();
    let user = Memo::new(move |_| {
        app.account.with(|account| account.as_ref().and_then(|account| account.user.as_ref()).map(|user| user.id))
    });
    move || user.get().map(|_| view! { <Signed/> })
}

#[component]
fn Signed() -> impl IntoView {
    let app = App::here();
    let user = app.account.with_untracked(|account| account.as_ref().and_then(|account| account.user.clone()));
    let user = user?;
    let form = Form {
        user: user.id,
        draft: RwSignal::new(kept(&user)),
        touched: RwSignal::new(false),
        wrong_name: RwSignal::new(None),
        problem: RwSignal::new(None),
        busy: RwSignal::new(false),
    };
    let up = Memo::new(move |_| app.sync.with(|sync| sync.link == Link::Online));
    Effect::new(move |_| {
        if up.get() {
            form.ask();
        }
    });
    let away = Signal::derive(move || !up.get());
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        form.save(app);
    };
    let roles = Signal::derive(|| {
        let all = Profile::ROLES.iter().map(|(key, words)| ((*key).to_owned(), (*words).to_owned()));
        std::iter::once((String::new(), "Not told".to_owned())).chain(all).collect::<Vec<_>>()
    });
    let role = Signal::derive(move || form.draft.with(|draft| draft.role.clone()));
    let choose = Callback::new(move |role: String| change(form, move |draft| draft.role = role));
    Some(view! {
        <form on:submit=save novalidate><fieldset class="group"><legend>"You"</legend>
            {move || away.get().then(|| view! { <p class="help" role="status">"Your profile is on the server: it can be changed when the server answers."</p> })}
            {move || form.problem.get().filter(|_| !away.get()).map(|problem| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{problem}</p></div> })}
            <Line form=form name=NAME label="Name" help="Others see it on members, changes and runs." away=away read=|draft| &draft.name write=|draft| &mut draft.name error=form.wrong_name/>
            <Line form=form name=COMPANY label="Company" away=away read=|draft| &draft.company write=|draft| &mut draft.company/>
            <Field label="What you do" name=ROLE optional=true help="No right hangs on it."><SelectBox name=ROLE value=role choices=roles on_change=choose disabled=away described=true/></Field>
            <Line form=form name=PHONE label="Phone" away=away read=|draft| &draft.phone write=|draft| &mut draft.phone/>
            <div class="row"><button class="button primary" type="submit" prop:disabled=move || away.get() || form.busy.get() aria-busy=move || form.busy.get().to_string()><Icon name="check"/>"Save profile"</button></div>
        </fieldset></form>
    })
}

fn change(form: Form, change: impl FnOnce(&mut Profile)) {
    form.touched.set(true);
    form.wrong_name.set(None);
    form.draft.update(change);
}

/// One line of text.
#[component]
fn Line(
    form: Form,
    name: &'static str,
    label: &'static str,
    #[prop(optional)] help: &'static str,
    away: Signal<bool>,
    read: fn(&Profile) -> &String,
    write: fn(&mut Profile) -> &mut String,
    #[prop(optional, into)] error: Signal<Option<String>>,
) -> impl IntoView {
    let type_in = move |event| {
        let text: String = event_target_value(&event);
        change(form, move |draft| *write(draft) = text);
    };
    let described = (!help.is_empty()).then(|| described_by(name));
    view! {
        <Field label=label name=name help=help optional=name != NAME error=error>
            <input class="input" id=name autocomplete="off" maxlength=Profile::LONGEST.to_string() prop:disabled=away aria-describedby=described aria-invalid=move || error.with(Option::is_some).to_string()
                prop:value=move || form.draft.with(|draft| read(draft).clone()) on:input=type_in/>
        </Field>
    }
}
