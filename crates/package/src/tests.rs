//! Accounts out of a generator go through files and copies, and hostile files through the reader.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use tombolo_formats::ZipWriter;
use tombolo_model::package::{ConnectionChoice, PackageChoices};

use super::*;

type World = BTreeMap<Id, (Kind, Value)>;

fn id(n: u8) -> Id {
    Id::from_parts(0x6000_0000, [n; 8])
}

fn gather(world: &World, purpose: Purpose, root: Id) -> Package {
    let mine = |value: &Value| value.get("_integrationId") == Some(&json!(root));
    let owned = world.iter().filter(|(_, (_, value))| mine(value)).map(|(id, _)| *id);
    let mut closure = Closure::begin(purpose, root, owned);
    while let Some(id) = closure.wanted() {
        if let Some((kind, value)) = world.get(&id) {
            closure.found(*kind, id, value.clone());
        }
    }
    closure.end().unwrap()
}

fn ids_from(start: u8) -> impl FnMut() -> Id {
    let mut n = start;
    move || {
        n += 1;
        Id::from_parts(0x7000_0000, [n; 8])
    }
}

/// An account with an integration, 1, and what belongs to somebody else, from 200 on.
fn world() -> World {
    let (flow, export, import, connection, script, cache) = (id(2), id(3), id(4), id(5), id(6), id(7));
    BTreeMap::from([
        (
            id(1),
            (
                Kind::Integration,
                json!({"name": "Shop", "settings": {(flow.to_string()): {"export": export}},
            "aliases": [{"alias": "out", "_flowId": id(201)}, {"alias": "in", "_exportId": export}]}),
            ),
        ),
        (
            flow,
            (
                Kind::Flow,
                json!({"name": "Orders", "_integrationId": id(1), "schedule": "? 5 9 ? * 1",
            "pageGenerators": [{"_exportId": export}], "pageProcessors": [{"type": "import", "_importId": import}],
            "_runNextFlowIds": [id(201)]}),
            ),
        ),
        (
            export,
            (
                Kind::Export,
                json!({"name": "Get", "_connectionId": connection, "rawData": "00", "filter": {"type": "script",
            "script": {"_scriptId": script, "function": "f"}}}),
            ),
        ),
        (
            import,
            (
                Kind::Import,
                json!({"name": "Put", "_connectionId": connection, "mappings":
            [{"generate": "a", "lookupName": "l"}], "lookups": [{"name": "l", "_lookupCacheId": cache}]}),
            ),
        ),
        (
            connection,
            (
                Kind::Connection,
                json!({"name": "Store", "type": "http", "_iClientId": id(8), "_agentId": id(202),
            "http": {"auth": {"token": {"token": "s3cret", "location": "header"}}}}),
            ),
        ),
        (script, (Kind::Script, json!({"name": "Hooks", "content": format!("run('{export}')")}))),
        (cache, (Kind::LookupCache, json!({"name": "Codes"}))),
        (id(8), (Kind::IClient, json!({"name": "Client", "oauth2": {"clientSecret": "x", "clientId": "y"}}))),
        (id(201), (Kind::Flow, json!({"name": "Elsewhere"}))),
        (id(202), (Kind::Agent, json!({"name": "Cellar"}))),
    ])
}

#[test]
fn everything_an_integration_needs_goes_into_its_zip_and_no_secret_does() {
    let package = gather(&world(), Purpose::File, id(1));
    let ids: Vec<Id> = package.parts.iter().map(|part| part.id).collect();
    assert_eq!(ids, [1, 2, 3, 4, 5, 6, 7, 8].map(id));
    let text = serde_json::to_string(&package.parts.iter().map(|part| part.value.clone()).collect::<Vec<_>>()).unwrap();
    assert!(!text.contains("s3cret") && !text.contains("clientSecret") && text.contains("clientId"), "{text}");
    assert!(!text.contains(&id(201).to_string()) && !text.contains(&id(202).to_string()) && !text.contains("rawData"));
    assert_eq!(package.notes.len(), 4, "{:?}", package.notes);
    assert_eq!(file_name(&package), "Shop.zip");
}

