//! API tokens: what lets somebody in, what lies in the recycle bin, and what goes for good.

use serde_json::json;
use tombolo_server::store::{BinnedToken, NewToken, Store, TokenRow};

use crate::fixtures::id;

fn token(n: u8, purge_ms: Option<i64>) -> NewToken {
    NewToken {
        account: id(101),
        id: id(n),
        hash: [n; 32],
        user: id(1),
        sso: false,
        personal: false,
        body: json!({ "name": "ci" }),
        purge_ms,
        now_ms: 1_000,
    }
}

pub(crate) async fn made_used_and_deleted(store: &dyn Store) {
    let token = token(91, Some(2_000));
    store.add_token(&token).await.unwrap();
    let mut row = store.token_by_hash(&[91; 32], 1_999).await.unwrap().unwrap();
    assert_eq!((row.id, row.revoked, row.purge_ms, &row.body["name"]), (id(91), false, Some(2_000), &json!("ci")));
    // Its time is over: it lets nobody in and is in no list.
    assert!(store.token_by_hash(&[91; 32], 2_000).await.unwrap().is_none());
    assert!(store.token(id(101), id(91), 2_000).await.unwrap().is_none());
    assert!(store.tokens(id(101), 2_000).await.unwrap().is_empty());
    assert!(store.token(id(102), id(91), 1_000).await.unwrap().is_none(), "seen from another account");
    let delete = async |account| store.delete_token(account, id(91), id(2), 3_000).await.unwrap();
    assert!(!delete(id(101)).await, "deleted before it was revoked");
    row.revoked = true;
    row.purge_ms = None;
    assert!(store.keep_token(&row).await.unwrap());
    assert_eq!(store.tokens(id(101), 9_000).await.unwrap(), [row.clone()]);
    assert!(!delete(id(102)).await);
    assert!(delete(id(101)).await);
    in_the_bin(store, row).await;
    store.add_token(&token).await.unwrap();
    assert_eq!(store.remove_tokens(1_999, 10).await.unwrap(), 0);
    assert_eq!(store.remove_tokens(2_000, 10).await.unwrap(), 1);
}

async fn in_the_bin(store: &dyn Store, row: TokenRow) {
    let (account, token) = (id(101), row.id);
    assert!(store.token(account, token, 9_000).await.unwrap().is_none());
    assert!(store.token_by_hash(&[91; 32], 9_000).await.unwrap().is_none());
    assert!(store.tokens(account, 9_000).await.unwrap().is_empty());
    assert!(!store.keep_token(&row).await.unwrap(), "what lies in the bin was changed");
    let binned = BinnedToken { token: row.clone(), deleted_ms: 3_000, deleted_by: id(2) };
    assert_eq!(store.binned_tokens(account, 9_000).await.unwrap(), [binned]);
    assert!(store.binned_tokens(id(102), 9_000).await.unwrap().is_empty(), "seen from another account");
    assert!(!store.restore_token(id(102), token, 4_000).await.unwrap());
    assert!(store.restore_token(account, token, 4_000).await.unwrap());
    assert!(!store.restore_token(account, token, 4_000).await.unwrap(), "restored twice");
    assert_eq!(store.tokens(account, 9_000).await.unwrap(), [TokenRow { modified_ms: 4_000, ..row }]);
    assert!(!store.purge_token(account, token).await.unwrap(), "purged outside the bin");
    assert!(store.delete_token(account, token, id(2), 5_000).await.unwrap());
    assert_eq!(store.remove_tokens(4_999, 10).await.unwrap(), 0);
    assert!(store.purge_token(account, token).await.unwrap());
    assert!(store.binned_tokens(account, 9_000).await.unwrap().is_empty());
}

pub(crate) async fn gone_after_a_time_in_the_bin(store: &dyn Store) {
    store.add_token(&token(92, None)).await.unwrap();
    let row = store.token(id(101), id(92), 1_000).await.unwrap().unwrap();
    store.keep_token(&TokenRow { revoked: true, ..row }).await.unwrap();
    assert!(store.delete_token(id(101), id(92), id(1), 5_000).await.unwrap());
    assert_eq!(store.remove_tokens(4_999, 10).await.unwrap(), 0);
    assert_eq!(store.remove_tokens(5_000, 10).await.unwrap(), 1);
}
