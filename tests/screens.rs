//! What a person can do on the screens besides the main job, with a mouse, by keyboard, and on a telephone.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::time::Duration;
use thirtyfour::Key;
use tombolo_tests::flows::{self, Destination, Flow, Source, row};
use tombolo_tests::member::PASSWORD;
use tombolo_tests::screen::Paging;
use tombolo_tests::{Link, Member, Screen, Server, Sink, until};

const PATIENCE: Duration = Duration::from_secs(10);

fn orders() -> Flow {
    let mappings = json!([row("$.id", "number", "string"), row("$.total", "amount", "string")]);
    let source = Source::Http("http://127.0.0.1:9", "/orders", None);
    flows::flow("Orders", &source, None, &mappings, &Destination::Http("http://127.0.0.1:9", "/take"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_in_the_same_field_is_named_on_it() -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    Member::sign_up(&server.address(), "Jonas", "jonas@example.com").await?;
    owner.device(owner.account()).await?.create_flow(&orders()).await?;
    owner.invite("jonas@example.com", "manage").await?;
    let (one, two) = (Screen::open(&server.address()).await?, Screen::open(&server.address()).await?);
    one.sign_in("ines@example.com").await?;
    two.sign_in("jonas@example.com").await?;
    two.switch_account("Ines").await?;
    for screen in [&one, &two] {
        screen.open_flow("Orders integration", "Orders").await?;
        screen.browser.press("button", "Orders source").await?;
    }
    one.browser.find("img", "Jonas is here").await?;
    two.browser.field("Relative URL").await?.click().await?;
    let flagged = async |wanted: bool| {
        until("the flag on the field", PATIENCE, || async {
            let field = one.browser.field("Relative URL").await?.to_json()?;
            let near = "return arguments[0].closest('.field').textContent.includes('Jonas');";
            Ok((one.browser.js(near, vec![field]).await? == wanted).then_some(()))
        })
        .await
    };
    flagged(true).await?;
    two.browser.field("Records are at").await?.click().await?;
    flagged(false).await?;
    two.browser.close().await?;
    one.browser.close().await
}

/// The destinations of the flow that is open, from left to right.
async fn order(screen: &Screen) -> Result<Vec<String>> {
    let mut places = Vec::new();
    for name in ["First", "Second"] {
        for step in screen.browser.all("button", name).await? {
            places.push((step.rect().await?, name.to_owned()));
        }
    }
    places.sort_by(|(one, _), (other, _)| (one.x, one.y).partial_cmp(&(other.x, other.y)).expect("places are numbers"));
    Ok(places.into_iter().map(|(_, name)| name).collect())
}

async fn in_order(screen: &Screen, wanted: &[&str]) -> Result<()> {
    until(&format!("the steps {wanted:?}"), PATIENCE, || async {
        let found = order(screen).await?;
        anyhow::ensure!(found == wanted, "they are {found:?}");
        Ok(Some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_are_moved_deleted_and_taken_back() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.create_integration("Steps").await?;
    screen.create_flow("Two files").await?;
    screen.add_file_destination("First", "CSV", "first.csv").await?;
    screen.add_file_destination("Second", "CSV", "second.csv").await?;
    in_order(&screen, &["First", "Second"]).await?;
    screen.browser.find("button", "Second").await?.send_keys(Key::Alt + Key::Left).await?;
    in_order(&screen, &["Second", "First"]).await?;
    // By mouse as well.
    let (second, first) =
        (screen.browser.find("button", "Second").await?, screen.browser.find("button", "First").await?);
    screen.browser.drag(&second, &first).await?;
    in_order(&screen, &["First", "Second"]).await?;

    screen.browser.find("button", "First").await?.send_keys(Key::Delete + "").await?;
    in_order(&screen, &["Second"]).await?;
    let toast = screen.browser.find("status", "The step was removed").await?;
    screen.browser.press_in(Some(&toast), "button", "Undo").await?;
    in_order(&screen, &["First", "Second"]).await?;
    screen.on_this_device().await?;
    screen.browser.reload().await?;
    screen.browser.find("button", "First").await?;
    in_order(&screen, &["First", "Second"]).await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_edit_is_taken_back_and_made_again() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.create_integration("Undo").await?;
    screen.create_flow("Before").await?;
    screen.rename_flow("After").await?;
    screen.browser.see("After").await?;
    screen.browser.press("button", "Undo").await?;
    screen.browser.see("Before").await?;
    screen.browser.gone("After").await?;
    screen.browser.press("button", "Redo").await?;
    screen.browser.see("After").await?;
    screen.on_this_device().await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_without_an_end_is_canceled_by_hand() -> Result<()> {
    let server = Server::start().await?;
    let sink = Sink::start((0..100).map(|n| json!({ "a": n })).collect()).await?;
    let screen = Screen::open(&server.address()).await?;
    screen.create_integration("Endless").await?;
    screen.create_flow("For ever").await?;
    let path = "/forever?size=100&page={{export.http.paging.page}}";
    screen.add_http_source("Numbers", &sink.address(), path, Paging::Number).await?;
    screen.add_file_destination("Pile", "JSON", "pile.json").await?;
    screen.browser.press("button", "Run flow").await?;
    until("records being read", PATIENCE, || async {
        Ok((screen.counts("Numbers").await?.success > 200).then_some(()))
    })
    .await?;
    screen.browser.press("button", "Cancel run").await?;
    assert_eq!(screen.run_end(PATIENCE).await?, "Canceled");
    let asked = sink.asked().len();
    screen.browser.gone("Cancel run").await?;
    let counted = screen.counts("Numbers").await?;
    screen.browser.reload().await?;
    assert_eq!(screen.run_end(PATIENCE).await?, "Canceled");
    assert_eq!(screen.counts("Numbers").await?, counted);
    assert!(sink.asked().len() <= asked + 1, "the run goes on");
    screen.browser.close().await
}

/// Makes the window as large as a small telephone's.
async fn telephone(screen: &Screen) -> Result<()> {
    let size = json!({ "width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true });
    screen.browser.devtools("Emulation.setDeviceMetricsOverride", size).await.map(|_| ())
}

/// Nothing sticks out at the side.
async fn fits(screen: &Screen, page: &str) -> Result<()> {
    let widths = "return [Math.max(...[document.documentElement, document.querySelector('main')].map((e) => e?.scrollWidth ?? 0)), innerWidth];";
    let widths = screen.browser.js(widths, Vec::new()).await?;
    assert_eq!(
        widths,
        json!([390, 390]),
        "{page}: the page is wider than the screen\n{}",
        screen.browser.outline().await
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_fits_a_telephone_and_a_flow_is_shown_as_a_list() -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let mut flow = orders();
    let long = "Orders of the northern and southern shops, with returns and gift cards";
    for (_, _, value) in &mut flow.resources {
        value["name"] = Value::from(value["name"].as_str().unwrap_or_default().replace("Orders", long));
    }
    owner.device(owner.account()).await?.create_flow(&flow).await?;
    let screen = Screen::open(&server.address()).await?;
    telephone(&screen).await?;
    screen.visit("/sign-up").await?;
    screen.browser.find("button", "Sign up").await?;
    fits(&screen, "sign-up").await?;
    screen.visit("/sign-in").await?;
    screen.browser.find("button", "Sign in").await?;
    fits(&screen, "sign-in").await?;
    screen.sign_in("ines@example.com").await?;
    screen.home().await?;
    screen.browser.see(long).await?;
    fits(&screen, "home").await?;
    screen.open_named(&format!("{long} integration")).await?;
    screen.browser.find("link", long).await?;
    fits(&screen, "integration").await?;
    screen.open_named(long).await?;
    let steps = screen.browser.find("region", "Steps").await?;
    fits(&screen, "flow").await?;
    screen.browser.press_in(Some(&steps), "button", "destination").await?;
    screen.browser.field("Relative URL").await?;
    fits(&screen, "step").await?;
    screen.browser.press("button", "Mapping").await?;
    screen.browser.find("textbox", "Destination field").await?;
    fits(&screen, "mapping").await?;
    screen.visit("/runs").await?;
    screen.browser.see("Nothing has run yet").await?;
    fits(&screen, "runs").await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_is_made_without_a_mouse() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    let browser = &screen.browser;
    browser.tab_to("button", "Create integration").await?;
    browser.keys(Key::Enter).await?;
    browser.find("dialog", "Create integration").await?;
    browser.tab_to("textbox", "Name").await?;
    browser.keys("By keyboard" + Key::Enter).await?;
    browser.see("No flows yet").await?;
    browser.tab_to("button", "Create flow").await?;
    browser.keys(Key::Enter).await?;
    browser.find("dialog", "Create flow").await?;
    browser.tab_to("textbox", "Name").await?;
    browser.keys("First flow" + Key::Enter).await?;

    browser.tab_to("button", "Add destination").await?;
    browser.keys(Key::Enter).await?;
    browser.find("dialog", "Add destination").await?;
    browser.tab_to("button", "File to download").await?;
    browser.keys(Key::Enter).await?;
    browser.tab_to("textbox", "Name").await?;
    browser.keys(Key::Control + "a").await?;
    browser.keys("Pile").await?;
    browser.tab_to("button", "Done").await?;
    browser.keys(Key::Enter).await?;
    // The step on the canvas is reached and opened too.
    browser.tab_to("button", "Pile").await?;
    browser.keys(Key::Enter).await?;
    browser.tab_to("button", "Mapping").await?;
    browser.keys(Key::Enter).await?;
    browser.find("button", "Add field").await?;
    screen.on_this_device().await?;
    screen.browser.close().await
}

/// How light the page and its text are, from 0 to 255.
async fn lightness(screen: &Screen) -> Result<(f64, f64)> {
    let script = "const light = (colour) => { const area = new OffscreenCanvas(1, 1).getContext('2d'); \
          area.fillStyle = colour; area.fillRect(0, 0, 1, 1); const [r, g, b] = area.getImageData(0, 0, 1, 1).data; \
          return 0.2126 * r + 0.7152 * g + 0.0722 * b; }; \
        const style = getComputedStyle(document.body); \
        const page = [document.body, document.documentElement].map((e) => getComputedStyle(e).backgroundColor) \
          .find((colour) => colour !== 'rgba(0, 0, 0, 0)') ?? 'white'; \
        return [light(page), light(style.color)];";
    let found = screen.browser.js(script, Vec::new()).await?;
    Ok((found[0].as_f64().context("a number")?, found[1].as_f64().context("a number")?))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dark_theme_is_chosen_kept_and_taken_from_the_system() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    let (page, text) = lightness(&screen).await?;
    assert!(page > 180.0 && text < 90.0, "the light theme is {page} with text {text}");
    screen.browser.press("button", "Account menu").await?;
    screen.browser.press("menuitem", "Use the dark theme").await?;
    for _ in 0..2 {
        let (page, text) = lightness(&screen).await?;
        assert!(page < 60.0 && text > 160.0, "the dark theme is {page} with text {text}");
        screen.browser.reload().await?;
        screen.usable().await?;
    }
    screen.browser.press("button", "Account menu").await?;
    screen.browser.press("menuitem", "Use the light theme").await?;
    assert!(lightness(&screen).await?.0 > 180.0);
    // The page Preferences and the menu tell of one choice.
    screen.visit("/preferences").await?;
    assert_eq!(screen.browser.value("Theme").await?, "light");
    screen.browser.choose("Theme", "Dark").await?;
    screen.browser.press("button", "Account menu").await?;
    screen.browser.press("menuitem", "Use the light theme").await?;
    assert_eq!(screen.browser.value("Theme").await?, "light");

    screen.browser.js("localStorage.clear();", Vec::new()).await?;
    let dark = json!({ "features": [{ "name": "prefers-color-scheme", "value": "dark" }] });
    screen.browser.devtools("Emulation.setEmulatedMedia", dark).await?;
    screen.browser.reload().await?;
    screen.usable().await?;
    assert!(lightness(&screen).await?.0 < 60.0);
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_show_times_as_they_are_wanted_and_a_folded_navigation_stays_folded() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.create_integration("Shop").await?;
    screen.create_flow("Orders").await?;
    let time = "return document.querySelector('main td time')?.textContent ?? null;";
    let shown = async |screen: &Screen| -> Result<String> {
        screen.browser.press("link", "Flows").await?;
        let found = screen.browser.wait_js("a time in the list", time, Duration::from_secs(20)).await?;
        Ok(found.as_str().unwrap_or_default().to_owned())
    };
    let ago = shown(&screen).await?;
    assert!(ago.contains("ago") || ago.contains("now"), "{ago}");
    screen.browser.press("button", "Account menu").await?;
    screen.browser.press("menuitem", "Preferences").await?;
    screen.browser.choose("In lists", "Day and time").await?;
    screen.browser.choose("Dates", "2026-11-23").await?;
    screen.browser.fill("Time zone", "Pacific/Kiritimati").await?;
    let east = shown(&screen).await?;
    assert!(east.len() >= 19 && east.chars().take(4).all(|c| c.is_ascii_digit()), "{east}");
    screen.browser.press("button", "Account menu").await?;
    screen.browser.press("menuitem", "Preferences").await?;
    screen.browser.fill("Time zone", "Pacific/Pago_Pago").await?;
    assert_ne!(shown(&screen).await?, east, "25 hours lie between the two");

    let folded = "return document.getElementById('fold').checked;";
    assert_eq!(screen.browser.js(folded, Vec::new()).await?, false);
    screen.browser.js("document.getElementById('fold').click();", Vec::new()).await?;
    screen.browser.reload().await?;
    screen.browser.find("button", "Account menu").await?;
    assert_eq!(screen.browser.js(folded, Vec::new()).await?, true);
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_can_be_installed() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.wait_until_offline_ready().await?;
    let manifest = screen.browser.devtools("Page.getAppManifest", json!({})).await?;
    assert_eq!(manifest["errors"], json!([]), "{manifest}");
    let manifest: Value = serde_json::from_str(manifest["data"].as_str().context("a manifest")?)?;
    assert_eq!((&manifest["display"], &manifest["start_url"]), (&json!("standalone"), &json!("/")));
    let problems = screen.browser.devtools("Page.getInstallabilityErrors", json!({})).await?;
    assert_eq!(problems["installabilityErrors"], json!([]));
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_into_an_account_asks_to_sign_in_and_then_opens_in_whichever_account_it_is() -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    Member::sign_up(&server.address(), "Jonas", "jonas@example.com").await?;
    owner.invite("jonas@example.com", "manage").await?;
    let flow = orders();
    owner.device(owner.account()).await?.create_flow(&flow).await?;
    let place = format!("/integrations/{}/flows/{}", flow.integration, flow.flow);
    for (email, elsewhere) in [("ines@example.com", false), ("jonas@example.com", true)] {
        let screen = Screen::open(&server.address()).await?;
        screen.visit(&place).await?;
        screen.browser.see("This is not on this device").await?;
        assert!(!screen.browser.reads("Nothing is at this address").await?);
        screen.browser.press("link", "Sign in").await?;
        screen.browser.fill("Email", email).await?;
        screen.browser.fill("Password", PASSWORD).await?;
        screen.browser.press("button", "Sign in").await?;
        if elsewhere {
            screen.browser.see("Nothing is at this address").await?;
            screen.browser.press("button", "Look in the account Ines").await?;
        }
        screen.browser.find("button", "Orders source").await?;
        assert!(screen.browser.address().await?.ends_with(&place), "{}", screen.browser.address().await?);
        screen.browser.close().await?;
    }
    Ok(())
}

/// Two devices give an integration two names while neither hears of the other.
async fn two_names(wires: &[Link; 2], one: &Screen, two: &Screen) -> Result<()> {
    wires.iter().for_each(Link::cut);
    one.rename_integration("By Ines").await?;
    two.rename_integration("By Jonas").await?;
    for screen in [one, two] {
        screen.on_this_device().await?;
    }
    wires.iter().for_each(Link::mend);
    one.browser.see("2 values").await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_values_are_compared_and_one_is_kept_by_keyboard_alone() -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    owner.device(owner.account()).await?.create_flow(&orders()).await?;
    let wires = [Link::to(server.port()).await?, Link::to(server.port()).await?];
    let (one, two) = (Screen::open(&wires[0].address()).await?, Screen::open(&wires[1].address()).await?);
    for screen in [&one, &two] {
        screen.sign_in("ines@example.com").await?;
        screen.home().await?;
        screen.open_named("Orders integration").await?;
        screen.browser.find("link", "Orders").await?;
    }
    two_names(&wires, &one, &two).await?;
    let browser = &one.browser;
    browser.tab_to("button", "2 values").await?;
    browser.keys(Key::Enter).await?;
    browser.tab_to("button", "Keep By Jonas").await?;
    browser.keys(Key::Enter).await?;
    browser.gone("2 values").await?;
    browser.see("By Jonas").await?;
    two.browser.see("By Jonas").await?;
    // Whoever goes on by keyboard is not thrown back to the beginning of the page.
    let lost = "return document.activeElement === document.body || document.activeElement === null;";
    assert_eq!(browser.js(lost, Vec::new()).await?, false, "{}", browser.outline().await);
    two.browser.close().await?;
    one.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_click_opens_the_choice_of_two_names_while_the_name_is_edited() -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    owner.device(owner.account()).await?.create_flow(&orders()).await?;
    let wires = [Link::to(server.port()).await?, Link::to(server.port()).await?];
    let (one, two) = (Screen::open(&wires[0].address()).await?, Screen::open(&wires[1].address()).await?);
    for screen in [&one, &two] {
        screen.sign_in("ines@example.com").await?;
        screen.home().await?;
        screen.open_named("Orders integration").await?;
        screen.browser.find("link", "Orders").await?;
    }
    two_names(&wires, &one, &two).await?;
    one.browser.press("button", "Rename integration").await?;
    one.browser.find("textbox", "Name").await?;
    // Once only: pressing again until it works would hide what is tested.
    one.browser.find("button", "2 values").await?.click().await?;
    one.browser.press("button", "Keep By Jonas").await?;
    one.browser.gone("2 values").await?;
    one.browser.see("By Jonas").await?;
    two.browser.close().await?;
    one.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_made_before_an_invitation_waits_in_sight_and_is_one_click_away() -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let body = json!({ "email": "jonas@example.com", "role": "manage" });
    let invited = owner.call(reqwest::Method::POST, "/members", &body).await?;
    let screen = Screen::open(&server.address()).await?;
    screen.create_integration("Made alone").await?;
    screen.create_flow("First").await?;
    screen.visit(invited["link"].as_str().context("a link")?).await?;
    screen.browser.fill("Name", "Jonas").await?;
    screen.browser.fill("Email", "jonas@example.com").await?;
    screen.browser.fill("Password", PASSWORD).await?;
    screen.browser.press("button", "Sign up").await?;
    let waits = "2 things wait for Jonas on this device";
    screen.browser.find("button", waits).await?;
    // Also after the page was loaded anew.
    screen.home().await?;
    assert!(!screen.browser.reads("Made alone").await?);
    screen.browser.press("button", waits).await?;
    screen.browser.see("Made alone").await?;
    screen.on_the_server().await?;
    until("nothing waiting any more", PATIENCE, || async {
        Ok(screen.browser.all("button", waits).await?.is_empty().then_some(()))
    })
    .await?;
    screen.switch_account("Ines").await?;
    assert!(screen.browser.all("button", waits).await?.is_empty());
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_made_before_signing_up_is_not_called_offline() -> Result<()> {
    let server = Server::start().await?;
    let sink = Sink::start(vec![json!({ "a": 1 })]).await?;
    let screen = Screen::open(&server.address()).await?;
    screen.create_integration("Alone").await?;
    screen.create_flow("One record").await?;
    screen
        .add_http_source(
            "Numbers",
            &sink.address(),
            "/numbered?size=1&page={{export.http.paging.page}}",
            Paging::Number,
        )
        .await?;
    screen.add_file_destination("Pile", "JSON", "pile.json").await?;
    screen.completes(PATIENCE).await?;
    screen.sign_up("Ines", "ines@example.com").await?;
    screen.open_flow("Alone", "One record").await?;
    let console = screen.console_text().await?;
    assert!(console.contains("Completed") && !console.contains("Offline"), "{console}");
    screen.visit("/runs").await?;
    screen.browser.see("On a device").await?;
    assert!(!screen.browser.reads("On a device, offline").await?, "there was no server to be away from");
    screen.browser.close().await
}
