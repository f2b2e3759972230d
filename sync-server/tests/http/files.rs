//! Files of an account.

use reqwest::{Method, StatusCode};
use sha2::{Digest, Sha256};

use crate::server::{Server, code};

#[tokio::test]
async fn a_file_comes_back_as_it_went_in_and_stays_in_its_account() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| u8::try_from(n % 251).unwrap()).collect();
    let name = hex::encode(Sha256::digest(&bytes));
    let path = format!("/api/accounts/{}/blobs/{name}", ann.account);
    for _ in 0..2 {
        let put = ann.browser.request(Method::PUT, &path).body(bytes.clone()).send().await.unwrap();
        assert_eq!(put.status(), StatusCode::OK);
    }
    let got = ann.browser.get(&path).await;
    assert_eq!(got.headers()["content-disposition"], "attachment");
    assert!(got.headers()["content-security-policy"].to_str().unwrap().contains("sandbox"));
    assert_eq!(got.bytes().await.unwrap(), bytes);
    let elsewhere = format!("/api/accounts/{}/blobs/{name}", bob.account);
    assert_eq!(bob.browser.get(&elsewhere).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(bob.browser.get(&path).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn bytes_under_a_wrong_name_are_not_stored() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let path = format!("/api/accounts/{}/blobs/{}", ann.account, "0".repeat(64));
    let put = ann.browser.request(Method::PUT, &path).body("hello").send().await.unwrap();
    assert_eq!(code(put).await, "wrong_hash");
    assert_eq!(ann.browser.get(&path).await.status(), StatusCode::NOT_FOUND);
    let odd = format!("/api/accounts/{}/blobs/..%2f..%2fkey", ann.account);
    assert_eq!(ann.browser.get(&odd).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn files_wait_in_the_servers_own_folder_and_leave_nothing_there() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::on_with(folder.path(), &[], &[("TMPDIR", "/nowhere")]);
    let mut ann = server.person("ann").await;
    let name = hex::encode(Sha256::digest("hello"));
    let path = format!("/api/accounts/{}/blobs/{name}", ann.account);
    let put = ann.browser.request(Method::PUT, &path).body("hello").send().await.unwrap();
    assert_eq!(put.status(), StatusCode::OK);
    assert_eq!(ann.browser.get(&path).await.text().await.unwrap(), "hello");
    assert_eq!(std::fs::read_dir(folder.path().join("tmp")).unwrap().count(), 0);
}
