//! People, their rights by integration, the audit log and hand-overs, in real browsers.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::time::Duration;
use thirtyfour::Key;
use tombolo_model::{Id, Kind};
use tombolo_tests::identity::{CLIENT_ID, CLIENT_SECRET, IdentityServer};
use tombolo_tests::mail::{MailServer, link_in};
use tombolo_tests::member::PASSWORD;
use tombolo_tests::{Link, Member, Screen, Server, until};

/// A name that nothing else has.
const NAMED: &str = "Orders of the quarter";
/// Longer than a change of rights takes to reach a device.
const PATIENCE: Duration = Duration::from_secs(15);

/// The documents whose pieces are on a device, in all of its databases.
async fn held(screen: &Screen) -> Result<String> {
    let found = screen.browser.js_async(include_str!("src/browser/pieces.js"), vec![Value::Null]).await?;
    let databases = found.as_array().context("a list of databases")?;
    let documents = databases.iter().flat_map(|database| database["pieces"].as_array().into_iter().flatten());
    Ok(documents.filter_map(|piece| piece["document"].as_str()).collect::<Vec<_>>().join(" "))
}

async fn device_holds(screen: &Screen, document: Id, there: bool) -> Result<()> {
    until(&format!("{document} on the device: {there}"), PATIENCE, || async {
        Ok((held(screen).await?.contains(&document.to_string()) == there).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_custom_member_sees_what_is_granted_and_the_device_holds_none_of_it_while_it_is_revoked() -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let colleague = Member::sign_up(&server.address(), "Jonas", "jonas@example.com").await?;
    let mut device = owner.device(owner.account()).await?;
    let ours = device.create(Kind::Integration, &json!({ "name": "Shop" })).await?.id();
    let theirs = device.create(Kind::Integration, &json!({ "name": "Payroll" })).await?.id();
    let flow = json!({ "name": NAMED, "description": NAMED, "_integrationId": ours });
    let flow = device.create(Kind::Flow, &flow).await?.id();
    owner.invite("jonas@example.com", "custom").await?;
    let admin = Screen::open(&server.address()).await?;
    admin.sign_in("ines@example.com").await?;
    admin.visit("/members").await?;
    grant(&admin, "Monitor: look and run").await?;
    let screen = Screen::open(&server.address()).await?;
    screen.sign_in("jonas@example.com").await?;
    screen.switch_account("Ines").await?;
    screen.home().await?;
    screen.browser.see("Shop").await?;
    ensure!(!screen.browser.reads("Payroll").await?, "another integration is shown");
    device_holds(&screen, flow, true).await?;
    let there = screen.browser.finds(&[flow.to_string(), NAMED.to_owned(), "Payroll".to_owned()]).await?;
    ensure!(there.len() > 1 && !there.iter().any(|place| place.contains("Payroll")), "{there:?}");
    // A page that is open says so, in place of what nobody keeps up to date any more.
    screen.open_flow("Shop", NAMED).await?;
    grant(&admin, "No access").await?;
    screen.browser.see("This is no longer here").await?;
    ensure!(!screen.browser.reads("Run flow").await?, "a page without its flow");
    for document in [ours, flow, theirs] {
        device_holds(&screen, document, false).await?;
    }
    // Nor is there a row of a list, a run or anything else that names them.
    let named = [ours.to_string(), flow.to_string(), theirs.to_string(), NAMED.to_owned(), "Payroll".to_owned()];
    let left = screen.browser.finds(&named).await?;
    ensure!(left.is_empty(), "{left:?}");
    grant(&admin, "Manage: build and run").await?;
    screen.browser.see("Run flow").await?;
    screen.home().await?;
    screen.open_named("Shop").await?;
    screen.rename_integration("Shop and more").await?;
    screen.on_the_server().await?;
    device_holds(&screen, flow, true).await?;
    ensure!(!held(&screen).await?.contains(&theirs.to_string()), "another integration is on the device");
    // Who is switched off is left as little.
    let member = format!("/members/{}", colleague.me.user.id);
    owner.call(reqwest::Method::PATCH, &member, &json!({ "enabled": false })).await?;
    screen.browser.see("You have no access any more").await?;
    ensure!(!screen.browser.reads("Shop and more").await?, "the page is still there");
    for document in [ours, flow, theirs] {
        device_holds(&screen, document, false).await?;
    }
    let left = screen.browser.finds(&named).await?;
    ensure!(left.is_empty(), "switched off: {left:?}");
    screen.browser.press("button", "Switch to Jonas").await?;
    screen.browser.gone("You have no access any more").await?;
    screen.on_the_server().await?;
    until("a page without the account that ended", PATIENCE, || async {
        Ok(screen.browser.all("button", "Switch account").await?.is_empty().then_some(()))
    })
    .await?;
    owner.call(reqwest::Method::PATCH, &member, &json!({ "enabled": true })).await?;
    // The bell hears of accounts that are open again.
    screen.browser.press("button", "Notifications").await?;
    screen.switch_account("Ines").await?;
    device_holds(&screen, flow, true).await?;
    let everybody: Value = owner.call(reqwest::Method::GET, "/members", &Value::Null).await?;
    ensure!(everybody.to_string().contains(&colleague.me.user.id.to_string()));
    each_integration_says_who_gets_at_it(&admin).await?;
    screen.browser.close().await?;
    admin.browser.close().await
}

/// The dialog of an integration names who gets at it.
async fn each_integration_says_who_gets_at_it(admin: &Screen) -> Result<()> {
    for (name, there) in [("Shop and more", true), ("Payroll", false)] {
        admin.home().await?;
        admin.open_named(name).await?;
        admin.browser.press("button", "More").await?;
        admin.browser.press("menuitem", "Members").await?;
        let dialog = admin.browser.find("dialog", "Members").await?;
        let said = admin.browser.find_in(Some(&dialog), "list", "Members").await?.text().await?;
        ensure!((said.contains("Jonas") && said.contains("Manages it")) == there, "{name}: {said}");
    }
    Ok(())
}

/// Gives Jonas a level in the integration Shop.
async fn grant(admin: &Screen, level: &str) -> Result<()> {
    admin.browser.press("button", "Access of Jonas").await?;
    let dialog = admin.browser.find("dialog", "Access of Jonas").await?;
    admin.browser.choose("Access to Shop", level).await?;
    admin.browser.press_in(Some(&dialog), "button", "Save access").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_shows_who_renamed_what_and_from_what_to_what() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.sign_up("Ines", "ines@example.com").await?;
    screen.home().await?;
    screen.create_integration("Shop").await?;
    screen.on_the_server().await?;
    screen.visit("/audit").await?;
    // The filters name every action, so only the table counts.
    let entries = screen.browser.find("table", "Entries").await?.text().await?;
    ensure!(entries.contains("Create"), "{entries}");
    screen.visit("/").await?;
    screen.open_named("Shop").await?;
    screen.rename_integration("Bazaar").await?;
    screen.on_the_server().await?;
    screen.visit("/audit?action=update").await?;
    screen.browser.press("button", "Show what changed: Update Bazaar").await?;
    let shown = screen.browser.find("dialog", "Update: Bazaar").await?.text().await?;
    ensure!(shown.contains("Shop") && shown.contains("Bazaar"), "{shown}");
    screen.browser.press("button", "Close").await?;
    let entries = screen.browser.find("table", "Entries").await?.text().await?;
    ensure!(entries.contains("Update") && !entries.contains("Create"), "the filter does not hold: {entries}");
    screen.browser.choose("Action", "Sign in").await?;
    screen.browser.gone("Bazaar").await?;
    ensure!(screen.browser.address().await?.contains("action=signIn"));
    // Each resource leads to its own entries.
    screen.home().await?;
    screen.create_integration("Kiosk").await?;
    screen.on_the_server().await?;
    screen.browser.press("button", "More").await?;
    screen.browser.press("menuitem", "History").await?;
    screen.browser.press("link", "In the audit log").await?;
    screen.browser.see("About “Kiosk”").await?;
    let entries = screen.browser.find("table", "Entries").await?.text().await?;
    ensure!(entries.contains("Kiosk") && !entries.contains("Bazaar"), "of one resource: {entries}");
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_at_two_browsers_hand_an_integration_over() -> Result<()> {
    let server = Server::start().await?;
    let sender = Screen::open(&server.address()).await?;
    sender.sign_up("Ines", "ines@example.com").await?;
    sender.home().await?;
    sender.create_integration("Shop").await?;
    sender.create_flow("Orders").await?;
    sender.on_the_server().await?;
    sender.visit("/transfers").await?;
    sender.browser.press("button", "Hand over integrations").await?;
    sender.browser.press("checkbox", "Shop").await?;
    sender.browser.see("Orders").await?;
    sender.browser.fill("Email of who takes them", "jonas@example.com").await?;
    sender.browser.press("button", "Send offer").await?;
    let link = sender.browser.value("Link of the offer").await?;
    let path = link.strip_prefix(&server.address()).context("a link of this server")?.to_owned();
    let recipient = Screen::open(&server.address()).await?;
    recipient.sign_up("Jonas", "jonas@example.com").await?;
    recipient.visit(&path).await?;
    recipient.browser.see("From Ines").await?;
    // The link once opened, the offer waits in the bell of every page, also after a reload.
    recipient.home().await?;
    recipient.browser.press("button", "Notifications, 1 unread").await?;
    recipient.browser.see("Ines hands “Shop” over to you").await?;
    recipient.browser.press("button", "Mark all as read").await?;
    recipient.browser.reload().await?;
    recipient.usable().await?;
    recipient.browser.press("button", "Notifications").await?;
    recipient.browser.gone("Mark all as read").await?;
    recipient.browser.press("button", "Accept into Jonas").await?;
    recipient.browser.see("Handed over").await?;
    recipient.browser.see("Nothing waits for you.").await?;
    recipient.home().await?;
    recipient.open_named("Shop").await?;
    recipient.browser.see("Orders").await?;
    sender.browser.press("button", "Done").await?;
    sender.home().await?;
    sender.browser.gone("Shop").await?;
    recipient.browser.close().await?;
    sender.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_invites_by_mail_and_the_letter_leads_the_invited_into_the_account() -> Result<()> {
    let mail = MailServer::start()?;
    let server = Server::start_with(&["--smtp", &mail.url(), "--mail-from", "Tombolo <tombolo@example.com>"]).await?;
    let admin = Screen::open(&server.address()).await?;
    admin.sign_up("Inés", "ines@example.com").await?;
    admin.visit("/members").await?;
    admin.browser.fill("Email", "jonas@example.com").await?;
    admin.browser.press("button", "Invite member").await?;
    admin.browser.see("The letter was sent.").await?;
    let letter = mail.letter_to("jonas@example.com").await?;
    ensure!(letter["subject"] == "Inés invites you to Inés on Tombolo", "{letter}");
    let path = link_in(&letter, &format!("http://127.0.0.1:{}", server.port()))?;
    let colleague = Screen::open(&server.address()).await?;
    colleague.visit(&path).await?;
    colleague.browser.see("Inés invites you to “Inés”").await?;
    colleague.browser.fill("Name", "Jonas").await?;
    colleague.browser.fill("Email", "jonas@example.com").await?;
    colleague.browser.fill("Password", PASSWORD).await?;
    colleague.browser.press("button", "Sign up").await?;
    colleague.browser.see("Manager").await?;
    colleague.browser.press("button", "Account menu").await?;
    colleague.browser.see("Account owner").await?;
    colleague.browser.keys(Key::Escape + "").await?;
    colleague.browser.tab_to("button", "Switch account").await?;
    colleague.browser.keys(Key::Enter + "").await?;
    colleague.browser.find("menuitem", "Jonas").await?.send_keys(Key::Enter + "").await?;
    colleague.browser.see("Owner").await?;
    admin.visit("/").await?;
    admin.visit("/members").await?;
    // The switch of a member can be seen and hit.
    admin.browser.press("switch", "The account is open to Jonas").await?;
    admin.browser.see("Switched off").await?;
    admin.browser.press("switch", "The account is open to Jonas").await?;
    admin.browser.gone("Switched off").await?;
    colleague.browser.close().await?;
    admin.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_leaves_an_account_on_its_page() -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    Member::sign_up(&server.address(), "Jonas", "jonas@example.com").await?;
    owner.invite("jonas@example.com", "manage").await?;
    let screen = Screen::open(&server.address()).await?;
    screen.sign_in("jonas@example.com").await?;
    screen.switch_account("Ines").await?;
    screen.visit("/account").await?;
    screen.browser.press("button", "Leave the account").await?;
    let dialog = screen.browser.find("dialog", "Leave the account?").await?;
    screen.browser.press_in(Some(&dialog), "button", "Leave").await?;
    screen.browser.see("no longer has you as a member").await?;
    let members = owner.call(reqwest::Method::GET, "/members", &Value::Null).await?;
    ensure!(!members.to_string().contains("jonas@example.com"), "{members}");
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_made_on_its_page_shown_once_and_revoked_there() -> Result<()> {
    let mut server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.sign_up("Ines", "ines@example.com").await?;
    screen.home().await?;
    screen.create_integration("Shop").await?;
    screen.on_the_server().await?;
    screen.browser.press("link", "API tokens").await?;
    screen.browser.press("button", "Create token").await?;
    let dialog = screen.browser.find("dialog", "Create token").await?;
    screen.browser.fill("Name", "Deploys").await?;
    screen.browser.press_in(Some(&dialog), "button", "Create token").await?;
    let text = screen.browser.value("Token").await?;
    let client = reqwest::Client::new();
    let address = format!("{}/v1/integrations", server.address());
    let ask = || async { client.get(&address).bearer_auth(&text).send().await };
    ensure!(ask().await?.text().await?.contains("Shop"));
    screen.browser.press("button", "I have kept it").await?;
    screen.browser.gone(&text).await?;
    screen.browser.press("button", "More for Deploys").await?;
    screen.browser.press("menuitem", "Revoke").await?;
    screen.browser.press("button", "Revoke token").await?;
    screen.browser.see("Revoked").await?;
    ensure!(ask().await?.status() == 401);
    screen.browser.press("button", "More for Deploys").await?;
    screen.browser.press("menuitem", "Delete").await?;
    screen.browser.press("button", "Delete token").await?;
    screen.browser.see("No token yet").await?;
    // It lies in the bin, comes back as revoked as it went, and goes for good from there.
    screen.visit("/bin").await?;
    screen.browser.press("button", "Restore Deploys").await?;
    screen.browser.see("The bin is empty").await?;
    ensure!(ask().await?.status() == 401);
    screen.browser.press("link", "API tokens").await?;
    screen.browser.see("Revoked").await?;
    screen.browser.press("button", "More for Deploys").await?;
    screen.browser.press("menuitem", "Delete").await?;
    screen.browser.press("button", "Delete token").await?;
    screen.browser.see("No token yet").await?;
    screen.visit("/bin").await?;
    screen.browser.press("button", "More for Deploys").await?;
    screen.browser.press("menuitem", "Delete for good").await?;
    let dialog = screen.browser.find("dialog", "Delete Deploys for good").await?;
    screen.browser.press_in(Some(&dialog), "button", "Delete for good").await?;
    screen.browser.see("The bin is empty").await?;
    // Without the server nobody knows what is in it.
    server.stop().await?;
    screen.browser.see("Deleted API tokens are not shown").await?;
    screen.browser.gone("The bin is empty").await?;
    server.resume().await?;
    screen.browser.see("The bin is empty").await?;
    screen.browser.close().await
}

/// The entries of the account in the navigation, and those of the account menu.
async fn offered(screen: &Screen) -> Result<(Vec<String>, Vec<String>)> {
    let texts = "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent.trim());";
    let all = async |selector: &str| -> Result<Vec<String>> {
        Ok(serde_json::from_value(screen.browser.js(texts, vec![selector.into()]).await?)?)
    };
    Ok((all("#nav details:last-of-type a").await?, all("#person [role=menuitem]").await?))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shell_offers_what_a_role_may_and_says_no_where_an_address_is_not_open() -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let screen = Screen::open(&server.address()).await?;
    let switcher = screen.browser.all("button", "Switch account").await?;
    ensure!(switcher.is_empty(), "one account needs no switcher");
    Member::sign_up(&server.address(), "Jonas", "jonas@example.com").await?;
    Member::sign_up(&server.address(), "Mia", "mia@example.com").await?;
    for (email, role, entries, closed) in [
        ("jonas@example.com", "manage", vec!["Members", "Settings", "API tokens"], vec!["/audit", "/transfers"]),
        ("mia@example.com", "monitor", vec!["Settings", "API tokens"], vec!["/members", "/audit", "/transfers"]),
    ] {
        owner.invite(email, role).await?;
        screen.sign_in(email).await?;
        let (own, _) = offered(&screen).await?;
        let all = ["Members", "Settings", "Subscription", "API tokens", "Transfers", "To review", "Audit log"];
        ensure!(own == all, "{email} as owner: {own:?}");
        screen.switch_account("Ines").await?;
        let (shared, menu) = offered(&screen).await?;
        ensure!(shared == entries, "{email} as {role}: {shared:?}");
        ensure!(menu.iter().any(|entry| entry == "Sign out"), "{menu:?}");
        screen.browser.press("button", "Account menu").await?;
        screen.browser.see("ines@example.com").await?;
        for path in closed {
            screen.visit(path).await?;
            screen.browser.see("This page is not open to you").await?;
        }
        screen.visit("/").await?;
        screen.browser.press("button", "Account menu").await?;
        screen.browser.press("menuitem", "Sign out").await?;
        screen.browser.see("Not signed in").await?;
    }
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_switched_off_for_somebody_is_no_choice_of_theirs() -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let jonas = Member::sign_up(&server.address(), "Jonas", "jonas@example.com").await?;
    owner.invite("jonas@example.com", "manage").await?;
    let screen = Screen::open(&server.address()).await?;
    screen.sign_in("jonas@example.com").await?;
    screen.switch_account("Ines").await?;
    screen.switch_account("Jonas").await?;
    let path = format!("/members/{}", jonas.me.user.id);
    owner.call(reqwest::Method::PATCH, &path, &json!({ "enabled": false })).await?;
    screen.browser.press("button", "Notifications").await?;
    until("a menu without the closed account", PATIENCE, || async {
        Ok(screen.browser.all("button", "Switch account").await?.is_empty().then_some(()))
    })
    .await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_called_otherwise_and_writes_while_the_network_is_away() -> Result<()> {
    let server = Server::start().await?;
    let wire = Link::to(server.port()).await?;
    let screen = Screen::open(&wire.address()).await?;
    screen.sign_up("Ines", "ines@example.com").await?;
    screen.wait_until_offline_ready().await?;
    screen.visit("/preferences").await?;
    screen.on_the_server().await?;
    screen.browser.fill("Name", "Inés Vega").await?;
    screen.browser.choose("What you do", "Developer").await?;
    screen.browser.press("button", "Save profile").await?;
    screen.browser.see("Your profile is saved.").await?;
    screen.browser.reload().await?;
    screen.browser.press("button", "Account menu").await?;
    screen.browser.see("Inés Vega").await?;
    wire.cut();
    screen.visit("/help/guide?q=offline").await?;
    screen.browser.see("Work without a network").await?;
    screen.visit("/help").await?;
    screen.browser.press("button", "Tell an idea").await?;
    screen.browser.fill("Message", "Make it blue.").await?;
    screen.browser.press("button", "Send").await?;
    screen.browser.see("1 message waits on this device").await?;
    screen.browser.press("button", "Notifications").await?;
    screen.browser.see("as of").await?;
    screen.browser.reload().await?;
    screen.browser.see("Make it blue.").await?;
    wire.mend();
    screen.browser.press("button", "Send now").await?;
    screen.browser.see("Thank you: your message is sent.").await?;
    screen.browser.gone("1 message waits").await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_sets_single_sign_on_up_and_a_member_signs_in_at_the_organization() -> Result<()> {
    let server = Server::start_with(&["--allow-private-network"]).await?;
    let provider = IdentityServer::start(&server.address())?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    Member::sign_up(&server.address(), "Jonas", "jonas@example.com").await?;
    owner.invite("jonas@example.com", "manage").await?;
    let admin = Screen::open(&server.address()).await?;
    admin.sign_in("ines@example.com").await?;
    admin.visit("/account").await?;
    admin.browser.fill("Organization id", "acme").await?;
    admin.browser.fill("Issuer", &format!("{}/wrong", provider.issuer())).await?;
    admin.browser.fill("Client id", CLIENT_ID).await?;
    admin.browser.fill("Client secret", CLIENT_SECRET).await?;
    admin.browser.press("button", "Set up single sign-on").await?;
    admin.browser.see("This issuer cannot be used").await?;
    admin.browser.fill("Issuer", &provider.issuer()).await?;
    admin.browser.press("button", "Set up single sign-on").await?;
    admin.browser.see("/sso/acme").await?;
    admin.visit("/members").await?;
    admin.browser.press("button", "More for Jonas").await?;
    admin.browser.press("menuitem", "Require single sign-on").await?;
    admin.browser.see("Has not used single sign-on yet").await?;

    let screen = Screen::open(&server.address()).await?;
    screen.visit("/sign-in").await?;
    screen.browser.press("link", "Sign in with single sign-on").await?;
    screen.browser.fill("Organization id", "no one").await?;
    screen.browser.press("button", "Go on").await?;
    screen.browser.see("3 to 20 letters and digits").await?;
    screen.browser.fill("Organization id", "Acme").await?;
    screen.browser.press("button", "Go on").await?;
    screen.browser.see("Acme sign-in").await?;
    screen.browser.fill("Work address", "jonas@example.com").await?;
    screen.browser.press("button", "Continue").await?;
    screen.usable().await?;
    let address = screen.browser.address().await?;
    ensure!(!address.contains("code="), "the code stays in the address: {address}");
    screen.create_integration("Shop").await?;
    screen.on_the_server().await?;
    admin.visit("/members").await?;
    admin.browser.see("Single sign-on only").await?;

    // With the password alone the account stays closed, and says how it opens.
    let other = Screen::open(&server.address()).await?;
    other.sign_in("jonas@example.com").await?;
    other.browser.press("button", "Switch account").await?;
    other.browser.press("menuitem", "Ines").await?;
    until("the account of Ines", Duration::from_secs(20), || async {
        let shown = other.browser.find("button", "Switch account").await?.text().await?;
        Ok(shown.contains("Ines").then_some(()))
    })
    .await?;
    other.visit("/sign-in").await?;
    other.browser.see_within("Its organization id is “acme”", Duration::from_secs(30)).await?;
    // A stranger at the organization is nobody here.
    other.visit("/sso/acme").await?;
    other.browser.fill("Work address", "mallory@example.com").await?;
    other.browser.press("button", "Continue").await?;
    other.browser.see("you are no member of this account").await?;
    for screen in [other, screen, admin] {
        screen.browser.close().await?;
    }
    Ok(())
}
