//! What is old goes while the server runs.

use sqlx::Connection;

use crate::server::Server;

#[tokio::test]
async fn a_session_that_expired_long_ago_is_gone_after_a_start_and_a_younger_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::on(folder.path(), &[]);
    server.person("ann").await;
    server.person("bob").await;
    server.kill();
    let mut database = server.database().await;
    let expire = "UPDATE sessions SET expires_ms = 1 WHERE user = (SELECT id FROM users WHERE name = 'ann')";
    sqlx::raw_sql(expire).execute(&mut database).await.unwrap();
    let _server = Server::on(folder.path(), &[]);
    let names = async |database: &mut sqlx::SqliteConnection| -> Vec<String> {
        let found = sqlx::query_scalar("SELECT u.name FROM sessions s JOIN users u ON u.id = s.user");
        found.fetch_all(database).await.unwrap()
    };
    let begun = std::time::Instant::now();
    while names(&mut database).await.len() > 1 {
        assert!(begun.elapsed().as_secs() < 20, "nothing is removed");
        tokio::task::yield_now().await;
    }
    assert_eq!(names(&mut database).await, ["bob"]);
    database.close().await.unwrap();
}