#[test]
fn ids_are_made_anew_also_in_settings_and_scripts_and_nothing_runs_by_itself() {
    let package = read(write(&gather(&world(), Purpose::File, id(1)))).unwrap();
    let choices = PackageChoices { name: Some("Shop 2".into()), ..PackageChoices::default() };
    let plan = plan(package, Purpose::File, &choices, &mut ids_from(0)).unwrap();
    let text = serde_json::to_string(&plan.parts.iter().map(|part| &part.value).collect::<Vec<_>>()).unwrap();
    for old in 1..=8 {
        assert!(!text.contains(&id(old).to_string()), "{old} in {text}");
    }
    let of = |kind| plan.parts.iter().find(|part| part.kind == kind).unwrap();
    assert_eq!(of(Kind::Script).value["content"], format!("run('{}')", of(Kind::Export).id));
    assert_eq!(
        of(Kind::Integration).value["settings"][of(Kind::Flow).id.to_string()]["export"],
        json!(of(Kind::Export).id)
    );
    assert_eq!(of(Kind::Flow).value["disabled"], true);
    assert_eq!((of(Kind::Integration).value["name"].as_str(), plan.root), (Some("Shop 2"), of(Kind::Integration).id));
    assert_eq!(
        plan.needs,
        ["Enter the credentials of the connection “Store”.", "Enter the credentials of the iClient “Client”."]
    );
}

#[test]
fn a_connection_that_another_takes_the_place_of_is_not_made_nor_is_what_only_it_needs() {
    let package = gather(&world(), Purpose::File, id(1));
    let choices = PackageChoices {
        connections: BTreeMap::from([(id(5), ConnectionChoice::Use(id(99)))]),
        ..PackageChoices::default()
    };
    let plan = plan(package.clone(), Purpose::File, &choices, &mut ids_from(0)).unwrap();
    assert!(plan.parts.iter().all(|part| !matches!(part.kind, Kind::Connection | Kind::IClient)));
    let export = plan.parts.iter().find(|part| part.kind == Kind::Export).unwrap();
    assert_eq!(export.value["_connectionId"], json!(id(99)));
    assert!(plan.needs.is_empty());
    let wrong = PackageChoices {
        connections: BTreeMap::from([(id(3), ConnectionChoice::Create)]),
        ..PackageChoices::default()
    };
    assert_eq!(
        super::plan(package, Purpose::File, &wrong, &mut ids_from(0)),
        Err(PackageError::NoSuchConnection(id(3)))
    );
}

#[test]
fn a_flow_from_a_zip_goes_into_the_integration_that_is_chosen() {
    let package = read(write(&gather(&world(), Purpose::File, id(2)))).unwrap();
    let seen = preview(&package).unwrap();
    assert!(seen.needs_integration && seen.connections.len() == 1 && seen.root.kind == Kind::Flow);
    let none = plan(package.clone(), Purpose::File, &PackageChoices::default(), &mut ids_from(0));
    assert_eq!(none, Err(PackageError::NeedsIntegration));
    let choices = PackageChoices { integration: Some(id(77)), ..PackageChoices::default() };
    let made = plan(package, Purpose::File, &choices, &mut ids_from(0)).unwrap();
    let flow = made.parts.iter().find(|part| part.kind == Kind::Flow).unwrap();
    assert_eq!((flow.value["_integrationId"].clone(), made.integration), (json!(id(77)), Some(id(77))));
}

