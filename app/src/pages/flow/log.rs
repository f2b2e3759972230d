//! What a run of this tab said for those who look for a fault: what its scripts wrote, and the requests of connections that
//! somebody looks at. Without a line there is nothing to see.

use leptos::prelude::*;
use tombolo_model::Id;
use tombolo_wire::run::RunRow;
use tombolo_wire::run_worker::LogLine;

use crate::browser::{files, time};
use crate::components::{Icon, SelectBox, choices};
use crate::state::App;
use crate::words;

/// How many lines are shown at once.
const SHOWN: usize = 100;

/// Which lines are shown: keys with words.
const LEVELS: [(&str, &str); 4] =
    [("", "All lines"), ("request", "Requests"), ("script", "What scripts wrote"), ("wrong", "Warnings and errors")];

/// Whether a line is wanted; what is searched for is in small letters.
fn fits(line: &LogLine, level: &str, search: &str) -> bool {
    let of_level = match level {
        "request" => line.level == "request",
        "script" => line.level != "request",
        "wrong" => matches!(line.level.as_str(), "warn" | "error"),
        _ => true,
    };
    of_level && (search.is_empty() || [&line.text, &line.from].iter().any(|text| text.to_lowercase().contains(search)))
}

/// A line of the file: time, level, step, where it is from and what it says.
fn written(line: &LogLine, step: &str, clock: impl Fn(i64) -> String) -> String {
    let text = line.text.replace(['\r', '\n'], " ");
    [clock(line.time_ms).as_str(), &line.level, step, &line.from, &text].join("\t")
}

/// The lines of a run.
#[component]
pub(super) fn Log(id: Id, run: Memo<Option<RunRow>>) -> impl IntoView {
    let app = App::here();
    let many = Memo::new(move |_| app.logs.with(|logs| logs.of(id).len()));
    // While it is folded nobody looks through its lines, of which a run may say many.
    let open = RwSignal::new(false);
    let turned = move |event: leptos::ev::Event| {
        open.try_set(event_target::<web_sys::Element>(&event).has_attribute("open"));
    };
    view! {
        <Show when=move || { many.get() > 0 }>
            <details class="history log" on:toggle=turned><summary>{move || format!("Log ({})", words::count(many.get(), "line"))}</summary>
                <Show when=move || open.get()><Lines id=id run=run/></Show>
            </details>
        </Show>
    }
}

#[component]
fn Lines(id: Id, run: Memo<Option<RunRow>>) -> impl IntoView {
    let app = App::here();
    let (level, search) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let most = RwSignal::new(SHOWN);
    // Where the wanted lines are: they are long, and there are many.
    let found = Memo::new(move |_| {
        let search = search.with(|search| search.trim().to_lowercase());
        let wanted = |(_, line): &(usize, &LogLine)| level.with(|level| fits(line, level, &search));
        app.logs.with(|logs| logs.of(id).iter().enumerate().filter(wanted).map(|(at, _)| at).collect::<Vec<_>>())
    });
    let step = move |key: &str| {
        let name = |run: &RunRow| run.steps.iter().find(|step| step.step == key).map(|step| step.name.clone());
        run.with_untracked(|run| run.as_ref().and_then(name)).unwrap_or_default()
    };
    let listed = move || {
        let named = |line: &LogLine| (step(&line.step), line.clone());
        let shown = found.with(|found| found.iter().take(most.get()).copied().collect::<Vec<_>>());
        app.logs.with_untracked(|logs| {
            let all = logs.of(id);
            shown.into_iter().filter_map(|at| all.get(at)).map(named).enumerate().collect::<Vec<_>>()
        })
    };
    let choices = choices(&LEVELS);
    let download = move |_| {
        let places = found.get_untracked();
        let lines = app.logs.with_untracked(|logs| {
            let wanted = places.iter().filter_map(|at| logs.of(id).get(*at));
            wanted.map(|line| written(line, &step(&line.step), time::iso)).collect::<Vec<_>>()
        });
        let name = run.with_untracked(|run| run.as_ref().map(|run| run.flow_name.clone())).unwrap_or_default();
        files::download_text(app, &lines.join("\n"), &format!("{}-log.txt", files::plain_name(&name)));
    };
    view! {
        <div class="row history-bar">
            <SelectBox name="log-level" label="Which lines" value=level choices=choices on_change=Callback::new(move |key| level.set(key))/>
            <input class="input" type="search" aria-label="Find in the log" placeholder="Find" prop:value=move || search.get() on:input=move |event| search.set(event_target_value(&event))/>
            <span class="grow"></span>
            <button class="button small quiet" type="button" prop:disabled=move || found.with(Vec::is_empty) on:click=download><Icon name="download" small=true/>"Download"</button>
            <button class="button small quiet" type="button" on:click=move |_| app.logs.update(|logs| logs.clear(id))>"Clear"</button>
        </div>
        <p class="muted">"Kept until this page is closed. Runs on the server show no lines."</p>
        <ul class="log-lines"><For each=listed key=|(at, (_, line))| (*at, line.time_ms, line.from.clone(), line.text.len()) let:item><Line step=item.1.0 line=item.1.1/></For></ul>
        {move || found.with(Vec::is_empty).then(|| view! { <p class="muted">"No line fits."</p> })}
        {move || (found.with(Vec::len) > most.get()).then(|| view! { <button class="button small quiet" type="button" on:click=move |_| most.update(|most| *most += SHOWN)>"Show more"</button> })}
    }
}

#[component]
fn Line(step: String, line: LogLine) -> impl IntoView {
    let request = line.level == "request";
    // What a request says is long: its address alone stands in the line.
    let pretty = |text: &str| {
        let value = serde_json::from_str::<serde_json::Value>(text).ok();
        value.and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_else(|| text.to_owned())
    };
    let class = match line.level.as_str() {
        "error" => "badge danger",
        "warn" => "badge warning",
        _ => "badge",
    };
    let head = view! { <span class="num muted">{time::clock(line.time_ms)}</span><span class=class>{line.level.clone()}</span><small class="muted cut">{step}</small> };
    if request {
        view! { <li><details><summary class="row">{head}<code class="cut">{line.from}</code></summary><pre class="code-panel"><code>{pretty(&line.text)}</code></pre></details></li> }.into_any()
    } else {
        view! { <li class="row">{head}<small class="muted">{line.from}</small><code>{line.text}</code></li> }.into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(level: &str, from: &str, text: &str) -> LogLine {
        LogLine { time_ms: 7, step: "s".into(), level: level.into(), from: from.into(), text: text.into() }
    }

    #[test]
    fn the_log_is_narrowed_by_who_says_something_and_by_text() {
        let all =
            [line("info", "map", "Hello"), line("error", "map", "bad"), line("request", "GET https://a.example", "{}")];
        let found = |level: &str, search: &str| {
            let search = search.trim().to_lowercase();
            let fit = all.iter().filter(|line| fits(line, level, &search));
            fit.map(|line| line.level.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(found("", ""), ["info", "error", "request"]);
        assert_eq!(
            (found("script", " hello "), found("wrong", ""), found("request", "A.EX")),
            (vec!["info"], vec!["error"], vec!["request"])
        );
        assert_eq!(
            written(&line("info", "map", "a\nb"), "Orders", |ms| format!("at {ms}")),
            "at 7\tinfo\tOrders\tmap\ta b"
        );
    }
}