#[test]
fn a_copy_keeps_its_group_where_the_group_is() {
    let mut world = world();
    world.get_mut(&id(1)).unwrap().1["flowGroupings"] = json!([{"_id": "g", "name": "Daily"}]);
    world.get_mut(&id(2)).unwrap().1["_flowGroupingId"] = json!("g");
    let copied = |root: Id, integration: Option<Id>| {
        let choices = PackageChoices { integration, ..PackageChoices::default() };
        plan(gather(&world, Purpose::Copy, root), Purpose::Copy, &choices, &mut ids_from(0)).unwrap()
    };
    let group = |made: &Plan| {
        let flow = made.parts.iter().find(|part| part.kind == Kind::Flow).unwrap();
        flow.value.get("_flowGroupingId").cloned()
    };
    let whole = copied(id(1), None);
    let integration = whole.parts.iter().find(|part| part.kind == Kind::Integration).unwrap();
    assert_eq!(integration.value["flowGroupings"], json!([{"_id": "g", "name": "Daily"}]));
    assert_eq!(group(&whole), Some(json!("g")), "groups come along with their integration");
    assert_eq!(group(&copied(id(2), None)), Some(json!("g")));
    assert_eq!(group(&copied(id(2), Some(id(1)))), Some(json!("g")));
    assert_eq!(group(&copied(id(2), Some(id(50)))), None, "another integration has other groups");
}

#[test]
fn a_copy_uses_the_connections_of_the_first_one_and_has_no_schedule() {
    let package = gather(&world(), Purpose::Copy, id(2));
    let kinds: Vec<Kind> = package.parts.iter().map(|part| part.kind).collect();
    assert_eq!(kinds, [Kind::Flow, Kind::Export, Kind::Import, Kind::Connection, Kind::Script, Kind::LookupCache]);
    let made = plan(package.clone(), Purpose::Copy, &PackageChoices::default(), &mut ids_from(0)).unwrap();
    assert_eq!(made.parts.len(), 5);
    let of = |kind| made.parts.iter().find(|part| part.kind == kind).unwrap();
    assert_eq!(of(Kind::Export).value["_connectionId"], json!(id(5)));
    assert_eq!(of(Kind::Export).value["rawData"], "00", "the file is in the same account");
    let flow = &of(Kind::Flow).value;
    assert!(flow.get("schedule").is_none() && flow["disabled"] == true && flow["_runNextFlowIds"] == json!([]));
    assert_eq!((flow["_sourceId"].clone(), flow["_integrationId"].clone()), (json!(id(2)), json!(id(1))));
    let anew = PackageChoices {
        connections: BTreeMap::from([(id(5), ConnectionChoice::Create)]),
        integration: Some(id(50)),
        ..PackageChoices::default()
    };
    let made = plan(package, Purpose::Copy, &anew, &mut ids_from(0)).unwrap();
    let connection = made.parts.iter().find(|part| part.kind == Kind::Connection).unwrap();
    assert_eq!(connection.value["_agentId"], json!(id(202)), "a copy runs in the same network");
    assert_eq!((made.parts.len(), made.integration), (6, Some(id(50))));
}

#[test]
fn a_copy_of_one_step_is_that_step_alone() {
    let made =
        plan(gather(&world(), Purpose::Copy, id(3)), Purpose::Copy, &PackageChoices::default(), &mut ids_from(0))
            .unwrap();
    assert_eq!(made.parts.len(), 1);
    assert_eq!(made.parts[0].value["filter"]["script"]["_scriptId"], json!(id(6)));
    let connection = gather(&world(), Purpose::Copy, id(5));
    assert_eq!(connection.parts.len(), 1);
}

fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let (mut writer, mut out) = (ZipWriter::default(), Vec::new());
    for (name, text) in files {
        writer.begin(name, &mut out);
        writer.push(text.as_bytes(), &mut out);
    }
    writer.finish(&mut out);
    out
}

fn refused(files: &[(&str, &str)]) -> String {
    read(zip(files)).unwrap_err().to_string()
}

#[test]
fn a_bad_zip_is_refused_and_says_why() {
    let (one, two) = ("000000000000000000000001", "000000000000000000000002");
    let flow = format!(r#"{{"_id":"{one}","name":"F","pageGenerators":[{{"_exportId":"{two}"}}]}}"#);
    let flow = flow.as_str();
    let missing = refused(&[("flows/1.json", flow)]);
    assert!(
        missing.contains("The flow “F” refers to the export") && missing.contains("/pageGenerators/0/_exportId"),
        "{missing}"
    );
    let script = format!(r#"{{"_id":"{two}","name":"S"}}"#);
    assert!(refused(&[("flows/1.json", flow), ("scripts/2.json", &script)]).contains("it is a script"));
    assert!(refused(&[("flows/1.json", flow), ("flows/2.json", flow)]).contains("have the same _id"));
    assert!(refused(&[("flows/1.json", flow), ("Flows/1.json", flow)]).contains("twice"));
    assert!(refused(&[("flows/1.json", flow), ("../../evil.json", "{}")]).contains("leads out of it"));
    assert!(refused(&[("flows\\..\\..\\evil.json", flow)]).contains("leads out of it"));
    assert!(refused(&[("flows/1.json", "{\"_id\": ")]).contains("is no JSON"));
    assert!(refused(&[("flows/1.json", &"[".repeat(100_000))]).contains("is no JSON"));
    assert!(refused(&[("flows/1.json", "3")]).contains("holds no resource"));
    assert!(refused(&[("flows/1.json", "{}")]).contains("no _id"));
    assert!(refused(&[("things/1.json", flow)]).contains("kind"));
    assert!(refused(&[("readme.md", "hello")]).contains("no resource in the zip"));
    let integration = |id: &str| format!(r#"{{"_id":"{id}","name":"I"}}"#);
    assert!(
        refused(&[("integrations/1.json", &integration(one)), ("integrations/2.json", &integration(two))])
            .contains("2 integrations")
    );
    let long = format!(r#"{{"_id":"{one}","name":"F","settings":{{"a":"{}"}}}}"#, "x".repeat(300_000));
    assert!(refused(&[("flows/1.json", &long)]).contains("/settings/a"));
    assert!(read(b"no zip".to_vec()).is_err() && read(Vec::new()).is_err());
}

#[test]
fn a_zip_that_would_become_huge_is_refused_before_it_does() {
    let many = " ".repeat(12 * 1024 * 1024);
    let error = read(zip(&[("flows/000000000000000000000001.json", &many)])).unwrap_err();
    assert!(matches!(error, PackageError::Damaged { .. }), "{error}");
    let files: Vec<String> = (0..4_001).map(|n| format!("flows/{n}.json")).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|name| (name.as_str(), "")).collect();
    assert!(matches!(read(zip(&files)), Err(PackageError::TooMuch { what: "files", .. })));
}

#[test]
fn archives_that_others_lay_out_are_read() {
    let (one, two, three) = ("000000000000000000000001", "000000000000000000000002", "000000000000000000000003");
    let package = read(zip(&[
        ("Shop/integration.json", &format!(r#"{{"_id":"{one}","name":"Shop"}}"#)),
        ("Shop/flows.json", &format!(r#"[{{"_id":"{two}","name":"Orders","_integrationId":"{one}"}}]"#)),
        ("Shop/scripts/hook.json", &format!(r#"{{"model":"Script","doc":{{"_id":"{three}","name":"Hooks"}}}}"#)),
        ("Shop/scripts/hook.js", "let a;"),
        ("__MACOSX/x.json", "nothing"),
        ("Shop/readme.txt", "hello"),
    ]))
    .unwrap();
    assert_eq!(
        package.parts.iter().map(|part| part.kind).collect::<Vec<_>>(),
        [Kind::Integration, Kind::Flow, Kind::Script]
    );
    assert_eq!(package.parts[2].value["content"], "let a;");
    assert_eq!(package.notes, ["“Shop/readme.txt” is no resource and is left out."]);
}

/// A graph of up to 40 resources that refer to one another at random, with ids in settings and scripts too.
fn graphs() -> impl Strategy<Value = World> {
    let node = (0..8_usize, prop::collection::vec(0..40_usize, 0..4), "[a-zA-Z0-9 äж]{0,12}");
    prop::collection::vec(node, 1..40).prop_map(|nodes| {
        let ids: Vec<Id> = (0..nodes.len()).map(|n| Id::from_parts(7, [u8::try_from(n).unwrap() + 10; 8])).collect();
        let kinds = [
            Kind::Flow,
            Kind::Export,
            Kind::Import,
            Kind::Connection,
            Kind::Script,
            Kind::LookupCache,
            Kind::Tool,
            Kind::IClient,
        ];
        let kind_of: Vec<Kind> = nodes.iter().map(|(kind, ..)| kinds[*kind]).collect();
        let mut world = World::from([(id(1), (Kind::Integration, json!({"name": "Root"})))]);
        for ((kind, to, name), own) in nodes.iter().zip(&ids) {
            let kind = kinds[*kind];
            let mut value = json!({"name": name, "own": own, "unknown": {"deep": [1, 2.5, null]}});
            for (n, to) in to.iter().map(|to| to % ids.len()).enumerate() {
                let field = match kind_of[to] {
                    Kind::Flow => continue,
                    Kind::Export => "_exportId",
                    Kind::Import => "_importId",
                    Kind::Connection => "_connectionId",
                    Kind::Script => "_scriptId",
                    Kind::LookupCache => "_lookupCacheId",
                    Kind::Tool => "_toolId",
                    _ => "_iClientId",
                };
                value["hooks"][format!("n{n}")] = json!({field: ids[to]});
                value["settings"][ids[to].to_string()] = json!(format!("see {} and {own}", ids[to]));
            }
            if matches!(kind, Kind::Flow | Kind::Tool) {
                value["_integrationId"] = json!(id(1));
            }
            world.insert(*own, (kind, value));
        }
        world
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn zip_install_zip_gives_an_equal_graph(world in graphs()) {
        let first = gather(&world, Purpose::File, id(1));
        let bytes = write(&first);
        let read_back = read(bytes.clone()).unwrap();
        prop_assert_eq!(&read_back.parts, &first.parts);
        prop_assert_eq!(write(&read_back), bytes);
        let mut n = 0_u32;
        let mut fresh = || { n += 1; Id::from_parts(0x7000_0000 + n, [1; 8]) };
        let plan = plan(read_back, Purpose::File, &PackageChoices::default(), &mut fresh).unwrap();
        let there: World = plan.parts.iter().map(|part| (part.id, (part.kind, part.value.clone()))).collect();
        let second = gather(&there, Purpose::File, plan.root);
        prop_assert!(second.notes.is_empty(), "{:?}", second.notes);
        let back: BTreeMap<Id, Id> = plan.names.iter().map(|(old, new)| (*new, *old)).collect();
        let mut again: Vec<Part> = read(write(&second)).unwrap().parts;
        for part in &mut again {
            rewrite::ids(&mut part.value, &back);
            part.id = back[&part.id];
        }
        again.sort_by_key(|part| (part.kind, part.id));
        let mut expected = first.parts;
        for part in expected.iter_mut().filter(|part| part.kind == Kind::Flow) {
            part.value["disabled"] = json!(true);
        }
        prop_assert_eq!(again, expected);
    }

    #[test]
    fn a_damaged_zip_is_an_error_and_never_a_panic(world in graphs(), at in any::<prop::sample::Index>(), bit in 0..8_u8, cut in any::<prop::sample::Index>()) {
        let packed = gather(&world, Purpose::File, id(1));
        let mut bytes = write(&packed);
        let place = at.index(bytes.len());
        bytes[place] ^= 1 << bit;
        let whole = read(bytes.clone());
        if let Ok(package) = whole {
            prop_assert!(!package.parts.is_empty());
        }
        bytes.truncate(cut.index(bytes.len()));
        // Without its last bytes, which say how long a remark follows, nothing is missing of it.
        if let Ok(package) = read(bytes) {
            prop_assert_eq!(package.parts, packed.parts);
        }
    }
}

fn maker(seed: u8) -> bundle::Maker {
    bundle::Maker { seed: [seed; 32], account: "Harbour".into(), by: "Ines".into(), made_ms: 7 }
}

#[test]
fn a_bundle_says_by_which_key_it_was_signed_and_gives_what_was_put_in() {
    let package = gather(&world(), Purpose::File, id(1));
    let bytes = bundle::sign(&package, &maker(1));
    let (read, signed) = bundle::open(bytes, None).unwrap();
    let signed = signed.unwrap();
    assert_eq!(read.parts, package.parts);
    assert_eq!((signed.account.as_str(), signed.by.as_str(), signed.made_ms), ("Harbour", "Ines", 7));
    assert_eq!(signed.key, bundle::fingerprint_of(&[1; 32]));
    assert_ne!(signed.key, bundle::fingerprint_of(&[2; 32]));
    let (_, unsigned) = bundle::open(write(&package), None).unwrap();
    assert_eq!(unsigned, None);
}

#[test]
fn one_flipped_byte_of_a_bundle_is_refused_wherever_it_is_and_the_file_is_named() {
    let bytes = bundle::sign(&gather(&world(), Purpose::File, id(1)), &maker(1));
    let mut named = 0;
    for at in (0..bytes.len()).filter(|at| *at < 200 || at % 7 == 0) {
        let mut wrong = bytes.clone();
        wrong[at] ^= 1;
        match bundle::open(wrong, None).unwrap_err() {
            PackageError::Changed { name } => {
                assert!(name.ends_with(".json"), "{name}");
                named += 1;
            }
            PackageError::Forged => {}
            // Without its mark it is no bundle, and no zip either.
            PackageError::Zip(_) if at < 8 => {}
            other => panic!("byte {at}: {other}"),
        }
    }
    assert!(named * 14 > bytes.len(), "{named} of {}", bytes.len());
    // One who leaves the signature out has a zip, or nothing.
    assert!(bundle::open(bytes[8..].to_vec(), None).is_err());
    assert!(bundle::open(bytes[8 + 96..].to_vec(), None).is_err());
}

#[test]
fn a_bundle_with_a_password_opens_with_it_alone() {
    let bundle = bundle::sign(&gather(&world(), Purpose::File, id(1)), &maker(1));
    let sealed = bundle::seal(&bundle, "sand and sea", [3; 16], [4; 24]).unwrap();
    assert_eq!(bundle::open(sealed.clone(), None), Err(PackageError::Locked));
    assert_eq!(bundle::open(sealed.clone(), Some("sand")), Err(PackageError::Password));
    // What was damaged on its way is called that, with the right password and without any.
    for at in [8, 30, 60, sealed.len() - 40, sealed.len() - 1] {
        let mut wrong = sealed.clone();
        wrong[at] ^= 1;
        for password in [Some("sand and sea"), Some("sand"), None] {
            assert_eq!(bundle::open(wrong.clone(), password), Err(PackageError::Forged), "{at} {password:?}");
        }
    }
    for most in [8, 20, 41] {
        assert_eq!(bundle::open(sealed[..most].to_vec(), Some("sand and sea")), Err(PackageError::Forged));
    }
    // A file of an earlier version has no such hash: what is wrong with it cannot be told.
    assert_eq!(bundle::open([b"TMBLSEA1", &sealed[8..]].concat(), Some("sand and sea")), Err(PackageError::Password));
    assert!(bundle::open(sealed, Some("sand and sea")).unwrap().1.is_some());
}
